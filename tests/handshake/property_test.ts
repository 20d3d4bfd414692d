import {
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import fc from "fast-check";
import {
  encodeHandshake,
  encodeInitiatorAccept,
  type Handshake,
  LektError,
  type Role,
} from "../../src/handshake/mod.ts";
import {
  allCuts,
  assertSameInAllCuts,
  fromHex,
  truncations,
  withTrailing,
} from "../helpers/cuts.ts";
import {
  drainEvents,
  drainTransmits,
  NOW_MS,
  outcomeOf,
  start,
} from "../helpers/handshakes.ts";
import { anyText } from "../helpers/any_text.ts";
import { type Prng, withSeed } from "../helpers/prng.ts";

/** Two handshakes that hear each other, over a link that cuts as it likes. */
function carry(from: Handshake, to: Handshake, prng: Prng): Uint8Array[] {
  const behind: Uint8Array[] = [];
  for (let bytes; (bytes = from.pollTransmit()) !== undefined;) {
    for (const read of prng.cut(bytes, 20)) {
      if (to.state === "connected") behind.push(read);
      else to.handleReceived(read, NOW_MS);
    }
  }
  return behind;
}

Deno.test("two handshakes agree on how it ended", () => {
  for (let seed = 1; seed <= 200; seed++) {
    withSeed(seed, (prng) => {
      const pair = {
        initiator: start("initiator"),
        responder: start("responder"),
      };
      const decisions = [prng.pick([true, "busy"]), prng.pick([true, "wrong"])];
      carry(pair.initiator, pair.responder, prng);
      assertEquals(pair.responder.state, "deciding");
      pair.responder.handleDecision(decisions[0]!, NOW_MS);
      carry(pair.responder, pair.initiator, prng);
      if (decisions[0] === true) {
        assertEquals(pair.initiator.state, "deciding");
        pair.initiator.handleDecision(decisions[1]!, NOW_MS);
        carry(pair.initiator, pair.responder, prng);
      }
      const ends = [pair.initiator, pair.responder].map((handshake) =>
        outcomeOf(drainEvents(handshake), handshake.takeTrailing())
      );
      if (decisions.every((decision) => decision === true)) {
        assertEquals(ends.map(({ kind }) => kind), ["connected", "connected"]);
        assertEquals(ends.map(({ nickname }) => nickname), ["bob", "alice"]);
      } else {
        const by = decisions[0] === true
          ? ["local", "remote"]
          : ["remote", "local"];
        assertEquals(ends.map((end) => end.by), by);
        assertEquals(ends[0]!.reason, ends[1]!.reason);
      }
    });
  }
});

Deno.test("every beginning of a packet waits for more, and its end is the other side's going away", () => {
  for (const part of truncations(encodeHandshake("alice"))) {
    const handshake = start("responder");
    handshake.handleReceived(part, NOW_MS);
    assertEquals(handshake.state, "awaitingHandshake");
    assertEquals(handshake.pollEvent(), undefined);
    handshake.handleEndOfStream(NOW_MS);
    assertEquals(
      outcomeOf(drainEvents(handshake), handshake.takeTrailing()),
      { kind: "failed", code: "CLOSED" },
    );
  }
});

Deno.test("message bytes directly behind the Accept are handed over in every cut", () => {
  const behind = fromHex("00000001 00000000 00000002 6869");
  const segment = withTrailing(encodeInitiatorAccept(), behind);
  for (const { name, reads } of allCuts(segment)) {
    const handshake = start("responder");
    handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
    handshake.handleDecision(true, NOW_MS);
    let got: Uint8Array = new Uint8Array(0);
    for (const read of reads) {
      if (handshake.state === "connected") {
        got = withTrailing(got, read);
        continue;
      }
      handshake.handleReceived(read, NOW_MS);
      got = withTrailing(got, handshake.takeTrailing());
    }
    assertEquals(got, behind, name);
  }
});

/** Bytes that look like handshakes more often than chance would have it. */
function arbitraryBytes(): fc.Arbitrary<Uint8Array> {
  const packet = fc.record({
    type: fc.constantFrom("H", "A", "R", "X"),
    version: fc.constantFrom([1, 0, 0], [1, 3, 0], [2, 0, 0]),
    text: fc.oneof(
      fc.constant("alice"),
      anyText(40),
      fc.integer({ min: 250, max: 260 }).map((size) => "x".repeat(size)),
    ),
    isTerminated: fc.boolean(),
  }).map(({ type, version, text, isTerminated }) =>
    new Uint8Array([
      ...new TextEncoder().encode(`LEKT${type}`),
      ...version,
      ...new TextEncoder().encode(text),
      ...(isTerminated ? [0] : []),
    ])
  );
  const noise = fc.uint8Array({ maxLength: 40 });
  return fc.array(fc.oneof({ weight: 4, arbitrary: packet }, noise), {
    maxLength: 3,
  }).map((parts) => parts.reduce<Uint8Array>(withTrailing, new Uint8Array(0)));
}

/** What can be seen from outside after `reads`: state, packets, and how it ended. */
function observe(
  role: Role,
  prelude: boolean,
  reads: readonly Uint8Array[],
): Record<string, unknown> {
  const handshake = start(role);
  if (prelude && role === "responder") {
    handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
    handshake.handleDecision(true, NOW_MS);
  }
  const sends: string[] = drainTransmits(handshake);
  let behind: Uint8Array = new Uint8Array(0);
  for (const read of reads) {
    if (handshake.state === "connected") {
      behind = withTrailing(behind, read);
      continue;
    }
    handshake.handleReceived(read, NOW_MS);
    sends.push(...drainTransmits(handshake));
    assertLessOrEqual(sends.length, 2);
    const trailing = handshake.takeTrailing();
    assertLessOrEqual(trailing.length, read.length);
    behind = withTrailing(behind, trailing);
  }
  const events = drainEvents(handshake);
  assertLess(events.length, 4);
  const isOver = ["connected", "lingering", "closed"].includes(handshake.state);
  for (const event of events) {
    if ("error" in event) assertInstanceOf(event.error, LektError);
  }
  return {
    state: handshake.state,
    sends,
    remote: handshake.remote,
    deadlineMs: handshake.pollTimeout(),
    outcome: isOver ? outcomeOf(events, behind) : undefined,
  };
}

Deno.test("any bytes in any cut give the same outcome and never throw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Role>("initiator", "responder"),
      fc.boolean(),
      arbitraryBytes(),
      fc.array(fc.nat(300), { maxLength: 6 }),
      (role, prelude, bytes, offsets) => {
        const whole = observe(role, prelude, [bytes]);
        const borders = [0, ...offsets.sort((a, b) => a - b), bytes.length];
        const reads = borders.slice(1).map((end, index) =>
          bytes.subarray(borders[index]!, end)
        );
        assertEquals(observe(role, prelude, reads), whole);
        const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
        assertEquals(observe(role, prelude, single), whole);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("a flipped bit anywhere gives the same outcome in all cuts", () => {
  const packet = encodeHandshake("zoë");
  for (let bit = 0; bit < packet.length * 8; bit++) {
    const flipped = packet.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assertSameInAllCuts(flipped, (reads) => observe("responder", false, reads));
  }
});
