// The bounds of a relay, one below, at and one above each.
import { assertEquals } from "@std/assert";
import { ConnectionTable } from "../../src/directory/connection_table.ts";
import { RateWindow } from "../../src/directory/rate_window.ts";
import { Call } from "../../src/relay/call.ts";
import { CallTable } from "../../src/relay/call_table.ts";
import {
  DEFAULT_RELAY_LIMITS,
  MESSAGE_COST,
  PING_MS,
  PONG_MS,
} from "../../src/relay/limits.ts";
import { Line, type LineOptions } from "../../src/relay/line.ts";
import { Meter } from "../../src/relay/passage.ts";
import { createIdentity } from "@lekt/lekt/directory";
import { signStatement } from "../../src/directory/relay_statement.ts";
import { HeldClock } from "../helpers/held_clock.ts";
import { RawLine } from "../helpers/raw_relay.ts";
import {
  DummySocket,
  makeKnock,
  NO_EVENTS,
  NO_LINE_EVENTS,
} from "../helpers/relay_dummies.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";
import { startRelay } from "@lekt/lekt/relay";

const AROUND = [-1, 0, 1] as const;

Deno.test("a call may have as many bytes as a relay grants, both ways together", () => {
  const { bytesPerCall } = DEFAULT_RELAY_LIMITS;
  for (const extra of AROUND) {
    const meter = new Meter({ bytesPerCall, bytesPerSecond: 0 });
    meter.count(bytesPerCall / 2);
    assertEquals(meter.isSpent, false);
    meter.count(bytesPerCall / 2 + extra);
    assertEquals(meter.isSpent, extra > 0);
  }
  const boundless = new Meter({ bytesPerCall: 0, bytesPerSecond: 0 });
  boundless.count(Number.MAX_SAFE_INTEGER);
  assertEquals(boundless.isSpent, false);
});

Deno.test("a call that had its bytes of a second waits for one, each message counting 512 more", () => {
  using _ = new StoppedClock();
  const { bytesPerSecond } = DEFAULT_RELAY_LIMITS;
  for (const extra of AROUND) {
    const meter = new Meter({ bytesPerCall: 0, bytesPerSecond });
    const pauseMs = meter.count(bytesPerSecond - MESSAGE_COST + extra);
    // The clock's numbers are too coarse for less than a byte.
    const bytes = (pauseMs - 1_000) * bytesPerSecond / 1_000;
    assertEquals(Math.round(bytes) + 0, extra);
    const nextMs = meter.count(bytesPerSecond - MESSAGE_COST);
    assertEquals(Math.round(nextMs - pauseMs), 1_000);
  }
});

Deno.test("an address may call sixty times a minute, and again in the next", async () => {
  const { callsPerMinute } = DEFAULT_RELAY_LIMITS;
  const clock = new HeldClock(0);
  const rate = new RateWindow(callsPerMinute, clock);
  for (let count = 1; count <= callsPerMinute + 1; count++) {
    const waitS = rate.count("a");
    assertEquals(waitS, count <= callsPerMinute ? undefined : 60);
  }
  await clock.advance(59_999);
  assertEquals(rate.count("a"), 1);
  await clock.advance(1);
  assertEquals(rate.count("a"), undefined);
});

const LINE_OPTIONS: LineOptions = {
  ...NO_LINE_EVENTS,
  helloMs: DEFAULT_RELAY_LIMITS.helloMs,
  audiences: ["https://relay.example"],
  now: () => 0,
};

Deno.test("a listener has helloMs to state who it is, to the millisecond", () => {
  using _ = new StoppedClock();
  const { helloMs } = DEFAULT_RELAY_LIMITS;
  for (const extra of AROUND) {
    const socket = new DummySocket();
    const line = new Line(socket.asSocket, "192.0.2.1", LINE_OPTIONS);
    line.sweep(performance.now() + helloMs + extra);
    assertEquals(socket.closeCodes.length, extra > 0 ? 1 : 0);
  }
});

/** A line whose listener has stated who it is. */
async function statedLine(): Promise<{ line: Line; socket: DummySocket }> {
  const socket = new DummySocket();
  const nowMs = 1_800_000_000_000;
  const stated = Promise.withResolvers<void>();
  const line = new Line(socket.asSocket, "192.0.2.1", {
    ...LINE_OPTIONS,
    now: () => nowMs,
    onStated: () => {
      queueMicrotask(stated.resolve);
      return undefined;
    },
  });
  const { challenge } = JSON.parse(String(socket.sent[0]));
  const statement = await signStatement(await createIdentity(), {
    audience: LINE_OPTIONS.audiences[0]!,
    challenge,
    isYielding: false,
  }, nowMs);
  socket.emit("message", JSON.stringify({ statement }), false);
  await stated.promise;
  return { line, socket };
}

