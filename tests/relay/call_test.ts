// What becomes of calls and lines in a relay, without a network.
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createIdentity } from "@lekt/lekt/directory";
import { createRelay } from "@lekt/lekt/relay";
import { LektError } from "../../src/base/errors.ts";
import { signStatement } from "../../src/directory/relay_statement.ts";
import { Call, type CallEvents } from "../../src/relay/call.ts";
import {
  DEFAULT_RELAY_LIMITS,
  LINE_WAITING_SIZE_MAX,
  MESSAGE_COST,
  type RelayLimits,
  resolveRelayLimits,
  WAITING_SIZE_LOW,
  WAITING_SIZE_MAX,
} from "../../src/relay/limits.ts";
import { Line } from "../../src/relay/line.ts";
import { Refusal } from "../../src/relay/refusal.ts";
import { turns, within } from "../helpers/deadline.ts";
import { SUBPROTOCOL } from "../helpers/raw_relay.ts";
import {
  DummySocket,
  makeKnock,
  NO_EVENTS,
  NO_LINE_EVENTS,
} from "../helpers/relay_dummies.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";

const EMPTY = new Uint8Array(0);

/** A call, and all that it has told. */
function ring(
  limits: Partial<RelayLimits> = {},
): { call: Call; told: string[] } {
  const told: string[] = [];
  const events: CallEvents = {
    ...NO_EVENTS,
    onSpoken: () => void told.push("spoken"),
    onFault: (address, { rule, ruleId }) =>
      void told.push(`${address} ${ruleId}: ${rule}`),
    onRefused: ({ code }) => void told.push(`refused: ${code}`),
    onOver: (_, how) => void told.push(`over: ${how}`),
  };
  const all = { ...DEFAULT_RELAY_LIMITS, ...limits };
  return { call: new Call(makeKnock(), "bob", all, events), told };
}

/** A call that was answered. */
function talk(limits: Partial<RelayLimits> = {}) {
  const { call, told } = ring(limits);
  const [listener, caller] = [new DummySocket(), new DummySocket()];
  const opened = [listener, caller];
  call.answer(makeKnock("192.0.2.2"), () => opened.shift()!.asSocket);
  return { call, told, caller, listener };
}

Deno.test("a call goes on ringing where who answers asks for no WebSocket that there is", () => {
  const { call, told } = ring();
  let openCount = 0;
  call.answer(makeKnock(), () => {
    openCount++;
    return undefined;
  });
  assertEquals([openCount, call.isRinging, told], [1, true, []]);
  call.end("closing");
});

Deno.test("a call is over where who calls asks for no WebSocket that there is", () => {
  const { call, told } = ring();
  const listener = new DummySocket();
  const opened = [listener.asSocket, undefined];
  call.answer(makeKnock(), () => opened.shift());
  assertEquals(listener.closeCodes, [4001]);
  assertEquals([call.isRinging, told], [false, ["over: undefined"]]);
});

Deno.test("a call that rings is turned down, and one that was answered is not", () => {
  for (
    const [how, code] of [["gave-way", "too-many"], [
      "closing",
      "closing",
    ]] as const
  ) {
    const { call, told } = ring();
    call.end(how);
    assertEquals(told, [`refused: ${code}`, "over: undefined"]);
  }
  const { call, told } = talk();
  call.refuse(new Refusal("refused"));
  assertEquals(told, []);
  call.end("closing");
});

Deno.test("a call ends once, whatever comes behind that", () => {
  const { call, told, caller, listener } = talk();
  for (const socket of [caller, listener]) socket.emit("message", EMPTY, true);
  call.end("idle");
  call.end("closing");
  call.refuse(new Refusal("refused"));
  for (const socket of [caller, listener]) {
    assertEquals(socket.closeCodes, [4002]);
    socket.vanish();
  }
  assertEquals(told, ["spoken", "over: idle"]);
});

Deno.test("a call is done when both sides have ended and are gone", () => {
  const { told, caller, listener } = talk();
  caller.emit("message", EMPTY, true);
  listener.emit("message", EMPTY, true);
  caller.vanish();
  assertEquals(told, ["spoken"]);
  listener.vanish();
  assertEquals(told, ["spoken", "over: done"]);
});

