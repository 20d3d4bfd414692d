"""What the other side sends from the connected state on (PROTOCOL.md, section 5)."""
import struct

from .wire import (
    ABORT, ABOUT_NO_MESSAGE, BODY_SIZES, CONFIRM, CONFIRMED, CONNECTION_START, CONTROL,
    CONTROL_MAX, DROPPED, GOODBYE, LAST_INDEX, MESSAGE_START, MORE, OPEN_MAX, PACKET_COST,
    REASON_AT, REASON_MAX, ProtocolError, Reason, Window, decode,
)


class OpenMessage:
    """A message that has begun and not ended: its next index, its window, and whether it got more."""

    def __init__(self):
        self.index = 0
        self.window = Window(MESSAGE_START)
        self.is_granted = False


class Incoming:
    """Puts the messages of one direction together and reads the control packets between them.

    Message packets are judged to the byte, control packets when they are whole.
    `events` has `on_part(id, bytes)`, `on_end(id)`, `on_abort(id, reason)`, and
    `on_control(subject, kind, rest of the body)`, which returns what is wrong
    with the packet, or nothing.
    """

    def __init__(self, minor, events):
        self.minor = minor
        self.open = {}
        self.window = Window(CONNECTION_START)
        self.completed = 0
        self.is_over = False
        self.offset = 0
        self._events = events
        self._header = bytearray()
        self._left = 0
        self._id = self._part = 0
        self._body = bytearray()
        self._reason = None

    @property
    def may_end(self):
        """Whether the stream may end here."""
        is_told = self.is_over or self.minor == 0
        return is_told and not self.open and not self._header

    def receive(self, data):
        at = 0
        while at < len(data):
            if len(self._header) < 12:
                at += self._take_header(data[at:at + 12 - len(self._header)])
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

    def _fail(self, text, index=0):
        raise ProtocolError(text, self.offset + index)

    # --- The header

    def _take_header(self, piece):
        """Takes bytes of a header; returns how many. What is allowed whole is allowed byte by byte."""
        header = self._header + piece
        if self._header_fault(header):
            for size in range(len(self._header) + 1, len(header) + 1):
                fault = self._header_fault(header[:size])
                if fault:
                    self._fail(fault, size - len(self._header) - 1)
        self._header = header
        self.offset += len(piece)
        return len(piece)

    def _header_fault(self, header):
        """What no header may begin with."""
        size = len(header)
        if size <= 4:
            return None
        so_far = bytes(header[4:8])
        parts = self._allowed_parts(int.from_bytes(header[:4], "big"))
        if not any(struct.pack(">I", part).startswith(so_far) for part in parts):
            return "the part is not the next"
        if size <= 8:
            return None
        part = int.from_bytes(so_far, "big")
        least = int.from_bytes(header[8:].ljust(4, b"\0"), "big")
        if part == CONTROL and self.minor > 0:
            if least > CONTROL_MAX or (size == 12 and least == 0):
                return "a control packet has 1 to 1040 bytes"
        elif part == ABORT:
            if least > REASON_MAX:
                return "the reason is too long"
        elif size == 12 and part & MORE and least == 0:
            return "MORE with length 0"
        return None

    def _allowed_parts(self, message_id):
        """The part fields that may come behind this id."""
        parts = [CONTROL] if self.minor > 0 else []
        if self.is_over:
            return parts
        if message_id in self.open:
            index = self.open[message_id].index
            parts += [index, ABORT]
            if index < LAST_INDEX:
                parts.append(MORE | index)
        else:
            parts.append(0)
            if len(self.open) < OPEN_MAX:
                parts.append(MORE)
        return parts

    # --- What is behind it

    def _begin_packet(self):
        self._id, self._part, self._left = struct.unpack(">III", self._header)
        self._body.clear()
        if self._part == ABORT:
            self._reason = Reason(self._left)
        elif not self._is_control:
            self._begin_part()
        if self._left == 0:
            self._end_packet()

    @property
    def _is_control(self):
        return self._part == CONTROL and self.minor > 0

    def _begin_part(self):
        if self._part == MORE:
            self.open[self._id] = OpenMessage()
        if self._id in self.open:
            self.open[self._id].index += 1
        if self._spend(PACKET_COST) > 0:
            self._fail("more than the window allows", -1)

    def _spend(self, size):
        """How much of this is too much. What has arrived counts, not what a header announces."""
        if self.minor == 0:
            return 0
        windows = [self.window]
        if self._id in self.open:
            windows.append(self.open[self._id].window)
        for window in windows:
            window.spent += size
        return max(0, *(-window.left for window in windows))

    def _take(self, piece):
        if self._is_control:
            self._body += piece
        elif self._part == ABORT:
            for index, byte in enumerate(piece):
                if not self._reason.add(byte):
                    self._fail("the reason is malformed", index)
        else:
            good = len(piece) - self._spend(len(piece))
            self._events.on_part(self._id, piece[:good])
            if good < len(piece):
                self._fail("more than the window allows", good)

    def _end_packet(self):
        message_id, part = self._id, self._part
        self._header.clear()
        if self._is_control:
            self._end_control()
        elif part == ABORT:
            del self.open[message_id]
            self._events.on_abort(message_id, self._reason.text())
        elif not part & MORE:
            self.completed += 1
            self._events.on_end(message_id)
            self.open.pop(message_id, None)

    def _end_control(self):
        kind, body = self._body[0], bytes(self._body[1:])
        if kind not in BODY_SIZES:
            return
        fault = self._fault_of(kind, body)
        if not fault:
            self.is_over = self.is_over or kind == GOODBYE
            fault = self._events.on_control(self._id, kind, body)
        if fault:
            self._fail(fault, -1)

    def _fault_of(self, kind, body):
        """What is wrong with a control packet of a known kind."""
        least, most = BODY_SIZES[kind]
        if self.is_over and kind in (CONFIRM, GOODBYE):
            return "behind Goodbye"
        if not least <= 1 + len(body) <= most:
            return "the body does not have the size of its kind"
        if kind in ABOUT_NO_MESSAGE and self._id != 0:
            return "this kind is about no message"
        if kind == CONFIRMED and body[0] > DROPPED:
            return "neither taken nor dropped"
        if kind == GOODBYE and self.open:
            return "Goodbye while messages are open"
        if kind == GOODBYE and int.from_bytes(body[:4], "big") != self.completed % 2**32:
            return "Goodbye with another count"
        if kind in REASON_AT:
            reason = body[REASON_AT[kind]:]
            if decode(reason) is None or 0 in reason:
                return "the reason is malformed"
        return None


def following(message_id, open_ids):
    """The first id behind this one that is not open."""
    while True:
        message_id = (message_id + 1) % 2**32
        if message_id not in open_ids:
            return message_id