Deno.test("a listener that has its place is pinged after 15 s and has 20 to answer, to the millisecond", async () => {
  using _ = new StoppedClock();
  for (const extra of AROUND) {
    const { line, socket } = await statedLine();
    const pingedMs = performance.now() + PING_MS + 1;
    line.sweep(performance.now() + PING_MS + extra);
    assertEquals(socket.pingCount, extra > 0 ? 1 : 0);
    if (extra <= 0) line.sweep(pingedMs);
    line.sweep(pingedMs + PONG_MS + extra);
    assertEquals(socket.isTerminated, extra > 0);
    socket.emit("pong");
    line.sweep(pingedMs + PONG_MS + extra);
    assertEquals(socket.pingCount, 2);
  }
});

Deno.test("a call rings for helloMs, to the millisecond", () => {
  using _ = new StoppedClock();
  const { helloMs } = DEFAULT_RELAY_LIMITS;
  for (const extra of AROUND) {
    const refused: string[] = [];
    const call = new Call(makeKnock(), "bob", DEFAULT_RELAY_LIMITS, {
      ...NO_EVENTS,
      onRefused: ({ code }) => void refused.push(code),
    });
    call.sweep(performance.now() + helloMs + extra);
    assertEquals(refused, extra > 0 ? ["no-answer"] : []);
    assertEquals(call.isRinging, extra <= 0);
    if (extra <= 0) call.end("gave-way");
  }
});

Deno.test("who calls has helloMs to say something, and then both have idleMs, to the millisecond", () => {
  using _ = new StoppedClock();
  const { helloMs, idleMs } = DEFAULT_RELAY_LIMITS;
  for (const [hasSpoken, limitMs] of [[false, helloMs], [true, idleMs]]) {
    for (const extra of AROUND) {
      const ends: (string | undefined)[] = [];
      const call = new Call(makeKnock(), "bob", DEFAULT_RELAY_LIMITS, {
        ...NO_EVENTS,
        onOver: (_, how) => void ends.push(how),
      });
      const opened: DummySocket[] = [];
      call.answer(makeKnock(), () => {
        opened.push(new DummySocket());
        return opened.at(-1)!.asSocket;
      });
      const [listener, caller] = opened;
      // What the listener says does not count as a word of who calls.
      listener!.emit("message", new Uint8Array(1), true);
      if (hasSpoken) caller!.emit("message", new Uint8Array(1), true);
      call.sweep(performance.now() + Number(limitMs) + extra);
      assertEquals(ends, extra > 0 ? ["idle"] : []);
      call.end("closing");
    }
  }
});

Deno.test("a relay takes as many calls as it grants, in all, of an address and for a listener, from those who have spoken", () => {
  const { calls, callsPerAddress, callsPerListener } = DEFAULT_RELAY_LIMITS;
  for (
    const [limit, addressOf, listenerOf] of [
      [
        calls,
        (n: number) => `192.0.${n >> 8}.${n & 255}`,
        (n: number) => `${n}`,
      ],
      [callsPerAddress, () => "192.0.2.1", (n: number) => `${n}`],
      [callsPerListener, (n: number) => `192.0.2.${n}`, () => "bob"],
    ] as const
  ) {
    const table = new CallTable(DEFAULT_RELAY_LIMITS);
    for (let count = 1; count <= limit + 1; count++) {
      const knock = makeKnock(addressOf(count));
      const call = new Call(
        knock,
        listenerOf(count),
        DEFAULT_RELAY_LIMITS,
        NO_EVENTS,
      );
      assertEquals(table.add(call), count <= limit);
      table.noteSpoken(call);
    }
  }
});

Deno.test("a relay has places for as many listeners as it grants, in all and of one address", () => {
  const { listeners, listenersPerAddress } = DEFAULT_RELAY_LIMITS;
  for (
    const [limit, addressOf] of [
      [listeners, (count: number) => `${count}`],
      [listenersPerAddress, () => "a"],
    ] as const
  ) {
    const table = new ConnectionTable<number>({
      connections: listeners,
      connectionsPerAddress: listenersPerAddress,
    }, () => {});
    for (let count = 1; count <= limit + 1; count++) {
      assertEquals(table.add(count, addressOf(count)), count <= limit);
      table.setSilent(count, false);
    }
  }
});

Deno.test("at a relay whose places are taken the listener that has not said who it is gives way, in all as well as of one address", async () => {
  for (const name of ["listeners", "listenersPerAddress"] as const) {
    await using relay = await startRelay({ port: 0, limits: { [name]: 2 } });
    const port = Number(new URL(relay.url).port);
    await using first = new RawLine({ port });
    await first.next();
    await using second = new RawLine({ port });
    await second.next();
    await using third = new RawLine({ port });
    assertEquals((await first.next()).error, "full");
    assertEquals(typeof (await third.next()).challenge, "string");
  }
});
