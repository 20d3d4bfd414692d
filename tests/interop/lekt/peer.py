"""A connection over a socket of `tcp` or `unix`, and what happens on it as lines of JSON."""
import hashlib
import json
import re
import select
import socket
import struct
import time

from .connection import Connection, Options, Silence
from .handshake import MINOR, TIMES, Handshake
from .wire import ProtocolError

PORT = 15358
READ_SIZE = 65_536


def parse_method(method):
    if method.startswith("unix:"):
        return socket.AF_UNIX, method[len("unix:"):]
    match = re.fullmatch(r"tcp://(\[.+\]|[^:/]+)(?::(\d+))?", method)
    if not match:
        raise SystemExit(f"not a method that this program speaks: {method}")
    return socket.AF_INET, (match[1], int(match[2] or PORT))


def say(**event):
    print(json.dumps(event), flush=True)


class PeerOptions(Options):
    """What the application on this side does."""

    minor = MINOR
    reject = None
    sizes = ()
    confirm = False
    late_end = False
    abort = False
    echo = False
    raw = b""
    cut = None
    reason = ""
    quit = False
    greedy = False


class Peer:
    """One connection, from its handshake to its end."""

    def __init__(self, sock, role, nickname, options):
        self.sock = sock
        self.options = options
        self.handshake = Handshake(role, nickname, options.minor)
        self.connection = None
        self.reason = None
        self._waiting = memoryview(b"")
        self._reads_on = self._writes_on = True
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self):
        if not self._shake():
            self.sock.close()
            return
        minor = self.handshake.minor
        self.connection = Connection(minor, self.options, self, time.monotonic())
        self.connection.outgoing.is_greedy = self.options.greedy
        if self.options.raw:
            self._waiting = memoryview(self.options.raw)
        self._send_own()
        fault = self._exchange()
        if fault:
            # Section 5: a side that fails leaves no doubt that it does.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        say(event="end", fault=fault, reason=self.reason)

    # --- Handshake

    def _shake(self):
        handshake = self.handshake
        handshake.start()
        while handshake.state not in ("connected", "closed"):
            self._write_handshake()
            if handshake.state == "deciding":
                handshake.decide(True if self.options.reject is None else self.options.reject)
                self._write_handshake()
                continue
            if handshake.state == "lingering":
                self.sock.shutdown(socket.SHUT_WR)
            self._read_handshake(time.monotonic() + TIMES[handshake.state])
        self._write_handshake()
        outcome = handshake.outcome
        is_connected = outcome == ("connected",)
        minor = handshake.minor if is_connected else None
        say(event="handshake", outcome=outcome, nickname=handshake.remote, minor=minor)
        return is_connected

    def _read_handshake(self, deadline):
        state = self.handshake.state
        while self.handshake.state == state:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.sock.recv(READ_SIZE)
            except TimeoutError:
                self.handshake.expire()
                return
            except OSError:
                data = b""
            if data == b"":
                self.handshake.end()
                return
            self.handshake.receive(data)

    def _write_handshake(self):
        data = bytes(self.handshake.out)
        self.handshake.out.clear()
        self.sock.settimeout(TIMES["awaitingHandshake"])
        step = self.options.cut or len(data) or 1
        for at in range(0, len(data), step):
            self.sock.sendall(data[at:at + step])

    # --- What the application does

    def _send_own(self):
        options = self.options
        if options.echo:
            return
        for size in options.sizes:
            data = (b"lekt" * (size // 4 + 1))[:size]
            self.connection.outgoing.send(data, options.confirm, options.late_end)
        if options.abort:
            self.connection.outgoing.send(b"cut", abort_reason="enough")
        self._leave()

    def on_message(self, message_id, body):
        digest = hashlib.sha256(body).hexdigest()
        say(event="message", id=message_id, size=len(body), sha256=digest)
        if self.options.echo:
            self.connection.outgoing.send(body, self.options.confirm, self.options.late_end)

    def on_abort(self, message_id, reason):
        say(event="abort", id=message_id, reason=reason)

    def on_stopped(self, message_id, reason):
        say(event="stopped", id=message_id, reason=reason)

    def on_confirmed(self, message_id, is_taken):
        say(event="confirmed", id=message_id, taken=is_taken)

    def on_goodbye(self, reason):
        self.reason = reason
        self._leave()

    def _leave(self):
        if not self.options.quit:
            self.connection.leave(self.options.reason)

    # --- Reading and writing

    def _exchange(self):
        """Reads and writes at once: to write never waits for reading, nor the other way. Returns what went wrong."""
        self.sock.setblocking(False)
        try:
            self.connection.receive(self.handshake.trailing, time.monotonic())
            while self._reads_on or self._writes_on:
                self._fill()
                if self._writes_on and not self._waiting and self.connection.may_end:
                    self.sock.shutdown(socket.SHUT_WR)
                    self._writes_on = False
                elif self._has_quit():
                    self._drain()
                    return None
                else:
                    self._step()
            return None
        except ProtocolError as error:
            return f"PROTOCOL: {error}"
        except Silence as error:
            return f"TIMEOUT: {error}"
        except EOFError:
            return "TRUNCATED"
        except OSError as error:
            return f"CLOSED: {error.strerror}"

    def _fill(self):
        if not self._waiting:
            self._waiting = memoryview(self.connection.next_packet(time.monotonic()) or b"")

    def _has_quit(self):
        """Whether this side ends its stream as the system does for a program that was killed: with nothing under way and no Goodbye."""
        return self.options.quit and not self._waiting and not self.connection.outgoing.has_messages

    def _drain(self):
        """Ends the stream, and drops what still comes: unread bytes would make it a reset."""
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.setblocking(True)
        while self.sock.recv(READ_SIZE):
            pass

    def _step(self):
        """Waits for the socket or for time to pass."""
        reading = [self.sock] if self._reads_on else []
        writing = [self.sock] if self._waiting else []
        due = self.connection.due()
        wait = None if due is None else max(0, due - time.monotonic())
        readable, writable, _ = select.select(reading, writing, [], wait)
        if readable:
            self._read()
        if writable:
            self._write()
        if not readable and due is not None and time.monotonic() >= due:
            self.connection.tick(time.monotonic())

    def _read(self):
        data = self.sock.recv(READ_SIZE)
        if data:
            self.connection.receive(data, time.monotonic())
            return
        self._reads_on = False
        if not self.connection.end():
            raise EOFError
        self._leave()

    def _write(self):
        size = self.options.cut or len(self._waiting)
        self._waiting = self._waiting[self.sock.send(self._waiting[:size]):]
