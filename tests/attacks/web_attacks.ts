/**
 * Attacks on what stands before the protocol: TLS, WebSocket, and the HTTP of
 * the directory.
 *
 * @module
 */
import { hello, latin, RawPeer } from "../helpers/raw_peer.ts";
import {
  frame,
  type FrameOptions,
  RawWebSocket,
} from "../helpers/raw_websocket.ts";
import {
  again,
  type Attack,
  type AttackContext,
  dial,
  dispose,
  flood,
  hold,
  mustEnd,
  pause,
  repeated,
  type Target,
  versionOf,
} from "./attack.ts";

async function rawOf(
  context: AttackContext,
  target: Target,
): Promise<RawPeer> {
  return new RawPeer(await dial(context, target));
}

/** Many at once send this to a target, and say nothing more. */
function held(target: Target, name: string, text: string): Attack {
  return {
    name: `${target}: ${name}`,
    target,
    run: (context) =>
      hold(context, async () => {
        const raw = await rawOf(context, target);
        if (text !== "") await raw.write(latin(text));
        return raw;
      }),
  };
}

/** Many at once send this to a target, and each must be turned away. */
function refused(target: Target, name: string, text: string): Attack {
  return {
    name: `${target}: ${name}`,
    target,
    run: (context) =>
      again(
        context,
        async () => await mustEnd(await rawOf(context, target), latin(text)),
      ),
  };
}

/** Many at once send this to the directory, and read what it answers. */
function asked(name: string, text: string): Attack {
  return {
    name: `directory: ${name}`,
    target: "directory",
    run: (context) =>
      again(context, async () => {
        const raw = await rawOf(context, "directory");
        await raw.write(latin(text));
        await raw.read(12);
        dispose(raw);
      }),
  };
}

function request(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join(
    "\r\n",
  );
}

const UPGRADE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

const OFFER = "Sec-WebSocket-Protocol: lekt";

/** A WebSocket that is open, then sends these frames, and must be cut off. */
function badFrame(
  name: string,
  payload: Uint8Array,
  options: FrameOptions,
): Attack {
  return {
    name: `ws: ${name}`,
    target: "ws",
    run: (context) =>
      again(context, async () => {
        const head = request("GET /lekt", ...UPGRADE, OFFER);
        const raw = await rawOf(context, "ws");
        await mustEnd(raw, latin(head), frame(payload, options));
      }),
  };
}

async function openWebSocket(context: AttackContext): Promise<RawWebSocket> {
  return await RawWebSocket.open(context.ports.ws, "/lekt");
}

/** Unfinished messages, as large as they are let be. */
const FRAGMENTS: Attack = {
  name: "ws: unfinished fragments of 1 MiB",
  target: "ws",
  run: (context) =>
    hold(context, async () => {
      const socket = await openWebSocket(context);
      const payload = new Uint8Array(1 << 20);
      socket.sendFrame(payload, { opcode: "binary", isLast: false })
        .catch(() => {});
      return socket;
    }),
};

const TINY: Attack = {
  name: "ws: a message in fragments without end",
  target: "ws",
  run: (context) =>
    again(context, async () => {
      const socket = await openWebSocket(context);
      const first = frame(hello("mallory", versionOf(1)).subarray(0, 1), {
        opcode: "binary",
        isLast: false,
      });
      try {
        await socket.send(first);
        const more = repeated(
          frame(latin(""), { opcode: "more", isLast: false }),
          1_000,
        );
        while (!context.signal.aborted) await socket.send(more);
      } finally {
        dispose(socket);
      }
    }, 4),
};

const PINGS: Attack = {
  name: "ws: pings without end",
  target: "ws",
  run: (context) =>
    again(context, async () => {
      const socket = await openWebSocket(context);
      const pings = repeated(
        frame(latin("x".repeat(100)), { opcode: "ping" }),
        100,
      );
      const timer = setTimeout(() => dispose(socket), 500);
      try {
        while (!context.signal.aborted) await socket.send(pings);
      } finally {
        clearTimeout(timer);
        dispose(socket);
      }
    }, 4),
};

