// One line for each that misbehaves, and never more than a log can bear.
import { assert, assertEquals } from "@std/assert";
import { channel } from "node:diagnostics_channel";
import { LINE_LIMITS, LineLimit } from "../../src/base/line_limit.ts";
import {
  logMisbehaviour,
  type MisbehaviourEvent,
  type MisbehaviourLine,
} from "../../src/diagnostics/mod.ts";

const EVENT: MisbehaviourEvent = {
  attempt: 1,
  role: "responder",
  phase: "handshake",
  code: "PROTOCOL",
  ruleId: "H-1",
  rule: "byte 0 is 0x47, expected 0x4c",
  address: "192.0.2.7:40112",
  method: "tcp://0.0.0.0:15358",
  nickname: "",
};

/** The lines that are written of such events. */
function linesOf(
  events: Partial<MisbehaviourEvent>[],
  limits = {},
): MisbehaviourLine[] {
  const lines: string[] = [];
  using _ = logMisbehaviour({ write: (line) => lines.push(line), limits });
  for (const event of events) {
    channel("lekt:misbehaviour").publish({ ...EVENT, ...event });
  }
  return lines.map((line) => JSON.parse(line));
}

Deno.test("a line says who it was, what it did and when, and is one line whatever it did", () => {
  const rule = "a\nb\x1b[2J";
  const [line, ...others] = linesOf([{ rule, nickname: "x\r\ny" }]);
  assertEquals(others, []);
  const { time, ...rest } = line!;
  assert(!Number.isNaN(Date.parse(time)), time);
  const { attempt: _, role: __, ...event } = EVENT;
  assert(!/[^\x20-\x7e]/.test(rest.rule + rest.nickname));
  assertEquals(rest, {
    ...event,
    event: "misbehaviour",
    rule: rest.rule,
    nickname: rest.nickname,
    leftOut: 0,
  });
});

Deno.test("many clients of one address get one line, and the next line counts those left out", () => {
  const lines = linesOf([
    ...Array.from({ length: 5 }, (_, i) => ({ address: `192.0.2.7:${i + 1}` })),
    { address: "192.0.2.8:1" },
  ]);
  assertEquals(lines.map(({ address, leftOut }) => [address, leftOut]), [
    ["192.0.2.7:1", 0],
    ["192.0.2.8:1", 4],
  ]);
});

Deno.test("one /64 of IPv6 is one address", () => {
  const lines = linesOf([
    { address: "[2001:db8::1]:1" },
    { address: "[2001:db8::2]:1" },
    { address: "[2001:db8:0:1::1]:1" },
  ]);
  assertEquals(lines.map(({ address }) => address), [
    "[2001:db8::1]:1",
    "[2001:db8:0:1::1]:1",
  ]);
});

Deno.test("there are at most so many lines of all addresses together", () => {
  const events = Array.from({ length: LINE_LIMITS.count + 2 }, (_, i) => ({
    address: `192.0.2.${i}:1`,
  }));
  for (const extra of [-1, 0, 1]) {
    const count = LINE_LIMITS.count + extra;
    assertEquals(
      linesOf(events.slice(0, count)).length,
      Math.min(count, LINE_LIMITS.count),
    );
  }
});

Deno.test("an address has its next line when its time is over, and lines are counted afresh each period", () => {
  const limit = new LineLimit({ perAddressMs: 100, count: 2, periodMs: 50 });
  const steps: [key: string, nowMs: number, leftOut: number | undefined][] = [
    ["a", 0, 0],
    ["b", 0, 0],
    ["c", 49, undefined],
    ["c", 50, 1],
    ["a", 99, undefined],
    ["a", 100, 1],
    ["b", 100, 0],
    ["d", 149, undefined],
    ["d", 150, 1],
  ];
  for (const [key, nowMs, leftOut] of steps) {
    assertEquals(limit.take(key, nowMs), leftOut, `${key} at ${nowMs}`);
  }
});
