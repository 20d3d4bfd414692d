"""What packets look like, and the limits that both sides know."""
import codecs
import struct

MAGIC = b"LEKT"
NICKNAME_MAX = 255
REASON_MAX = 1023
OPEN_MAX = 1024
PART_MAX = 262_144

MORE = 0x80000000
LAST_INDEX = 0x7FFFFFFE
ABORT = 0x7FFFFFFF
CONTROL = 0xFFFFFFFF

CONTROL_MAX = 1040
PING, PONG, WINDOW, STOP, CONFIRM, CONFIRMED, GOODBYE, MESSAGE_WINDOW = range(1, 9)
# How long a body may be, the byte of its kind included: least and most.
BODY_SIZES = {
    PING: (9, 9),
    PONG: (9, 9),
    WINDOW: (9, 9),
    STOP: (1, 1 + REASON_MAX),
    CONFIRM: (1, 1),
    CONFIRMED: (2, 2),
    GOODBYE: (5, 5 + REASON_MAX),
    MESSAGE_WINDOW: (9, 9),
}
ABOUT_NO_MESSAGE = (PING, PONG, WINDOW, GOODBYE)
# Where behind its kind a reason begins.
REASON_AT = {STOP: 0, GOODBYE: 4}
TAKEN, DROPPED = 0, 1

PACKET_COST = 32
CONNECTION_START = 1024 * 1024
MESSAGE_START = 2 * 1024 * 1024
# What messages of many packets leave of the connection's window to those of one.
RESERVE = PART_MAX + PACKET_COST
CONFIRMS_MAX = 1024


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


def packet(message_id, part, body=b""):
    return struct.pack(">III", message_id, part, len(body)) + body


def abort(message_id, reason):
    return packet(message_id, ABORT, reason.encode())


def control(subject, kind, body=b""):
    return packet(subject, CONTROL, bytes([kind]) + body)


def grant(total):
    return control(0, WINDOW, struct.pack(">Q", total))


def grant_message(message_id, total):
    return control(message_id, MESSAGE_WINDOW, struct.pack(">Q", total))


def goodbye(count, reason):
    return control(0, GOODBYE, struct.pack(">I", count % 2**32) + reason.encode())


class Reason:
    """A text of known length, judged to the byte: strict UTF-8 without U+0000."""

    def __init__(self, size):
        self._left = size
        self._bytes = bytearray()
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def add(self, byte):
        """False where the text can no longer become good."""
        self._left -= 1
        try:
            self._decoder.decode(bytes([byte]))
        except UnicodeDecodeError:
            return False
        # Python waits for a third byte before it refuses a surrogate.
        if self._bytes[-1:] == b"\xed" and byte >= 0xA0:
            return False
        self._bytes.append(byte)
        needed = 3 if byte >= 0xF0 else 2 if byte >= 0xE0 else 1 if byte >= 0xC0 else 0
        return byte != 0 and needed <= self._left

    def text(self):
        return self._bytes.decode()


class Window:
    """One direction's share: how much may be sent in all, and how much was."""

    def __init__(self, allowed):
        self.allowed = allowed
        self.spent = 0

    @property
    def left(self):
        return self.allowed - self.spent

    def raise_to(self, total):
        """Allows more; returns what is wrong with that, or nothing."""
        if total < self.allowed:
            return "a window that goes down"
        self.allowed = total
        return None