const SLOW_HEAD: Attack = {
  name: "ws: a request that trickles in",
  target: "ws",
  run: (context) =>
    again(context, async () => {
      const raw = await rawOf(context, "ws");
      for (const line of ["GET /lekt HTTP/1.1\r\n", "Host: x\r\n", "A: "]) {
        await raw.write(latin(line));
        await pause(200, context.signal);
      }
      dispose(raw);
    }),
};

const BODY: Attack = {
  name: "directory: a body without end",
  target: "directory",
  run: (context) =>
    again(context, async () => {
      const raw = await rawOf(context, "directory");
      await raw.write(
        latin(request(
          "PUT /v1/peers/bob",
          "Content-Type: application/jwt",
          "Transfer-Encoding: chunked",
        )),
      );
      await flood(raw, context, latin(`4000\r\n${"x".repeat(0x4000)}\r\n`));
    }),
};

/** All of them. */
export const WEB_ATTACKS: readonly Attack[] = [
  held("tls", "connections that say nothing", ""),
  held("tls", "half a record, then silence", "\x16\x03\x01\x02\x00\x01"),
  refused("tls", "nonsense", "x".repeat(2_000)),
  refused("tls", "an HTTP request", request("GET /")),
  refused("tls", "a Handshake that is not encrypted", "LEKTH\x01\x01\0x\0"),
  refused("tls", "records of another type", "\x17\x03\x03\x00\x10".repeat(50)),
  held("ws", "connections that say nothing", ""),
  held(
    "ws",
    "half a request, then silence",
    "GET /lekt HTTP/1.1\r\nHost: x\r\n",
  ),
  held(
    "ws",
    "an open WebSocket, then silence",
    request("GET /lekt", ...UPGRADE, OFFER),
  ),
  SLOW_HEAD,
  refused(
    "ws",
    "a head without end",
    "GET /lekt HTTP/1.1\r\n" + "A: b\r\n".repeat(20_000),
  ),
  refused("ws", "another path", request("GET /other", ...UPGRADE, OFFER)),
  refused("ws", "no subprotocol", request("GET /lekt", ...UPGRADE)),
  refused(
    "ws",
    "a web page",
    request("GET /lekt", ...UPGRADE, OFFER, "Origin: https://evil.example"),
  ),
  refused("ws", "bytes of the protocol", "LEKTH\x01\x01\0mallory\0"),
  badFrame("a text", latin("hi"), { opcode: "text" }),
  badFrame("a frame without a mask", hello(), {
    opcode: "binary",
    isMasked: false,
  }),
  badFrame("a frame of 2^60 bytes", latin("x"), {
    opcode: "binary",
    announcedSize: 2 ** 60,
  }),
  badFrame("a continuation of nothing", latin("x"), { opcode: "more" }),
  badFrame("an empty message first", latin(""), { opcode: "binary" }),
  badFrame("nonsense", latin("nonsense"), { opcode: "binary" }),
  FRAGMENTS,
  TINY,
  PINGS,
  held("directory", "connections that say nothing", ""),
  held(
    "directory",
    "half a request, then silence",
    "GET /v1 HTTP/1.1\r\nHost:",
  ),
  held(
    "directory",
    "a body that does not come",
    request(
      "PUT /v1/peers/bob",
      "Content-Type: application/jwt",
      "Content-Length: 100",
    ),
  ),
  BODY,
  asked("lookups", request("GET /v1/peers/nobody")),
  asked(
    "registrations that are none",
    request(
      "PUT /v1/peers/bob",
      "Content-Type: application/jwt",
      "Content-Length: 5",
    ) + "a.b.c",
  ),
  asked("requests that are none", "nonsense\r\n\r\n"),
  asked("watchers", request("GET /v1/peers/bob/events")),
];
