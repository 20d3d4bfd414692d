// What a session does once, or not at all.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError } from "../../src/base/errors.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import { latin, packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";

const BROKEN = new LektError("TRUNCATED", "broken");
const PING = bytesOfControl({ type: "ping", data: new Uint8Array(8) });

Deno.test("a connection without messages needs nothing for them", () => {
  for (const maxVersionMinor of [0, 1]) {
    const { alice, bob } = SessionPair.connected({ maxVersionMinor });
    assertEquals([alice.exchange, bob.exchange], [undefined, undefined]);
    bob.release();
    assertEquals(bob.isDrained, true);
  }
});

Deno.test("a Ping needs nothing for messages, and a message behind it is whole", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { bob } = pair;
  pair.deliver(bob, PING);
  assertEquals([bob.exchange, bob.receivedBytes], [undefined, PING.length]);
  const message = packet(0, 0, "x");
  pair.deliver(bob, concat([PING, message]));
  assertEquals([bob.error, bob.receivedCount], [undefined, 1]);
  assertEquals(bob.receivedBytes, 2 * PING.length + message.length);
  assertEquals(shiftMessage(bob.inbox)?.bytesNow(), latin("x"));
});

Deno.test("there is no Ping in version 1.0", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 0 });
  pair.deliver(pair.bob, PING);
  assertEquals(pair.bob.error?.ruleId, "F-7");
});

Deno.test("a connection fails once, and has nothing to say then", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { bob } = pair;
  pair.deliver(bob, PING);
  bob.fail(BROKEN);
  bob.fail(new LektError("CLOSED", "later"));
  assertEquals([bob.error, bob.pollTransmit()], [BROKEN, undefined]);
});

Deno.test("nothing is written that nobody has memory for any more", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { bob } = pair;
  pair.deliver(bob, packet(0, 0, "x"));
  bob.outbox.trySend("y");
  bob.release();
  assertEquals(bob.pollTransmit(), undefined);
});

Deno.test("what a side has written ends with a whole packet where it has written nothing but whole ones", () => {
  const pair = new SessionPair({ maxVersionMinor: 1 });
  const { alice, bob } = pair;
  assertEquals(alice.isBetweenPackets, false);
  pair.carry(alice, bob);
  bob.handleDecision(true, pair.nowMs);
  pair.carry(bob, alice);
  alice.handleDecision(true, pair.nowMs);
  // Its Accept waits to be written.
  assertEquals([alice.state, alice.isBetweenPackets], ["connected", false]);
  pair.carry(alice, bob);
  assertEquals([alice.isBetweenPackets, bob.isBetweenPackets], [true, true]);
  alice.outbox.trySend("x");
  alice.release();
  assertEquals(alice.isBetweenPackets, false);
});

Deno.test("where all was sent no error is made for what is given up", () => {
  const { alice } = SessionPair.connected({ maxVersionMinor: 1 });
  let madeCount = 0;
  const makeError = (): LektError => {
    madeCount++;
    return BROKEN;
  };
  void alice.outbox;
  alice.abortSending(makeError, "closed");
  assertEquals(madeCount, 0);
  alice.outbox.queueWhole(new Uint8Array(1_000_000));
  alice.abortSending(makeError, "closed");
  assertEquals(madeCount, 1);
});
