import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { pattern } from "../helpers/messages.ts";
import { type Prng, withSeed } from "../helpers/prng.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";

/** From here on messages may be handed over before they are whole. */
const MEDIUM_SIZE_MAX = 64 * 1024;

const BYTES = pattern(2 * MEDIUM_SIZE_MAX);

/** Has bob's session receive the bytes, at most `nextSize()` at a time. */
function deliver(
  { bob }: SessionPair,
  bytes: Uint8Array,
  nextSize: () => number,
): void {
  for (let at = 0; at < bytes.length && !bob.error;) {
    const lent = bob.receiveBuffer();
    const piece = bytes.subarray(at, at + Math.min(lent.length, nextSize()));
    lent.set(piece);
    bob.handleReceived(piece.length, 0);
    at += piece.length;
  }
}

function takeAll({ bob }: SessionPair): [id: number, bytes: Uint8Array][] {
  const taken: [number, Uint8Array][] = [];
  for (let message; (message = shiftMessage(bob.inbox));) {
    taken.push([message.id, message.bytesNow()!]);
  }
  return taken;
}

/** What a sender may do with a flow: mostly one size, now and then anything. */
function randomStream(prng: Prng): {
  bytes: Uint8Array;
  expected: [id: number, bytes: Uint8Array][];
} {
  const packets: Uint8Array[] = [];
  const expected: [number, Uint8Array][] = [];
  const usual = prng.between(1024, MEDIUM_SIZE_MAX);
  for (let id = 0; id < 60; id++) {
    const kind = prng.between(0, 11);
    const size = kind < 9 ? usual : prng.between(0, 1.2 * MEDIUM_SIZE_MAX);
    const bytes = BYTES.subarray(id, id + size);
    expected.push([id, bytes]);
    const cut = Math.floor(size / 2);
    if (kind < 11 || cut === 0) packets.push(packet(id, 0, bytes));
    else {
      packets.push(packet(id, MORE, bytes.subarray(0, cut)));
      packets.push(packet(id, 1, bytes.subarray(cut)));
    }
  }
  return { bytes: concat(packets), expected };
}

Deno.test("a session brings any flow across, in any cut", () => {
  for (let seed = 1; seed <= 25; seed++) {
    withSeed(seed, (prng) => {
      const { bytes, expected } = randomStream(prng);
      const pair = SessionPair.connected();
      const isCut = prng.between(0, 1) === 1;
      deliver(
        pair,
        bytes,
        () => isCut ? prng.between(1, 300_000) : Infinity,
      );
      assertEquals(pair.bob.error, undefined);
      const taken = takeAll(pair);
      assertEquals(taken.map(([id]) => id), expected.map(([id]) => id));
      for (const [index, [id, actual]] of taken.entries()) {
        assertEquals(actual, expected[index]![1], `message ${id}`);
      }
      assertEquals(pair.bob.heldSize, 0);
      pair.bob.handleEndOfStream(0);
      assertEquals(pair.bob.hasRemoteEnded, true);
    });
  }
});
