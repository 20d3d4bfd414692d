"""A connection from the connected state on: bytes in, packets out, no socket and no clock of its own."""
import struct

from .incoming import Incoming
from .outgoing import Outgoing
from .wire import (
    CONFIRM, CONFIRMED, CONFIRMS_MAX, CONNECTION_START, DROPPED, GOODBYE, MESSAGE_WINDOW, PACKET_COST, PING,
    PONG, STOP, TAKEN, WINDOW, control, goodbye, grant, grant_message,
)


class Options:
    """How this side behaves; times in seconds, sizes in bytes."""

    part = 262_144
    ping = 15.0
    silence = 45.0
    window = 64 * 1024 * 1024
    message_window = 16 * 1024 * 1024
    # Messages longer than this are left unread, or stopped.
    hold_over = None
    stop_over = None


class Silence(Exception):
    """Nothing was heard of the other side for too long."""


class Connection:
    """Both directions. `app` has `on_message(id, bytes)`, `on_abort(id, reason)`,
    `on_stopped(id, reason)`, `on_confirmed(id, is_taken)` and `on_goodbye(reason)`.
    """

    def __init__(self, minor, options, app, now):
        self.minor = minor
        self.options = options
        self.incoming = Incoming(minor, self)
        self.outgoing = Outgoing(minor, options.part)
        self.has_left = False
        self._app = app
        self._goodbye = None
        self._bodies = {}
        self._stopped = set()
        self._asked = set()
        self._held = set()
        self._held_cost = 0
        self._pong = None
        self._heard = self._said = now
        self._pinged = now
        self._due = None
        self._is_ended = False
        if minor > 0 and options.window > CONNECTION_START:
            self._allow(options.window)

    # --- In

    def receive(self, data, now):
        self._heard = now
        self.incoming.receive(data)
        self._announce()

    def on_part(self, message_id, piece):
        body = self._bodies.setdefault(message_id, bytearray())
        body += piece
        limit = self.options.stop_over
        if limit is not None and len(body) > limit and message_id in self.incoming.open:
            self._stop(message_id)

    def on_end(self, message_id):
        body = bytes(self._bodies.pop(message_id, b""))
        is_stopped = message_id in self._stopped
        is_held = self._is_held(body)
        self._stopped.discard(message_id)
        if is_held:
            self._held.add(message_id)
            self._held_cost += self._cost_of(message_id, body)
        else:
            self._answer(message_id, DROPPED if is_stopped else TAKEN)
        if not is_stopped and not is_held:
            self._app.on_message(message_id, body)

    def on_abort(self, message_id, reason):
        self._bodies.pop(message_id, None)
        self._stopped.discard(message_id)
        self._asked.discard(message_id)
        self._app.on_abort(message_id, reason)

    def on_control(self, subject, kind, rest):
        """One control packet that is well-formed; returns what is wrong with it here."""
        handle = {
            PING: self._take_ping,
            WINDOW: self._take_window,
            MESSAGE_WINDOW: self._take_message_window,
            STOP: self._take_stop,
            CONFIRM: self._take_confirm,
            CONFIRMED: self._take_confirmed,
            GOODBYE: self._take_goodbye,
        }.get(kind)
        return handle and handle(subject, rest)

    def _take_ping(self, _subject, rest):
        self._pong = rest

    def _take_window(self, _subject, rest):
        return self.outgoing.window.raise_to(int.from_bytes(rest, "big"))

    def _take_message_window(self, subject, rest):
        message = self.outgoing.open.get(subject)
        return message and message.window.raise_to(int.from_bytes(rest, "big"))

    def _take_stop(self, subject, rest):
        reason = rest.decode()
        if self.outgoing.stop(subject, reason):
            self._app.on_stopped(subject, reason)

    def _take_confirm(self, subject, _rest):
        if subject in self._asked:
            return "a second Confirm for one message"
        if len(self._asked) >= CONFIRMS_MAX:
            return "more than 1024 Confirms without an answer"
        self._asked.add(subject)
        return None

    def _take_confirmed(self, subject, rest):
        is_taken = rest[0] == TAKEN
        if subject not in self.outgoing.unanswered:
            return None
        if is_taken and subject in self.outgoing.open:
            return "taken before it was sent"
        self.outgoing.unanswered.discard(subject)
        self._app.on_confirmed(subject, is_taken)
        return None

    def _take_goodbye(self, _subject, rest):
        for message_id in self._asked - self._held:
            self._answer(message_id, DROPPED)
        self._app.on_goodbye(rest[4:].decode())

    def _answer(self, message_id, how):
        if message_id in self._asked:
            self._asked.discard(message_id)
            self.outgoing.put(control(message_id, CONFIRMED, bytes([how])))

    def _stop(self, message_id):
        if message_id not in self._stopped:
            self._stopped.add(message_id)
            self.outgoing.put(control(message_id, STOP, b"enough"))

    # --- Windows of what comes in

    def _is_held(self, body):
        limit = self.options.hold_over
        return limit is not None and len(body) > limit

    def _cost_of(self, message_id, body):
        message = self.incoming.open.get(message_id)
        return message.window.spent if message else PACKET_COST + len(body)

    def _announce(self):
        """Allows more where less than half of what could be allowed is left."""
        if self.minor == 0:
            return
        held = self._held_cost
        for message_id, body in self._bodies.items():
            message = self.incoming.open.get(message_id)
            if self._is_held(body):
                held += self._cost_of(message_id, body)
            elif message and message_id not in self._stopped:
                self._announce_message(message_id, message)
        window = self.incoming.window
        room = self.options.window - held
        if window.left < room / 2:
            self._allow(window.spent + room)

    def _allow(self, total):
        self.incoming.window.allowed = total
        self.outgoing.put(grant(total))

    def _announce_message(self, message_id, message):
        """Always for what is taken first of a message: its sender may hold it back until then."""
        window, room = message.window, self.options.message_window
        is_first = not message.is_granted
        if is_first or window.left < room / 2:
            message.is_granted = True
            window.allowed = max(window.allowed, window.spent + room)
            self.outgoing.put(grant_message(message_id, window.allowed))

    # --- Out

    def leave(self, reason=""):
        """No more messages from this side than those that wait."""
        if self._goodbye is None:
            self._goodbye = reason

    def next_packet(self, now):
        """The next packet that may be written now, or None."""
        data = self._next(now)
        if data:
            self._said = now
        return data

    def _next(self, now):
        if self._pong is not None:
            pong, self._pong = self._pong, None
            return control(0, PONG, pong)
        if self._is_ping_due(now):
            self._pinged = now
            return control(0, PING, struct.pack(">Q", int(now * 1000)))
        data = self.outgoing.next_packet()
        is_due = self._goodbye is not None and not self.outgoing.has_messages
        if data is None and is_due and not self.has_left:
            self.has_left = True
            if self.minor > 0:
                return goodbye(self.outgoing.completed, self._goodbye)
        return data

    @property
    def may_end(self):
        """Whether this side may end its stream, all that `next_packet` gave being written."""
        if self.minor == 0:
            return self.has_left
        is_owed = self._asked or self.outgoing.unanswered
        return self.has_left and self.incoming.is_over and not is_owed

    def drop_held(self):
        """The application is gone: what it has not taken it never will."""
        for message_id in list(self._asked):
            self._answer(message_id, DROPPED)

    def end(self):
        """The other side has ended its stream; False where it must not yet.

        In 1.1 it ends it only when it has this side's Goodbye too.
        """
        self._is_ended = True
        return self.incoming.may_end and (self.has_left or self.minor == 0)

    # --- Liveness

    def due(self):
        """When `tick` or `next_packet` has something to do next, or None."""
        times = []
        if self._is_watched and self.options.ping:
            times.append(self._ping_time())
        if self._may_fail:
            times.append(self._heard + self.options.silence)
        self._due = min(times, default=None)
        return self._due

    def tick(self, now):
        """To be called at `due`, when all that has arrived was read."""
        if self._due is not None and now > self._due + self.options.silence / 2:
            # This side has slept, not the other.
            self._heard = now
        elif self._may_fail:
            silence = now - self._heard
            if silence >= self.options.silence:
                raise Silence(f"nothing was heard for {silence:.1f} s")

    @property
    def _is_watched(self):
        return self.minor > 0 and not self._is_ended

    @property
    def _may_fail(self):
        """Who asks nothing may expect no answer."""
        return self._is_watched and self.options.silence and self.options.ping

    def _is_ping_due(self, now):
        return self._is_watched and self.options.ping and now >= self._ping_time()

    def _ping_time(self):
        """After a while in which either direction was still: to hear of the other side, and to be heard."""
        return max(min(self._heard, self._said), self._pinged) + self.options.ping
