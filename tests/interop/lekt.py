#!/usr/bin/env python3
"""LEKT 1.0 in Python 3 with the standard library alone, written from PROTOCOL.md.

The handshake and the messages are state machines that know only bytes
(`Handshake`, `Messages`); `Peer` runs them over a socket of `tcp` or `unix`.

    lekt.py judge < vectors.json             what this implementation makes of test vectors
    lekt.py listen METHOD NICK [OPTION...]   wait for one client
    lekt.py connect METHOD NICK [OPTION...]  talk to one

Options of `listen` and `connect`:

    --reject REASON   decide no
    --sizes N,N,...   send messages of these sizes, all under way at once
    --abort           begin one message more and abort it with the reason "enough"
    --part N          bytes of a message in one packet (262144)
    --one-byte        write each byte of the handshake by itself
    --echo            send every message back, instead of --sizes

It writes one JSON object a line: the method it listens on, the outcome of the
handshake, each message (size and SHA-256) or abort, and the end.
"""
import codecs
import hashlib
import json
import re
import selectors
import socket
import struct
import sys
import time

MAGIC = b"LEKT"
VERSION = (1, 0, 0)
NICKNAME_MAX = 255
REASON_MAX = 1023
OPEN_MAX = 1024
PART_MAX = 262_144
PORT = 15358
MORE = 0x80000000
LAST_INDEX = 0x7FFFFFFE
ABORT = 0x7FFFFFFF
LINGER_MAX = 65_536
TIMES = {
    "awaitingHandshake": 10,
    "deciding": 60,
    "awaitingAnswer": 75,
    "awaitingAccept": 75,
    "lingering": 1,
}
READ_SIZE = 65_536

FORBIDDEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f"
    "\u202a-\u202e\u2066-\u2069\ufeff]"
)


class ProtocolError(Exception):
    """The other side has broken a rule; `offset` is that of the byte that shows it."""

    def __init__(self, text, offset=None):
        super().__init__(text)
        self.offset = offset


