#!/usr/bin/env python3
"""LEKT 1.1 and 1.0 in Python 3 with the standard library alone, written from PROTOCOL.md.

    lekt.py judge MINOR < vectors.json       what this implementation makes of test vectors
    lekt.py listen METHOD NICK [OPTION...]   wait for one client
    lekt.py connect METHOD NICK [OPTION...]  talk to one

Options of `listen` and `connect`:

    --minor N          speak LEKT 1.N: 0 or 1 (1)
    --reject REASON    decide no
    --sizes N,N,...    send messages of these sizes, all under way at once
    --abort            begin one message more and abort it with the reason "enough"
    --late-end         find out that a message is over only after its last byte was sent
    --part N           bytes of a message in one packet (262144)
    --cut N            bytes in one write
    --echo             send every message back, instead of --sizes
    --confirm          ask whether each message was taken
    --reason TEXT      say goodbye with this reason
    --window N         bytes of unread messages to hold (64 MiB)
    --message-window N the same for one message (16 MiB)
    --hold-over N      never read a message that is longer than this
    --stop-over N      stop such a message, with the reason "enough"
    --ping S           seconds of stillness before a Ping (15; 0: never)
    --silence S        seconds without a byte before the other side is taken for dead (45; 0: never)
    --quit             close without Goodbye when all is sent, as a program that is killed
    --greedy           send more than the windows allow
    --raw HEX          send these bytes first, whatever they are

It writes one JSON object a line: the method it listens on, the outcome of the
handshake, each message (size and SHA-256) or abort, what was stopped and
confirmed, and the end with the reason of the other side.

The package `lekt` beside this file is the protocol: `handshake`, `incoming` and
`outgoing` (packets), `connection` (both together, and time) know only bytes;
`peer` runs them over a socket.
"""
import json
import socket
import sys

# A test leaves nothing behind in the source tree.
sys.dont_write_bytecode = True

from lekt.judge import judge
from lekt.peer import Peer, PeerOptions, parse_method, say

VALUES = {
    "minor": int,
    "reject": str,
    "sizes": lambda text: [int(size) for size in text.split(",")],
    "part": int,
    "cut": int,
    "reason": str,
    "window": int,
    "message-window": int,
    "hold-over": int,
    "stop-over": int,
    "ping": float,
    "silence": float,
    "raw": bytes.fromhex,
}
FLAGS = ("abort", "late-end", "echo", "confirm", "quit", "greedy")


def read_options(args):
    options = PeerOptions()
    args = list(args)
    while args:
        name = args.pop(0).removeprefix("--")
        if name not in FLAGS and (name not in VALUES or not args):
            raise SystemExit(__doc__)
        value = True if name in FLAGS else VALUES[name](args.pop(0))
        setattr(options, name.replace("-", "_"), value)
    return options


def main(args):
    if len(args) == 2 and args[0] == "judge":
        count, faults = judge(json.load(sys.stdin)["vectors"], int(args[1]))
        say(count=count, faults=faults)
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
