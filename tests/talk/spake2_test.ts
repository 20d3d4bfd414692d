// SPAKE2 against the vectors of RFC 9382, and against shares that are none.
import { assert, assertEquals } from "@std/assert";
import { p256 } from "@noble/curves/nist.js";
import { scalarOf, Spake2, type Spake2Context } from "../../src/talk/spake2.ts";
import { fromHex, toHex } from "../helpers/cuts.ts";
import rfc from "../vectors/spake2.json" with { type: "json" };

function numberOf(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

/** The second of the two points that blind shares, of RFC 9382, section 6. */
const BLIND_OF_B =
  "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49";
const BLIND_OF_A =
  "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f";

const CONTEXT: Spake2Context = {
  scalar: scalarOf("7-ocean-lamp-tiger", "test"),
  identityA: "ann",
  identityB: "bob",
  purpose: "test",
};

Deno.test("Spake2 gives what the vectors of RFC 9382 say, on both sides", () => {
  assertEquals(rfc.vectors.length, 4);
  for (const vector of rfc.vectors) {
    const context: Spake2Context = {
      scalar: numberOf(vector.w),
      identityA: vector.A,
      identityB: vector.B,
      purpose: "",
    };
    const a = new Spake2("A", context, numberOf(vector.x));
    const b = new Spake2("B", context, numberOf(vector.y));
    assertEquals(toHex(a.share), vector.pA);
    assertEquals(toHex(b.share), vector.pB);
    const ofA = a.finish(b.share)!;
    const ofB = b.finish(a.share)!;
    assertEquals(toHex(ofA.key), vector.Ke);
    assertEquals(toHex(ofB.key), vector.Ke);
    assertEquals(toHex(ofA.confirmation), vector.cA);
    assertEquals(toHex(ofB.confirmation), vector.cB);
    assert(ofA.isConfirmedBy(ofB.confirmation));
    assert(ofB.isConfirmedBy(ofA.confirmation));
  }
});

Deno.test("Spake2 confirms nothing where the code, an identity or the purpose differs", () => {
  const others: Partial<Spake2Context>[] = [
    { scalar: scalarOf("7-ocean-lamp-rabbit", "test") },
    { identityA: "eve" },
    { identityB: "eve" },
    { purpose: "another" },
  ];
  for (const other of others) {
    const a = new Spake2("A", CONTEXT);
    const b = new Spake2("B", { ...CONTEXT, ...other });
    const ofA = a.finish(b.share)!;
    const ofB = b.finish(a.share)!;
    assert(!ofA.isConfirmedBy(ofB.confirmation));
    assert(!ofB.isConfirmedBy(ofA.confirmation));
  }
});

Deno.test("Spake2 takes no share that is not a point, whatever the code", () => {
  const a = new Spake2("A", CONTEXT);
  const good = new Spake2("B", CONTEXT).share;
  const off = good.slice();
  off[64]! ^= 1;
  for (
    const share of [
      new Uint8Array(0),
      new Uint8Array(65),
      fromHex("00"),
      fromHex(`04${"ff".repeat(64)}`),
      fromHex(BLIND_OF_A),
      good.subarray(0, 64),
      off,
    ]
  ) assertEquals(a.finish(share), undefined, toHex(share));
});

Deno.test("Spake2 answers a share that guesses the code like any other, and confirms nothing by it", () => {
  const b = new Spake2("B", CONTEXT);
  const guess = p256.Point.fromHex(BLIND_OF_A).multiply(CONTEXT.scalar);
  const keys = b.finish(guess.toBytes(false));
  assert(keys);
  // What whoever guessed right could work out: nothing was multiplied.
  assertEquals(keys.confirmation.length, 32);
  const again = b.finish(guess.toBytes(false))!;
  assert(toHex(again.confirmation) !== toHex(keys.confirmation));
  const a = new Spake2("A", CONTEXT);
  const other = p256.Point.fromHex(BLIND_OF_B).multiply(CONTEXT.scalar);
  assert(a.finish(other.toBytes(false)));
});
