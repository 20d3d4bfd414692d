// The proof by code: its vectors, which another implementation has worked out.
import { assert, assertEquals } from "@std/assert";
import {
  beginProof,
  type CodeMessage,
  codeScalar,
  encodeCodeMessage,
  fromBase64Url,
  introductionText,
  parseCodeMessage,
  toBase64Url,
} from "../../src/talk/code_proof.ts";
import { Spake2 } from "../../src/talk/spake2.ts";
import { toHex } from "../helpers/cuts.ts";
import vectors from "../vectors/code.json" with { type: "json" };

const TEXT = new TextEncoder();

/** A message with its bytes as the vectors write them. */
function shown(message: CodeMessage | undefined): unknown {
  if (message === undefined) return null;
  const entries = Object.entries(message).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toBase64Url(value) : value,
  ]);
  return Object.fromEntries(entries);
}

Deno.test("a proof by code gives what another implementation has worked out", () => {
  for (const vector of vectors.proofs) {
    const scalar = codeScalar(vector.code);
    assertEquals(scalar.toString(16).padStart(64, "0"), vector.w);
    const context = {
      scalar,
      identityA: vector.initiator,
      identityB: vector.responder,
      purpose: "LEKT code 1",
    };
    const a = new Spake2("A", context, BigInt(`0x${vector.x}`));
    const b = new Spake2("B", context, BigInt(`0x${vector.y}`));
    assertEquals(toHex(a.share), vector.shareA);
    assertEquals(toHex(b.share), vector.shareB);
    const ofA = a.finish(b.share)!;
    const ofB = b.finish(a.share)!;
    assertEquals(toHex(ofA.confirmation), vector.confirmationA);
    assertEquals(toHex(ofB.confirmation), vector.confirmationB);
    assertEquals(toHex(ofA.key), vector.key);
    assertEquals(toHex(introductionText("A", ofA.key)), vector.introductionA);
    assertEquals(toHex(introductionText("B", ofB.key)), vector.introductionB);
  }
});

Deno.test("beginProof() binds a proof to the keys that both sides have shown", () => {
  const scalar = codeScalar("7-ocean-lamp-tiger");
  const keys = { initiator: "a".repeat(43), responder: "b".repeat(43) };
  const relayed = [
    { ...keys, initiator: "c".repeat(43) },
    { ...keys, responder: "c".repeat(43) },
    { initiator: keys.responder, responder: keys.initiator },
  ];
  for (const seen of [keys, ...relayed]) {
    const a = beginProof("A", scalar, keys);
    const b = beginProof("B", scalar, seen);
    const isSame = a.finish(b.share)!
      .isConfirmedBy(b.finish(a.share)!.confirmation);
    assertEquals(isSame, seen === keys);
  }
});

Deno.test("messages of a proof are read and written as the vectors say", () => {
  for (const vector of vectors.messages) {
    const message = parseCodeMessage(TEXT.encode(vector.message));
    assertEquals(shown(message), vector.is, vector.name);
    if (message) {
      assertEquals(parseCodeMessage(encodeCodeMessage(message)), message);
    }
  }
});

Deno.test("fromBase64Url() takes one spelling of each run of bytes", () => {
  const bytes = Uint8Array.of(0xfb, 0xff, 0xfe, 0x01);
  assertEquals(toBase64Url(bytes), "-__-AQ");
  assertEquals(fromBase64Url("-__-AQ", 4), bytes);
  for (const text of ["+//+AQ", "-__-AR", "-__-AQ==", "-__-A", " -__-AQ", ""]) {
    assertEquals(fromBase64Url(text, 4), undefined, text);
  }
  assert(!fromBase64Url(7, 4));
});
