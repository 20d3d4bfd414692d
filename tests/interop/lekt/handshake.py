"""The handshake (PROTOCOL.md, sections 2 to 4): a state machine that knows only bytes."""
import re

from .wire import MAGIC, NICKNAME_MAX, REASON_MAX, decode

MAJOR = 1
MINOR = 1
LINGER_MAX = 65_536
TIMES = {
    "awaitingHandshake": 10,
    "deciding": 60,
    "awaitingAnswer": 75,
    "awaitingAccept": 75,
    "lingering": 1,
}

FORBIDDEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f"
    "\u202a-\u202e\u2066-\u2069\ufeff]"
)


class Handshake:
    """One side of a handshake. Feed it; what it wants sent is in `out`."""

    def __init__(self, role, nickname, minor=MINOR):
        self.role = role
        self.own_version = (MAJOR, minor, 0)
        self.nickname = nickname
        self.state = "awaitingHandshake" if role == "responder" else "awaitingAnswer"
        self.out = bytearray()
        self.outcome = None
        self.remote = None
        self.version = None
        self.trailing = b""
        self._packet = bytearray()
        self._lingered = 0

    @property
    def minor(self):
        """The VERSION_MINOR that both behave as."""
        return min(self.version[1], self.own_version[1])

    def start(self):
        if self.role == "initiator":
            self._send(b"H", self.nickname.encode() + b"\0")

    def receive(self, data):
        index = 0
        while index < len(data):
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
            size = self._text_size(data, index)
            self._packet += data[index:index + size]
            self._judge()
            index += size

    def _text_size(self, data, index):
        """How many bytes from here on nothing can be said about before the last one is there."""
        size = len(self._packet)
        if size < 8:
            return 1
        end = data.find(0, index)
        most = self._text_max() + 9 - size
        return min((len(data) if end < 0 else end + 1) - index, most)

    def _text_max(self):
        return REASON_MAX if self._packet[4:5] == b"R" else NICKNAME_MAX

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
        elif size - 8 > self._text_max():
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
            if self.version[0] != MAJOR:
                versions = (self.version, self.own_version)
                theirs, ours = (".".join(map(str, version)) for version in versions)
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
        self.out += MAGIC + kind + bytes(self.own_version) + rest

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
