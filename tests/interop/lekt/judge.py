"""What this implementation makes of the test vectors, in all cuts."""
import functools
import struct

from .connection import Connection, Options
from .handshake import TIMES, Handshake
from .incoming import Incoming
from .wire import (
    CONFIRM, CONFIRMED, GOODBYE, MESSAGE_WINDOW, PING, PONG, REASON_MAX, STOP, TAKEN, WINDOW,
    ProtocolError, decode,
)


@functools.cache
def unhex(text):
    result = b""
    for word in text.split():
        digits, _, count = word.partition("*")
        result += bytes.fromhex(digits) * int(count or 1)
    return result


def cuts(data):
    """Whole, byte by byte, and in two at each offset; what is very long only here and there."""
    yield [data]
    if len(data) < 100_000:
        yield [data[at:at + 1] for at in range(len(data))]
    step = 100_003 if len(data) > 100_000 else 4093 if len(data) > 4096 else 1
    for at in range(step, len(data), step):
        yield [data[:at], data[at:]]


class Recorder:
    """The messages of one stream, as the vectors write them."""

    def __init__(self):
        self.bodies = {}
        self.ended = []
        self.controls = []

    def on_part(self, message_id, piece):
        self.bodies[message_id] = self.bodies.get(message_id, b"") + piece

    def on_end(self, message_id):
        body = self.bodies.pop(message_id, b"").hex()
        self.ended.append({"messageId": f"{message_id:08x}", "bytes": body})

    def on_abort(self, message_id, reason):
        self.on_end(message_id)
        self.ended[-1]["reason"] = reason

    def on_control(self, subject, kind, rest):
        about = {"messageId": f"{subject:08x}"}
        control = {
            PING: lambda: {"type": "ping", "data": rest.hex()},
            PONG: lambda: {"type": "pong", "data": rest.hex()},
            WINDOW: lambda: {"type": "window", "total": rest.hex()},
            MESSAGE_WINDOW: lambda: {"type": "messageWindow", **about, "total": rest.hex()},
            STOP: lambda: {"type": "stop", **about, "reason": rest.decode()},
            CONFIRM: lambda: {"type": "confirm", **about},
            CONFIRMED: lambda: {"type": "confirmed", **about, "isTaken": rest[0] == TAKEN},
            GOODBYE: lambda: {
                "type": "goodbye",
                "messageCount": rest[:4].hex(),
                "reason": rest[4:].decode(),
            },
        }[kind]()
        self.controls.append({"behind": len(self.ended), **control})

    @property
    def incomplete(self):
        return [
            {"messageId": f"{message_id:08x}", "bytes": self.bodies[message_id].hex()}
            for message_id in sorted(self.bodies)
        ]


def bytes_of(wires):
    data = b""
    for wire in wires:
        if isinstance(wire, str):
            data += unhex(wire)
            continue
        first = int(wire["first"], 16)
        rest = unhex(wire["rest"])
        ids = ((first + count) % 2**32 for count in range(wire["count"]))
        data += b"".join(struct.pack(">I", message_id) + rest for message_id in ids)
    return data


def judge_messages(vector, minor):
    """What went wrong, or nothing."""
    for reads in cuts(bytes_of(vector["wire"])):
        recorder = Recorder()
        incoming = Incoming(minor, recorder)
        offset = None
        try:
            for read in reads:
                incoming.receive(read)
        except ProtocolError as error:
            offset = error.offset
        ended = recorder.ended
        for part in ("ended", "controls", "incomplete"):
            actual = getattr(recorder, part)
            if actual != vector.get(part, actual):
                return f"{part}: {actual}"
        if "endedCount" in vector and len(ended) != vector["endedCount"]:
            return f"ended: {len(ended)}"
        if offset != vector.get("fault", {}).get("offset"):
            return f"fault at {offset}"
        if "fault" not in vector and incoming.may_end != (vector["end"] == "clean"):
            return f"may end: {incoming.may_end}"
    return None


class Nobody:
    """An application that is interested in nothing."""

    def __getattr__(self, name):
        return lambda *told: None


def judge_conversation(vector, minor):
    """What one side answers, and whether it finds a fault."""
    reads = [bytes_of(wires) for wires in vector["reads"]]
    longest = max(reads, key=len)
    for pieces in cuts(longest):
        in_pieces = [pieces if read is longest else [read] for read in reads]
        fault = converse(vector, vector.get("minor", minor), in_pieces)
        if fault:
            return fault
    return None


def converse(vector, minor, reads):
    options = Options()
    options.hold_over = None if vector.get("takes") else -1
    options.window = vector.get("room", options.window)
    side = Connection(minor, options, Nobody(), 0)
    side.outgoing.next_id = 0
    if vector.get("sends"):
        side.outgoing.send(b"a", goes_on=True)
    answers_of(side)
    answers, is_fault = [], False
    try:
        for pieces in reads:
            for piece in pieces:
                side.receive(piece, 0)
            answers += answers_of(side)
    except ProtocolError:
        is_fault = True
    if answers != [unhex(answer).hex() for answer in vector["answers"]]:
        return f"answers: {answers}"
    return None if is_fault == vector.get("isFault", False) else f"fault: {is_fault}"


def answers_of(side):
    """All that a side writes now, but for packets whose moment is free."""
    answers = []
    while (data := side.next_packet(0)) is not None:
        is_free = data[4:8] == b"\xff" * 4 and data[12] in (PING, WINDOW, MESSAGE_WINDOW)
        if not is_free:
            answers.append(data.hex())
    return answers


def judge_handshake(vector, minor):
    longest = max(len(unhex(step.get("receive", ""))) for step in vector["steps"])
    for way in range(longest + 1):
        nickname = "bob" if vector["role"] == "responder" else "alice"
        handshake = Handshake(vector["role"], nickname, minor)
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


def judge(vectors, minor):
    """How many there are, and what went wrong with which, in LEKT 1.`minor`."""
    count, faults = 0, []
    for vector in vectors:
        count += 1
        judge_one = {
            "wire": judge_messages,
            "reads": judge_conversation,
            "steps": judge_handshake,
        }[next(key for key in ("wire", "reads", "steps") if key in vector)]
        fault = judge_one(vector, minor)
        if fault:
            faults.append(f"{vector['name']}: {fault}")
    return count, faults