def decode(text):
    """Strict UTF-8, or None."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return None


# --- Handshake (sections 2 to 4) ---------------------------------------------


class Handshake:
    """One side of a handshake. Feed it; what it wants sent is in `out`."""

    def __init__(self, role, nickname):
        self.role = role
        self.nickname = nickname
        self.state = "awaitingHandshake" if role == "responder" else "awaitingAnswer"
        self.out = bytearray()
        self.outcome = None
        self.remote = None
        self.version = None
        self.trailing = b""
        self._packet = bytearray()
        self._lingered = 0

    def start(self):
        if self.role == "initiator":
            self._send(b"H", self.nickname.encode() + b"\0")

    def receive(self, data):
        for index in range(len(data)):
            if self.state == "connected":
                self.trailing += data[index:]
                return
            if self.state == "lingering":
                self._linger(len(data) - index)
                return
            if self.state == "closed":
                return
            if self.state == "deciding":
                self._fail("PROTOCOL")
                return
            self._packet.append(data[index])
            self._judge()

    def decide(self, decision):
        """True, or the reason why not."""
        if self.state != "deciding":
            return
        if decision is not True:
            text = decision or ""
            self._reject(text, ("REJECTED", "local", text))
        elif self.role == "responder":
            self._send(b"A", self.nickname.encode() + b"\0")
            self.state = "awaitingAccept"
        else:
            self._send(b"A", b"")
            self._connected()

    def end(self):
        """The other side has ended its stream."""
        if self.state not in ("closed", "connected"):
            self._fail("CLOSED")

    def expire(self):
        """The time for this state is over."""
        if self.state == "deciding":
            self._reject("no answer", ("TIMEOUT",))
        elif self.state == "awaitingHandshake" and len(self._packet) >= 8:
            self._reject("handshake timed out", ("TIMEOUT",))
        elif self.state not in ("closed", "connected"):
            self._fail("TIMEOUT")

    def _judge(self):
        packet = self._packet
        size = len(packet)
        last = packet[-1]
        kind = packet[4:5]
        if size <= 4:
            if last != MAGIC[size - 1]:
                self._fail("PROTOCOL")
        elif size == 5:
            wanted = b"H" if self.state == "awaitingHandshake" else b"AR"
            if last not in wanted:
                self._fail("PROTOCOL")
        elif size <= 8:
            self._judge_version(kind, size, last)
        elif last == 0:
            self._judge_text(kind, bytes(packet[8:-1]))
        elif size - 8 > (REASON_MAX if kind == b"R" else NICKNAME_MAX):
            self._judge_too_long(kind)

    def _judge_version(self, kind, size, last):
        if kind == b"R":
            return
        if self.state == "awaitingAccept":
            if last != self.version[size - 6]:
                self._fail("PROTOCOL")
            elif size == 8:
                self._connected()
        elif size == 8:
            self.version = tuple(self._packet[5:8])
            if self.version[0] != VERSION[0]:
                theirs, ours = (".".join(map(str, v)) for v in (self.version, VERSION))
                text = f"version {theirs} is not compatible with version {ours}"
                is_probe = kind == b"H" and self.version[0] == 0
                self._reject(text, ("CLOSED" if is_probe else "PROTOCOL",))

    def _judge_text(self, kind, text):
        decoded = decode(text)
        if kind == b"R":
            self._closed(("REJECTED", "remote", decoded))
        elif decoded is None or decoded == "" or FORBIDDEN.search(decoded):
            self._reject("the nickname is not allowed", ("PROTOCOL",))
        else:
            self.remote = decoded
            self._packet.clear()
            self.state = "deciding"

    def _judge_too_long(self, kind):
        if kind == b"R":
            self._closed(("REJECTED", "remote", None))
        else:
            self._reject("the nickname is too long", ("PROTOCOL",))

    def _linger(self, size):
        self._lingered += size
        if self._lingered > LINGER_MAX:
            self.state = "closed"

    def _send(self, kind, rest):
        self.out += MAGIC + kind + bytes(VERSION) + rest

    def _reject(self, text, outcome):
        self._send(b"R", text.encode() + b"\0")
        self.outcome = self.outcome or outcome
        self.state = "lingering"

    def _connected(self):
        self.outcome = ("connected",)
        self.state = "connected"

    def _fail(self, code):
        self._closed((code,))

    def _closed(self, outcome):
        self.outcome = self.outcome or outcome
        self.state = "closed"


# --- Messages (section 5) ----------------------------------------------------


class Messages:
    """Puts the messages of one direction together, judging to the byte.

    `on_part(id, bytes)`, `on_end(id)`, `on_abort(id, reason)`.
    """

    def __init__(self, on_part, on_end, on_abort):
        self._on_part, self._on_end, self._on_abort = on_part, on_end, on_abort
        self.open = {}
        self.offset = 0
        self._header = bytearray()
        self._left = 0
        self._id = self._part = 0
        self._reason = None
        self._decoder = None

    @property
    def may_end(self):
        return not self.open and not self._header

    def receive(self, data):
        at = 0
        while at < len(data):
            if len(self._header) < 12:
                self._header.append(data[at])
                self._judge_header()
                at += 1
                self.offset += 1
                if len(self._header) == 12:
                    self._begin_packet()
                continue
            piece = data[at:at + self._left]
            self._take(piece)
            at += len(piece)
            self.offset += len(piece)
            self._left -= len(piece)
            if self._left == 0:
                self._end_packet()

    def _allowed_parts(self):
        """The part fields that may come behind this id."""
        message_id = int.from_bytes(self._header[:4], "big")
        if message_id not in self.open:
            return [0] if len(self.open) >= OPEN_MAX else [0, MORE]
        index = self.open[message_id]
        parts = [index, ABORT]
        if index < LAST_INDEX:
            parts.append(MORE | index)
        return parts

    def _judge_header(self):
        size = len(self._header)
        if 4 < size <= 8:
            so_far = bytes(self._header[4:size])
            parts = (struct.pack(">I", part) for part in self._allowed_parts())
            if not any(part.startswith(so_far) for part in parts):
                raise ProtocolError("the part is not the next", self.offset)
            return
        part = int.from_bytes(self._header[4:8], "big")
        if size > 8 and part == ABORT:
            least = int.from_bytes(self._header[8:].ljust(4, b"\0"), "big")
            if least > REASON_MAX:
                raise ProtocolError("the reason is too long", self.offset)
        if size == 12 and part & MORE and self._header[8:] == bytes(4):
            raise ProtocolError("MORE with length 0", self.offset)

    def _begin_packet(self):
        self._id, self._part, self._left = struct.unpack(">III", self._header)
        if self._part == ABORT:
            self._reason = bytearray()
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        if self._left == 0:
            self._end_packet()

    def _take(self, piece):
        if self._reason is None:
            self._on_part(self._id, piece)
            return
        for index, byte in enumerate(piece):
            offset = self.offset + index
            behind = self._left - index - 1
            try:
                self._decoder.decode(bytes([byte]))
            except UnicodeDecodeError:
                raise ProtocolError("the reason is malformed", offset) from None
            # Python waits for a third byte before it refuses a surrogate.
            if self._reason[-1:] == b"\xed" and byte >= 0xA0:
                raise ProtocolError("the reason is malformed", offset)
            needed = 3 if byte >= 0xF0 else 2 if byte >= 0xE0 else 1 if byte >= 0xC0 else 0
            if byte == 0 or needed > behind:
                raise ProtocolError("the reason is malformed", offset)
            self._reason.append(byte)

    def _end_packet(self):
        message_id, part = self._id, self._part
        self._header.clear()
        if part == ABORT:
            del self.open[message_id]
            reason, self._reason = self._reason.decode(), None
            self._on_abort(message_id, reason)
        elif part & MORE:
            self.open[message_id] = (part & ~MORE) + 1
        else:
            self.open.pop(message_id, None)
            self._on_end(message_id)


def packets(message_id, data, part_max):
    """The packets of one message, a generator of bytes."""
    index = 0
    while True:
        piece, data = data[:part_max], data[part_max:]
        more = MORE if data else 0
        yield struct.pack(">III", message_id, more | index, len(piece)) + piece
        if not more:
            return
        index += 1


def abort(message_id, reason):
    text = reason.encode()
    return struct.pack(">III", message_id, ABORT, len(text)) + text


# --- Over a socket -----------------------------------------------------------


def parse_method(method):
    if method.startswith("unix:"):
        return socket.AF_UNIX, method[len("unix:"):]
    match = re.fullmatch(r"tcp://(\[.+\]|[^:/]+)(?::(\d+))?", method)
    if not match:
        raise SystemExit(f"not a method that this program speaks: {method}")
    return socket.AF_INET, (match[1], int(match[2] or PORT))


def say(**event):
    print(json.dumps(event), flush=True)


class Peer:
    """One connection, from its handshake to its end."""

    def __init__(self, sock, role, nickname, options):
        self.sock = sock
        self.role = role
        self.options = options
        self.handshake = Handshake(role, nickname)
        self.bodies = {}
        self.queue = []
        self.next_id = 1

    def run(self):
        if not self._shake():
            self.sock.close()
            return
        self.messages = Messages(self._part, self._end, self._abort)
        if not self.options.get("echo"):
            self._queue_own()
        self._exchange()

    def _shake(self):
        handshake = self.handshake
        handshake.start()
        while handshake.state not in ("connected", "closed"):
            self._write_handshake()
            if handshake.state == "deciding":
                handshake.decide(self.options.get("reject", True))
                self._write_handshake()
                continue
            if handshake.state == "lingering":
                self.sock.shutdown(socket.SHUT_WR)
            self._read_handshake(time.monotonic() + TIMES[handshake.state])
        self._write_handshake()
        outcome = handshake.outcome
        say(event="handshake", outcome=outcome, nickname=handshake.remote)
        return outcome == ("connected",)

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
        step = 1 if self.options.get("one_byte") else len(data) or 1
        for at in range(0, len(data), step):
            self.sock.sendall(data[at:at + step])

    def _queue_own(self):
        """All messages at once, their packets in turn (section 5)."""
        part_max = self.options.get("part", PART_MAX)
        under_way = []
        for size in self.options.get("sizes", []):
            data = (b"lekt" * (size // 4 + 1))[:size]
            under_way.append(packets(self.next_id, data, part_max))
            self.next_id += 1
        while under_way:
            for message in list(under_way):
                packet = next(message, None)
                if packet is None:
                    under_way.remove(message)
                else:
                    self.queue.append(packet)
        if self.options.get("abort"):
            self.queue.append(struct.pack(">III", self.next_id, MORE, 3) + b"cut")
            self.queue.append(abort(self.next_id, "enough"))

    def _part(self, message_id, piece):
        self.bodies.setdefault(message_id, bytearray()).extend(piece)

    def _end(self, message_id):
        body = bytes(self.bodies.pop(message_id, b""))
        digest = hashlib.sha256(body).hexdigest()
        say(event="message", id=message_id, size=len(body), sha256=digest)
        if self.options.get("echo"):
            part_max = self.options.get("part", PART_MAX)
            self.queue.extend(packets(self.next_id, body, part_max))
            self.next_id += 1

    def _abort(self, message_id, reason):
        self.bodies.pop(message_id, None)
        say(event="abort", id=message_id, reason=reason)

    def _exchange(self):
        """Reads and writes at once: to write never waits for reading, nor the other way."""
        self.sock.setblocking(False)
        waits = selectors.DefaultSelector()
        waits.register(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        reads_on = writes_on = True
        waiting = memoryview(b"")
        fault = None
        try:
            self.messages.receive(self.handshake.trailing)
            while reads_on or writes_on:
                may_end = not reads_on or not self.options.get("echo")
                if writes_on and not waiting and not self.queue and may_end:
                    self.sock.shutdown(socket.SHUT_WR)
                    writes_on = False
                    continue
                events = selectors.EVENT_READ if reads_on else 0
                if writes_on and (waiting or self.queue):
                    events |= selectors.EVENT_WRITE
                waits.modify(self.sock, events)
                for _, ready in waits.select():
                    if ready & selectors.EVENT_READ:
                        reads_on = self._read()
                    if ready & selectors.EVENT_WRITE:
                        waiting = self._write(waiting)
            if not self.messages.may_end:
                fault = "TRUNCATED"
        except ProtocolError as error:
            fault = f"PROTOCOL: {error}"
        except OSError as error:
            fault = f"CLOSED: {error.strerror}"
        if fault:
            # Section 5: a side that fails leaves no doubt that it does.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        say(event="end", fault=fault)

    def _read(self):
        data = self.sock.recv(READ_SIZE)
        self.messages.receive(data)
        return data != b""

    def _write(self, waiting):
        if not waiting:
            waiting = memoryview(self.queue.pop(0))
        return waiting[self.sock.send(waiting):]


# --- Test vectors ------------------------------------------------------------


def unhex(text):
    result = b""
    for word in text.split():
        digits, _, count = word.partition("*")
        result += bytes.fromhex(digits) * int(count or 1)
    return result


def cuts(data):
    """Whole, byte by byte, and in two at each offset."""
    yield [data]
    yield [data[at:at + 1] for at in range(len(data))]
    step = 4093 if len(data) > 4096 else 1
    for at in range(step, len(data), step):
        yield [data[:at], data[at:]]


def judge_messages(vector):
    """What went wrong, or nothing."""
    data = b""
    for wire in vector["wire"]:
        if isinstance(wire, str):
            data += unhex(wire)
            continue
        first = int(wire["first"], 16)
        for count in range(wire["count"]):
            data += struct.pack(">I", (first + count) % 2**32) + unhex(wire["rest"])
    for reads in cuts(data):
        bodies, ended = {}, []

        def end(message_id, reason=None):
            body = bodies.pop(message_id, b"").hex()
            entry = {"messageId": f"{message_id:08x}", "bytes": body}
            if reason is not None:
                entry["reason"] = reason
            ended.append(entry)

        def part(message_id, piece):
            bodies[message_id] = bodies.get(message_id, b"") + piece

        messages = Messages(part, end, end)
        offset = None
        try:
            for read in reads:
                messages.receive(read)
        except ProtocolError as error:
            offset = error.offset
        if "ended" in vector and ended != vector["ended"]:
            return f"ended: {ended}"
        if "endedCount" in vector and len(ended) != vector["endedCount"]:
            return f"ended: {len(ended)}"
        if offset != vector.get("fault", {}).get("offset"):
            return f"fault at {offset}"
        if "fault" not in vector and messages.may_end != (vector["end"] == "clean"):
            return f"may end: {messages.may_end}"
    return None


def judge_handshake(vector):
    longest = max(len(unhex(step.get("receive", ""))) for step in vector["steps"])
    for way in range(longest + 1):
        handshake = Handshake(
            vector["role"], "bob" if vector["role"] == "responder" else "alice"
        )
        now = since = 0
        for step in vector["steps"]:
            before = handshake.state
            if "start" in step:
                handshake.start()
            data = unhex(step.get("receive", ""))
            reads = [data[:way], data[way:]] if way else [data[at:at + 1] for at in range(len(data))]
            for read in reads:
                handshake.receive(read)
            if "decide" in step:
                handshake.decide(step["decide"] or "")
            if "end" in step:
                handshake.end()
            if "waitMs" in step:
                now += step["waitMs"]
                if now - since >= 1000 * TIMES[before]:
                    handshake.expire()
            if handshake.state != before:
                since = now
            sent = bytes(handshake.out)
            handshake.out.clear()
            if handshake.state != step["state"]:
                return f"cut at {way}: {handshake.state} instead of {step['state']}"
            wanted = step["sends"] or [""]
            if len(wanted) > 1 or not same_packet(sent, wanted[0]):
                return f"cut at {way}: sent {sent.hex()}"
        fault = judge_outcome(handshake, vector["outcome"])
        if fault:
            return f"cut at {way}: {fault}"
    return None


def same_packet(sent, wanted):
    """`..` stands for the bytes of a reason, whose wording is free."""
    head, free, _ = wanted.partition(" .. ")
    if not free:
        return sent == unhex(wanted)
    reason = sent[8:-1]
    good = len(reason) <= REASON_MAX and b"\0" not in reason and decode(reason) is not None
    return sent[:8] == unhex(head) and sent[8:][-1:] == b"\0" and good


def judge_outcome(handshake, wanted):
    kind, *rest = handshake.outcome
    if wanted["kind"] == "connected":
        version = ".".join(map(str, handshake.version))
        actual = (kind, handshake.remote, version, handshake.trailing.hex())
        expected = ("connected", wanted["nickname"], wanted["version"], wanted["trailing"])
        return None if actual == expected else f"{actual}"
    if kind != wanted["code"]:
        return f"{kind} instead of {wanted['code']}"
    if kind == "REJECTED":
        by, reason = rest
        if by != wanted["by"] or (reason or "") != wanted.get("reason", ""):
            return f"rejected by {by}: {reason}"
    return None


def judge():
    count, faults = 0, []
    for vector in json.load(sys.stdin)["vectors"]:
        count += 1
        fault = judge_messages(vector) if "wire" in vector else judge_handshake(vector)
        if fault:
            faults.append(f"{vector['name']}: {fault}")
    say(count=count, faults=faults)


# --- Command line ------------------------------------------------------------


def read_options(args):
    options = {}
    args = list(args)
    while args:
        name = args.pop(0)
        if name == "--reject":
            options["reject"] = args.pop(0)
        elif name == "--sizes":
            options["sizes"] = [int(size) for size in args.pop(0).split(",")]
        elif name == "--part":
            options["part"] = int(args.pop(0))
        elif name in ("--abort", "--echo", "--one-byte"):
            options[name[2:].replace("-", "_")] = True
        else:
            raise SystemExit(__doc__)
    return options


def main(args):
    if args == ["judge"]:
        judge()
        return
    if len(args) < 3 or args[0] not in ("listen", "connect"):
        raise SystemExit(__doc__)
    command, method, nickname, *rest = args
    options = read_options(rest)
    family, address = parse_method(method)
    sock = socket.socket(family, socket.SOCK_STREAM)
    if command == "connect":
        sock.connect(address)
        Peer(sock, "initiator", nickname, options).run()
        return
    sock.bind(address)
    sock.listen()
    if family == socket.AF_INET:
        host, port = sock.getsockname()
        method = f"tcp://{host}:{port}"
    say(event="listening", method=method)
    client, _ = sock.accept()
    sock.close()
    Peer(client, "responder", nickname, options).run()


if __name__ == "__main__":
    main(sys.argv[1:])
