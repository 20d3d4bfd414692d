import { assert, assertEquals } from "@std/assert";
import type {
  Handshake,
  HandshakeEvent,
  Role,
} from "../../src/handshake/mod.ts";
import { REASON_SIZE_MAX } from "../../src/base/limits.ts";
import { TRANSITIONS } from "../../src/handshake/table.ts";
import { cutters, fromHex, withTrailing } from "../helpers/cuts.ts";
import {
  drainEvents,
  drainTransmits,
  NOW_MS,
  outcomeOf,
  start,
} from "../helpers/handshakes.ts";
import vectorFile from "../vectors/handshake.json" with { type: "json" };

interface Step {
  start?: boolean;
  receive?: string;
  decide?: boolean | string;
  end?: boolean;
  waitMs?: number;
  state: string;
  sends: string[];
}

interface Vector {
  name: string;
  section: string;
  role: string;
  steps: Step[];
  breaks?: string[];
  outcome: Record<string, unknown>;
}

const VECTORS: readonly Vector[] = vectorFile.vectors;

function takeStep(handshake: Handshake, step: Step, nowMs: number): void {
  if (step.decide !== undefined) handshake.handleDecision(step.decide, nowMs);
  if (step.end !== undefined) handshake.handleEndOfStream(nowMs);
  if (step.waitMs !== undefined) handshake.handleTimeout(nowMs);
}

/** Asserts what was sent; where a vector leaves the wording of a reason free, it is a good reason. */
function assertSent(sends: string[], wanted: string[], what: string): void {
  const marked = sends.map((packet, index) => {
    const head = wanted[index]?.match(/^([0-9a-f]+) \.\. 00$/)?.[1];
    if (head === undefined || !packet.startsWith(head)) return packet;
    const text = fromHex(packet.slice(head.length));
    assertEquals(text.indexOf(0), text.length - 1, what);
    assert(text.length <= REASON_SIZE_MAX + 1, what);
    new TextDecoder("utf-8", { fatal: true }).decode(text);
    return wanted[index]!;
  });
  assertEquals(marked, wanted, what);
}

/** Where the other side broke a rule, the error names one of those that the vector breaks; another version breaks none. */
function assertRule(
  events: HandshakeEvent[],
  { breaks, outcome }: Vector,
): void {
  if (outcome.code !== "PROTOCOL") return;
  const failed = events.find(({ kind }) => kind === "failed");
  assert(failed?.kind === "failed");
  const { ruleId = "none" } = failed.error;
  assert((breaks ?? ["B-6"]).includes(ruleId), ruleId);
}

/** Runs a vector, asserting state and packets after each step; `cutOf` says how the bytes of a step are read. */
function runVector(
  vector: Vector,
  cutName: string,
  cutOf: (bytes: Uint8Array) => Uint8Array[],
): void {
  const handshake = start(vector.role as Role);
  const events: HandshakeEvent[] = [];
  const trailing: Uint8Array[] = [];
  let nowMs = NOW_MS;
  for (const [index, step] of vector.steps.entries()) {
    nowMs += step.waitMs ?? 0;
    const sends: string[] = [];
    for (const read of cutOf(fromHex(step.receive ?? ""))) {
      // What follows the handshake is for whoever reads the messages.
      if (handshake.state === "connected") trailing.push(read);
      else handshake.handleReceived(read, nowMs);
      sends.push(...drainTransmits(handshake));
    }
    takeStep(handshake, step, nowMs);
    sends.push(...drainTransmits(handshake));
    events.push(...drainEvents(handshake));
    assertEquals(
      handshake.state,
      step.state,
      `state after step ${index}, ${cutName}`,
    );
    assertSent(sends, step.sends, `sends of step ${index}, ${cutName}`);
  }
  const behind = trailing.reduce(withTrailing, handshake.takeTrailing());
  assertEquals(outcomeOf(events, behind), vector.outcome);
  assertRule(events, vector);
  assertEquals(handshake.pollTimeout(), undefined);
}

for (const vector of VECTORS) {
  Deno.test(`Handshake() as ${vector.role}, section ${vector.section}: ${vector.name}`, () => {
    const sizeMax = Math.max(
      ...vector.steps.map(({ receive }) => fromHex(receive ?? "").length),
    );
    for (const { name, cut } of cutters(sizeMax)) {
      runVector(vector, name, cut);
    }
  });
}

Deno.test("the vectors cite sections and reach every transition of the table", () => {
  const reached = new Set<string>();
  for (const { section, role, steps } of VECTORS) {
    assert(/^[2-4]$/.test(section));
    let before = role === "initiator" ? "awaitingAnswer" : "awaitingHandshake";
    for (const { state } of steps) {
      reached.add(`${role}: ${before} -> ${state}`);
      before = state;
    }
  }
  for (const [role, states] of Object.entries(TRANSITIONS)) {
    for (const [state, transitions] of Object.entries(states)) {
      for (const next of Object.values(transitions)) {
        const transition = `${role}: ${state} -> ${next}`;
        assert(reached.has(transition), transition);
      }
    }
  }
});