Deno.test("a side that goes before both have ended takes the other one along", () => {
  const { told, caller, listener } = talk();
  caller.emit("message", EMPTY, true);
  listener.vanish();
  assertEquals([caller.closeCodes, told], [[4001], ["spoken", "over: gone"]]);
});

Deno.test("who calls has spoken once", () => {
  const { call, told, caller } = talk();
  for (let count = 0; count < 3; count++) {
    caller.emit("message", new Uint8Array(1), true);
  }
  assertEquals(told, ["spoken"]);
  call.end("closing");
});

Deno.test("of the errors of a WebSocket those that break a rule are told of, with who did it", () => {
  for (
    const [code, rule] of [
      ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "Y-5"],
      ["WS_ERR_INVALID_UTF8", "undefined"],
      ["ECONNRESET", undefined],
    ] as const
  ) {
    for (const isCaller of [true, false]) {
      const { call, told, caller, listener } = talk();
      const error = Object.assign(new Error("it"), { code });
      (isCaller ? caller : listener).emit("error", error);
      const address = isCaller ? "192.0.2.1" : "192.0.2.2";
      assertEquals(
        told,
        rule === undefined ? [] : [`${address} ${rule}: it`, "over: fault"],
      );
      call.end("closing");
    }
  }
});

Deno.test("a call ends at the message that is beyond its bytes, which is not passed on", () => {
  const { told, caller, listener } = talk({ bytesPerCall: 3 });
  caller.emit("message", new Uint8Array(3), true);
  caller.emit("message", new Uint8Array(1), true);
  assertEquals(listener.sent.length, 1);
  assertEquals(told, ["spoken", "over: spent"]);
});

Deno.test("a side is not read for as long as its bytes cost, from 20 ms on", () => {
  using _ = new StoppedClock();
  const size = 512;
  for (const [pauseMs, isPaused] of [[19.5, false], [20, true]] as const) {
    const bytesPerSecond = (size + MESSAGE_COST) * 1_000 / pauseMs;
    const { call, caller } = talk({ bytesPerSecond });
    caller.emit("message", new Uint8Array(size), true);
    assertEquals(caller.isPaused, isPaused);
    call.end("closing");
  }
});

Deno.test("a side is not read while more than 32 KiB wait for the other one, and again when 16 are left", () => {
  const { call, caller, listener } = talk({ bytesPerSecond: 0 });
  listener.bufferedAmount = WAITING_SIZE_MAX;
  caller.emit("message", new Uint8Array(1), true);
  assertEquals(caller.isPaused, false);
  listener.bufferedAmount++;
  caller.emit("message", new Uint8Array(1), true);
  assertEquals(caller.isPaused, true);
  for (const extra of [1, 0]) {
    listener.bufferedAmount = WAITING_SIZE_LOW + extra;
    listener.onSent.shift()!();
    assertEquals(caller.isPaused, extra > 0);
  }
  call.end("closing");
});

Deno.test("a listener that does not read hears of no call when more than 64 KiB wait for it", () => {
  const { call } = ring();
  for (const extra of [0, 1]) {
    const socket = new DummySocket();
    const line = new Line(socket.asSocket, "192.0.2.1", {
      ...NO_LINE_EVENTS,
      helloMs: 10_000,
      audiences: [],
      now: () => 0,
    });
    socket.bufferedAmount = LINE_WAITING_SIZE_MAX + extra;
    assertEquals(line.ring(call), extra === 0);
    assertEquals(socket.sent.length, 2 - extra);
  }
  call.end("closing");
});

