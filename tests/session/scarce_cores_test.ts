// Many connections in the middle of messages: none keeps a core.
import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError } from "../../src/base/errors.ts";
import { borrowCore, type Core, returnCore } from "../../src/framing/core.ts";
import type { Session } from "../../src/session/session.ts";
import { CoreHoard, SCARCE_COUNT } from "../helpers/core_hoard.ts";
import { pattern } from "../helpers/messages.ts";
import { header, latin, MORE, packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";

/** As a driver: behind each read the next one begins. */
class ReadingSide {
  readonly session: Session;
  #lent: Uint8Array;

  constructor(session: Session) {
    this.session = session;
    this.#lent = session.receiveBuffer();
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + this.#lent.length);
      this.#lent.set(piece);
      at += piece.length;
      this.session.handleReceived(piece.length, 0);
      this.#lent = this.session.receiveBuffer();
    }
  }
}

Deno.test("where cores are scarce, sessions in the middle of messages have none, whatever has come last", () => {
  using hoard = new CoreHoard();
  hoard.keep(SCARCE_COUNT);
  const { Instance } = WebAssembly;
  let count = 0;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module) {
      super(module);
      count++;
    }
  };
  try {
    const bobs = Array.from(
      { length: 50 },
      () => new ReadingSide(SessionPair.connected().bob),
    );
    const begins = [4, 1_140, 1_500, 16_372, 40_000].map((size) =>
      packet(7, MORE, pattern(size, 7))
    );
    for (const [at, bob] of bobs.entries()) bob.take(begins[at % 5]!);
    // In the middle of a packet, and of a header.
    for (const bob of bobs) bob.take(header(7, MORE + 1, 3));
    for (const bob of bobs) bob.take(latin("abc"));
    for (const bob of bobs) bob.take(packet(7, 2, "end").subarray(0, 7));
    for (const bob of bobs) bob.take(packet(7, 2, "end").subarray(7));
    // What is sent in the middle of a message needs one only until it is sent.
    for (const { session } of bobs) {
      session.outbox.queueOpen().offer(pattern(2_000, 1), false);
      session.outbox.queueWhole(pattern(2_000, 1));
      for (let bytes; (bytes = session.pollTransmit());) {
        session.handleTransmitted(bytes.length);
      }
    }
    assertLessOrEqual(count, 1);
    for (const [at, { session }] of bobs.entries()) {
      const bytes = shiftMessage(session.inbox)!.bytesNow();
      const begin = begins[at % 5]!.subarray(12);
      assertEquals(bytes, concat([begin, latin("abcend")]));
      session.release();
    }
  } finally {
    WebAssembly.Instance = Instance;
  }
});

Deno.test("a core that fails ends no session but the one that it served", () => {
  using hoard = new CoreHoard();
  hoard.keep(SCARCE_COUNT);
  const [first, second, third] = Array.from(
    { length: 3 },
    () => new ReadingSide(SessionPair.connected().bob),
  );
  const sides = [first!, second!, third!];
  for (const side of sides) side.take(packet(7, MORE, "begun, "));
  const { core } = second!.session.exchange!;
  assertThrows(() => core.receive(0x7fff_ffff), Error, "bug in lekt");
  assertThrows(
    () => second!.take(packet(7, 1, "and ended")),
    Error,
    "it failed before",
  );
  for (const side of [first!, third!]) {
    side.take(packet(7, 1, "and ended"));
    const { session } = side;
    const bytes = shiftMessage(session.inbox)!.bytesNow();
    assertEquals(bytes, latin("begun, and ended"));
  }
  for (const { session } of sides) {
    session.fail(new LektError("CLOSED", "It is over"));
    session.release();
  }
});

/** Whether nobody else gets this core now. */
function isKept(core: Core): boolean {
  const other = borrowCore();
  returnCore(other, true);
  return other !== core;
}

Deno.test("a core that is read to is kept, also where cores have become scarce meanwhile", () => {
  using hoard = new CoreHoard();
  const { bob } = SessionPair.connected();
  const side = new ReadingSide(bob);
  side.take(packet(7, MORE, pattern(40_000, 7)));
  const { core } = bob.exchange!;
  hoard.keep(SCARCE_COUNT);
  bob.outbox.queueWhole(pattern(2_000, 1));
  for (let bytes; (bytes = bob.pollTransmit());) {
    bob.handleTransmitted(bytes.length);
    assertEquals(isKept(core), true);
  }
  // What is read next goes elsewhere.
  side.take(packet(7, 1, "end"));
  assertEquals(isKept(core), false);
  bob.release();
});

Deno.test("a core whose packets wait for the transport is kept, whatever comes", () => {
  using hoard = new CoreHoard();
  hoard.keep(SCARCE_COUNT);
  const { bob } = SessionPair.connected();
  const side = new ReadingSide(bob);
  bob.outbox.queueWhole(pattern(2_000, 1));
  const bytes = bob.pollTransmit()!;
  const { core } = bob.exchange!;
  side.take(packet(7, MORE, "begun"));
  assertEquals(isKept(core), true);
  bob.handleTransmitted(bytes.length);
  assertEquals(isKept(core), false);
  bob.release();
});
