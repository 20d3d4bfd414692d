"""What this side sends: control packets first, then messages in turn, as far as the windows allow."""
from collections import deque

from .incoming import following
from .wire import (
    CONFIRM, CONFIRMS_MAX, CONNECTION_START, MESSAGE_START, MORE, OPEN_MAX, PACKET_COST,
    PART_MAX, RESERVE, Window, abort, control, packet,
)


class OutMessage:
    """A message on its way: what of it is still to be sent."""

    def __init__(self, data, asks, ends_late, abort_reason, goes_on):
        self.rest = memoryview(data)
        self.asks = asks
        self.abort_reason = abort_reason
        self.ends_late = ends_late or goes_on or abort_reason is not None
        self.goes_on = goes_on
        self.id = None
        self.index = 0
        self.window = Window(MESSAGE_START)


class Outgoing:
    """`next_packet` gives what may be written now."""

    def __init__(self, minor, part_max=PART_MAX):
        self.minor = minor
        self.window = Window(CONNECTION_START)
        self.next_id = 1
        self.completed = 0
        self.open = {}
        self.unanswered = set()
        # Whether it breaks the rule of the windows.
        self.is_greedy = False
        self._part_max = part_max
        self._urgent = deque()
        self._turns = deque()

    def send(self, data, asks=False, ends_late=False, abort_reason=None, goes_on=False):
        """A message.

        It `asks` for a Confirmed, `ends_late` where its end is known only after
        its last byte was sent, is aborted there for `abort_reason`, or stays
        open where it `goes_on`.
        """
        is_asking = asks and self.minor > 0
        message = OutMessage(data, is_asking, ends_late, abort_reason, goes_on)
        self._turns.append(message)

    def put(self, control_packet):
        self._urgent.append(control_packet)

    @property
    def has_messages(self):
        return bool(self._turns)

    def next_packet(self):
        """The next packet that may be written, or None."""
        if self._urgent:
            return self._urgent.popleft()
        for _ in range(len(self._turns)):
            message = self._turns.popleft()
            data = self._packet_of(message)
            if message.id is None or message.id in self.open:
                self._turns.append(message)
            if data:
                return data
        return None

    def stop(self, message_id, reason):
        """Gives a message up that is under way, for a reason."""
        message = self.open.get(message_id)
        if message:
            self._turns.remove(message)
            self._urgent.append(self._abort(message, reason))
        return message is not None

    def _abort(self, message, reason):
        """Nobody waits for a Confirmed behind an Abort."""
        del self.open[message.id]
        self.unanswered.discard(message.id)
        return abort(message.id, reason)

    def _packet_of(self, message):
        """The next packet of a message, or nothing where it has to wait."""
        if message.id is None:
            return self._first(message)
        if not message.rest and message.abort_reason is not None:
            return self._abort(message, message.abort_reason)
        if not message.rest and message.goes_on:
            return b""
        return self._middle(message) if self._may_go_on(message) else b""

    def _first(self, message):
        if message.asks and len(self.unanswered) >= CONFIRMS_MAX:
            return b""
        size = len(message.rest)
        is_whole = size <= self._part_max and not message.ends_late
        if is_whole and size <= self._room(self.window):
            return self._begin(message) + self._part(message, size, is_last=True)
        if len(self.open) < OPEN_MAX and self._may_go_on(message):
            return self._begin(message) + self._middle(message)
        return b""

    def _may_go_on(self, message):
        """Whether the windows allow one byte; an empty packet where none is left."""
        return self._longest(message) >= min(len(message.rest), 1)

    def _room(self, window):
        """Bytes of a packet that a window allows; below 0 where it allows none, not even an empty one."""
        has_bound = self.minor > 0 and not self.is_greedy
        return window.left - PACKET_COST if has_bound else PART_MAX + RESERVE

    def _longest(self, message):
        """The largest part of a message of many packets that may be sent now."""
        rooms = self._room(self.window) - RESERVE, self._room(message.window)
        return min(self._part_max, len(message.rest), *rooms)

    def _begin(self, message):
        message.id = self.next_id
        self.open[message.id] = message
        self.next_id = following(message.id, self.open)
        if not message.asks:
            return b""
        self.unanswered.add(message.id)
        return control(message.id, CONFIRM)

    def _middle(self, message):
        size = self._longest(message)
        is_last = size == len(message.rest) and (size == 0 or not message.ends_late)
        return self._part(message, size, is_last)

    def _part(self, message, size, is_last):
        piece, message.rest = message.rest[:size], message.rest[size:]
        part = message.index if is_last else MORE | message.index
        message.index += 1
        for window in (self.window, message.window):
            window.spent += PACKET_COST + size
        if is_last:
            del self.open[message.id]
            self.completed += 1
        return packet(message.id, part, bytes(piece))