Deno.test("a listener gets no place when it is gone before its statement was read, and what nobody knows is skipped", async () => {
  const nowMs = 1_800_000_000_000;
  const identity = await createIdentity();
  for (const isGone of [false, true]) {
    const socket = new DummySocket();
    const stated: Line[] = [];
    const line = new Line(socket.asSocket, "192.0.2.1", {
      ...NO_LINE_EVENTS,
      helloMs: 10_000,
      audiences: ["https://relay.example"],
      now: () => nowMs,
      onStated: (each) => void stated.push(each),
    });
    for (const text of ["{}", "1", "no JSON"]) {
      socket.emit("message", text, false);
    }
    const { challenge } = JSON.parse(String(socket.sent[0]));
    const statement = await signStatement(identity, {
      audience: "https://relay.example",
      challenge,
      isYielding: false,
    }, nowMs);
    socket.emit("message", JSON.stringify({ statement }), false);
    // It is looked at when the statement was read.
    const looked = Promise.withResolvers<void>();
    Object.defineProperty(socket, "readyState", {
      get: () => {
        looked.resolve();
        return isGone ? socket.CLOSED : socket.OPEN;
      },
    });
    await within(looked.promise, "a look");
    await turns(1);
    assertEquals(stated, isGone ? [] : [line]);
    assertEquals(socket.closeCodes, []);
  }
});

Deno.test("limits of a relay are limits that there are, and whole numbers", () => {
  assertEquals(
    resolveRelayLimits({ calls: 1, bytesPerSecond: 0, bytesPerCall: 0 }),
    { ...DEFAULT_RELAY_LIMITS, calls: 1, bytesPerSecond: 0, bytesPerCall: 0 },
  );
  const bad: [string, unknown][] = [
    ["toString", 1],
    ["call", 1],
    ["calls", 0],
    ["calls", 1.5],
    ["calls", "1"],
    ["calls", undefined],
    ["bytesPerSecond", -1],
    ["helloMs", 2 ** 31],
  ];
  for (const [name, value] of bad) {
    const error = assertThrows(
      () => resolveRelayLimits({ [name]: value }),
      LektError,
      `Cannot set limit "${name}"`,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("a relay looks who is late once a second, and oftener where its times are shorter", async () => {
  const real = globalThis.setInterval;
  for (
    const [helloMs, sweepMs] of [[10_000, 1_000], [4_000, 1_000], [100, 25]]
  ) {
    const relay = createRelay({ limits: { helloMs: helloMs! } });
    const delays: unknown[] = [];
    Object.assign(globalThis, {
      setInterval: (run: () => void, ms: number) => {
        delays.push(ms);
        return real(run, ms);
      },
    });
    try {
      relay.begin([]);
    } finally {
      Object.assign(globalThis, { setInterval: real });
    }
    await relay.close();
    assertEquals(delays, [sweepMs]);
  }
});

/** A request for a WebSocket by hand; what is answered. */
function upgradeRequest(headers: Record<string, string>): IncomingMessage {
  return { url: "/relay/listen", headers, method: "GET" } as IncomingMessage;
}

Deno.test("a relay that has ended takes nobody in", async () => {
  const relay = createRelay();
  relay.begin([]);
  await relay.close();
  const socket = new PassThrough();
  relay.upgrade(upgradeRequest(SUBPROTOCOL), socket, EMPTY, "192.0.2.1");
  assertStringIncludes(String(socket.read()), "HTTP/1.1 503");
  socket.destroy();
});

Deno.test("a fault of a relay's own is no answer to who asks", async () => {
  const relay = createRelay();
  relay.begin([]);
  const request = upgradeRequest({});
  Object.defineProperty(request, "url", {
    get: () => {
      throw new TypeError("a fault of its own");
    },
  });
  const socket = new PassThrough();
  assertThrows(
    () => relay.upgrade(request, socket, EMPTY, "192.0.2.1"),
    TypeError,
    "a fault of its own",
  );
  socket.destroy();
  await relay.close();
});

Deno.test("a request to listen that is no good WebSocket's is refused, and no fault of the relay", async () => {
  const relay = createRelay();
  relay.begin([]);
  const socket = new PassThrough();
  const request = upgradeRequest({ ...SUBPROTOCOL, upgrade: "websocket" });
  relay.upgrade(request, socket, EMPTY, "192.0.2.1");
  assertStringIncludes(String(socket.read()), "HTTP/1.1 400");
  socket.destroy();
  await relay.close();
});
