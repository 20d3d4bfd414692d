import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import type { Session } from "../../src/session/session.ts";
import { withSeed } from "../helpers/prng.ts";
import { pattern } from "../helpers/messages.ts";
import {
  AGREED,
  header,
  hello,
  latin,
  MORE,
  packet,
} from "../helpers/raw_peer.ts";
import {
  byteByByte,
  SessionPair,
  shiftIncoming,
  shiftMessage,
  whole,
} from "../helpers/session_pair.ts";
import { allCuts } from "../helpers/cuts.ts";

Deno.test("sessions go through the states of the handshake", () => {
  const pair = new SessionPair();
  const { alice, bob } = pair;
  assertEquals([alice.role, alice.state], ["initiator", "awaitingAnswer"]);
  assertEquals([bob.role, bob.state], ["responder", "awaitingHandshake"]);
  pair.carry(alice, bob);
  assertEquals(bob.state, "deciding");
  bob.handleDecision(true, pair.nowMs);
  assertEquals(bob.state, "awaitingAccept");
  pair.carry(bob, alice);
  assertEquals(alice.state, "deciding");
  alice.handleDecision(true, pair.nowMs);
  assertEquals(alice.state, "connected");
  pair.carry(alice, bob);
  assertEquals(bob.state, "connected");
  const kinds = pair.events(bob).map(({ kind }) => kind);
  assertEquals(kinds, ["decisionNeeded", "connected"]);
  assertEquals(bob.pollTimeout(), undefined);
});

Deno.test("a session has no messages before it is connected", () => {
  const { alice, bob } = new SessionPair();
  assertThrows(() => alice.inbox, Error, "before the handshake");
  assertThrows(() => bob.outbox, Error, "before the handshake");
  assertEquals([bob.sentCount, bob.receivedCount, bob.heldSize], [0, 0, 0]);
  assertEquals([bob.isFull, bob.isDrained, bob.isReaderDue], [
    false,
    true,
    false,
  ]);
  assertEquals(bob.shift(() => true), undefined);
  assertEquals(alice.error, undefined);
});

Deno.test("a session keeps the deadlines of each state", () => {
  const pair = new SessionPair({
    handshakeTimeoutMs: 100,
    decisionTimeoutMs: 2_000,
  });
  const { alice, bob } = pair;
  assertEquals(bob.pollTimeout(), 1_100);
  // The other side's decision may take 15 s more than one's own.
  assertEquals(alice.pollTimeout(), 18_000);
  pair.nowMs = 1_050;
  pair.carry(alice, bob);
  assertEquals(bob.pollTimeout(), 3_050);
  pair.nowMs = 3_000;
  bob.handleTimeout(pair.nowMs);
  assertEquals(bob.state, "deciding");
  bob.handleDecision(true, pair.nowMs);
  assertEquals(bob.pollTimeout(), 20_000);
  bob.handleTimeout(20_000);
  assertEquals(bob.state, "closed");
  const failed = pair.events(bob).at(-1);
  assert(failed?.kind === "failed");
  assertEquals(failed.error.code, "TIMEOUT");
  alice.handleTimeout(18_000);
  assertEquals(alice.state, "closed");
  assertEquals(alice.pollTransmit(), undefined);
});

Deno.test("a session takes the segment with the initiator's Accept and messages in all cuts", () => {
  const segment = concat([
    AGREED,
    packet(1, 0, "one"),
    packet(2, MORE, "tw"),
    packet(2, 1, "o"),
    packet(3, 0),
  ]);
  for (const { name, reads } of allCuts(segment)) {
    const pair = new SessionPair();
    const { bob } = pair;
    pair.deliver(bob, hello());
    bob.handleDecision(true, pair.nowMs);
    while (bob.pollTransmit()) bob.handleTransmitted(12);
    for (const read of reads) pair.deliver(bob, read);
    bob.handleEndOfStream(pair.nowMs);
    const texts: string[] = [];
    for (let message; (message = shiftMessage(bob.inbox));) {
      texts.push(new TextDecoder().decode(message.bytesNow()));
    }
    assertEquals(texts, ["one", "two", ""], name);
    assertEquals([bob.hasRemoteEnded, bob.isCutShort], [true, false]);
    assertEquals(bob.receivedBytes, segment.length - 8, name);
  }
});

Deno.test("a session takes what arrives into a buffer that was lent before it was connected", () => {
  const pair = new SessionPair();
  const { alice, bob } = pair;
  pair.carry(alice, bob);
  bob.handleDecision(true, pair.nowMs);
  pair.carry(bob, alice);
  const lent = alice.receiveBuffer();
  alice.handleDecision(true, pair.nowMs);
  const bytes = packet(9, 0, "early");
  lent.set(bytes);
  alice.handleReceived(bytes.length, pair.nowMs);
  const message = shiftMessage(alice.inbox);
  assertEquals(message?.id, 9);
  assertEquals(new TextDecoder().decode(message?.bytesNow()), "early");
});

Deno.test("a session lends its receive buffer once, and takes no more than it lent", () => {
  const { bob } = new SessionPair();
  const { length } = bob.receiveBuffer();
  assertThrows(() => bob.receiveBuffer(), Error, "lent already");
  assertThrows(() => bob.handleReceived(length + 1, 0), Error, "bug in lekt");
});

Deno.test("a session lends no more than may be held, but never too little to go on", () => {
  const pair = SessionPair.connected({ maxBufferedBytes: 10_000 });
  const { bob } = pair;
  // A small one, as long as little has come.
  pair.deliver(bob, packet(1, 0, new Uint8Array(1_000)));
  assertEquals(bob.receiveBuffer().length, 1_152);
  bob.handleReceived(0, 0);
  pair.deliver(bob, packet(2, 0, new Uint8Array(9_000)));
  assertEquals(bob.receiveBuffer().length, 4_096);
  bob.handleReceived(4_000, 0);
  while (shiftMessage(bob.inbox));
  assertEquals(bob.receiveBuffer().length, 10_000);
});

Deno.test("a session lends no more than is asked for, but where a long message begins", () => {
  const pair = SessionPair.connected();
  const { bob } = pair;
  const bytes = packet(1, 0, new Uint8Array(10_000));
  pair.deliver(bob, bytes);
  const lent = bob.receiveBuffer(65_536);
  assertEquals(lent.length, 65_536);
  lent.set(bytes);
  bob.handleReceived(bytes.length, 0);
  assertEquals(bob.receiveBuffer().length, 262_144);
  bob.handleReceived(0, 0);
  pair.deliver(bob, concat([bytes, header(2, 0, 1_000_000)]));
  assertEquals(bob.receiveBuffer(10_000).length, 66 * 1_024);
});

Deno.test("what is sent behind little goes out of 1 KiB of memory, behind much of the core's", () => {
  const { alice } = SessionPair.connected();
  const memorySize = (size: number): number => {
    alice.outbox.trySend(new Uint8Array(size));
    const bytes = alice.pollTransmit()!;
    alice.handleTransmitted(bytes.length);
    return bytes.buffer.byteLength;
  };
  const sizes = [100, 5_000, 100, 100].map(memorySize);
  assertEquals(sizes.map((size) => size === 1_024), [true, false, false, true]);
});

Deno.test("sessions on which nothing is under way have no core of their own", () => {
  const { Instance } = WebAssembly;
  let count = 0;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module) {
      super(module);
      count++;
    }
  };
  const lent = new Map<Session, Uint8Array>();
  // As a driver: behind each read the next one begins.
  function take(session: Session, bytes: Uint8Array): void {
    const buffer = lent.get(session) ?? session.receiveBuffer();
    buffer.set(bytes);
    session.handleReceived(bytes.length, 0);
    lent.set(session, session.receiveBuffer());
  }
  try {
    const bobs = Array.from({ length: 50 }, () => SessionPair.connected().bob);
    for (const bob of [...bobs, ...bobs]) {
      take(bob, packet(1, 0, "ping"));
      assertEquals(shiftMessage(bob.inbox)?.bytesNow()?.length, 4);
      bob.outbox.trySend("pong");
      bob.handleTransmitted(bob.pollTransmit()!.length);
    }
    assertLessOrEqual(count, 1);
    // In the middle of a message each needs its own.
    for (const bob of bobs) take(bob, packet(7, MORE, "123456"));
    for (const bob of bobs) {
      take(bob, packet(7, 1, "end"));
      assertEquals(shiftMessage(bob.inbox)?.bytesNow()?.length, 9);
    }
    assertLessOrEqual(count, 50);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

Deno.test("messages of all sizes go both ways in any cut", () => {
  withSeed(20_260_101, (prng) => {
    const pair = SessionPair.connected({ maxPartBytes: 70_000 });
    for (let round = 0; round < 20; round++) {
      pair.cut = (bytes) => prng.cut(bytes, prng.pick([7, 1_000, 300_000]));
      const [from, to] = round % 2
        ? [pair.alice, pair.bob]
        : [pair.bob, pair.alice];
      const size = prng.pick([0, 1, 100, 65_535, 65_536, 70_001, 300_000]);
      const sent = pattern(size, round);
      if (from.outbox.trySend(sent) < 0) from.outbox.queueWhole(sent);
      pair.carry(from, to);
      const message = shiftMessage(to.inbox);
      assertEquals(Uint8Array.from(message!.bytesNow()!), sent);
      assertEquals(to.inbox.heldSize, 0);
    }
  });
});

Deno.test("a session reads large payloads straight to the reader who waits for them", () => {
  const pair = SessionPair.connected();
  const { bob } = pair;
  const sent = pattern(400_000);
  const first = packet(5, MORE, sent.subarray(0, 200_000));
  pair.deliver(bob, first.subarray(0, 100_012));
  const message = shiftIncoming(bob.inbox);
  assert(message);
  const view = new Uint8Array(400_000);
  assertEquals(message.read(view), 100_000);
  message.hasOwnMemory = true;
  message.readInto = view.subarray(100_000);
  message.readSize = 0;
  let newsCount = 0;
  message.onNews = (): void => {
    newsCount++;
  };
  const lent = bob.receiveBuffer();
  assertEquals(lent.buffer, view.buffer);
  // No more than the packet still lacks.
  assertEquals(lent.length, 100_000);
  lent.set(sent.subarray(100_000, 170_000));
  bob.handleReceived(70_000, 0);
  assertEquals([newsCount, message.readSize], [1, 70_000]);
  // Told, it may be about to take its memory back.
  pair.deliver(bob, sent.subarray(170_000, 200_000));
  assertEquals(message.readSize, 100_000);
  pair.deliver(bob, packet(5, 1, sent.subarray(200_000)));
  assertEquals(message.readSize, 300_000);
  assertEquals(message.isComplete, true);
  assertEquals(view, sent);
});

Deno.test("a session reads large parts straight to their message, and a message like the last one to one block", () => {
  const { bob } = SessionPair.connected();
  const sent = pattern(1_500_000);
  const part = 256 * 1024;
  const count = Math.ceil(sent.length / part);
  for (const [id, isLikeLast] of [[1, false], [2, true]] as const) {
    let directSize = 0;
    const packets = Array.from({ length: count }, (_, index) =>
      packet(
        id,
        index + 1 < count ? MORE + index : index,
        sent.subarray(index * part, (index + 1) * part),
      ));
    const bytes = concat(packets);
    for (let offset = 0; offset < bytes.length;) {
      const lent = bob.receiveBuffer();
      const piece = bytes.subarray(offset, offset + lent.length);
      lent.set(piece);
      if (lent.buffer.byteLength <= sent.length) directSize += piece.length;
      bob.handleReceived(piece.length, 0);
      offset += piece.length;
    }
    assert(directSize > sent.length / 2, `${directSize} bytes`);
    const collected = shiftMessage(bob.inbox)!.bytesNow()!;
    assertEquals(collected, sent);
    // Not copied: it is the block that was set aside.
    if (isLikeLast) assertEquals(collected.buffer.byteLength, sent.length);
    assertEquals(bob.inbox.heldSize, 0);
  }
});

Deno.test("a session that gets a long message in small parts reads many of them at once", () => {
  const pair = SessionPair.connected();
  const { bob } = pair;
  const part = new Uint8Array(10_000);
  for (let index = 0; index < 30; index++) {
    pair.deliver(bob, packet(1, MORE + index, part));
  }
  pair.deliver(bob, packet(1, MORE + 30, part).subarray(0, 5_000));
  assertEquals(bob.receiveBuffer().length, 256 * 1024);
});

Deno.test("a session goes on behind what was read straight to a reader, whatever comes next", () => {
  for (const cut of [whole, byteByByte]) {
    const pair = SessionPair.connected();
    const { bob } = pair;
    const sent = pattern(150_000);
    pair.deliver(bob, packet(5, MORE, sent).subarray(0, 70_012));
    const message = shiftIncoming(bob.inbox);
    assert(message);
    const view = new Uint8Array(200_000);
    assertEquals(message.read(view), 70_000);
    message.readInto = view.subarray(70_000);
    message.readSize = 0;
    message.onNews = (): void => {};
    const lent = bob.receiveBuffer();
    lent.set(sent.subarray(70_000));
    bob.handleReceived(80_000, 0);
    message.readInto = undefined;
    pair.cut = cut;
    pair.deliver(bob, concat([packet(6, 0, "next"), packet(5, 1, "end")]));
    assertEquals(message.isComplete, true);
    assertEquals(view.subarray(0, 150_000), sent);
    assertEquals(new TextDecoder().decode(message.join()), "end");
    assertEquals(shiftMessage(bob.inbox)?.id, 6);
  }
});

Deno.test("a failed session takes and gives nothing more", () => {
  const pair = SessionPair.connected();
  const { bob } = pair;
  const waiting = bob.outbox.queueOpen();
  let heard: unknown;
  waiting.onFailed = (error): void => {
    heard = error;
  };
  bob.outbox.trySend("never sent");
  pair.deliver(bob, header(1, 1, 1));
  assertEquals([bob.state, bob.error?.code], ["closed", "PROTOCOL"]);
  assertEquals(heard, bob.error);
  assertEquals(bob.pollTransmit(), undefined);
  bob.handleTransmitted(5);
  bob.handleEndOfStream(0);
  assertEquals(bob.error?.code, "PROTOCOL");
});

Deno.test("an end of stream hands over each message that it cut short, once", () => {
  const pair = SessionPair.connected();
  const { bob } = pair;
  pair.deliver(
    bob,
    concat([packet(1, MORE, "a"), header(2, 0, 9), latin("b")]),
  );
  bob.handleEndOfStream(0);
  const ids: number[] = [];
  for (let message; (message = shiftIncoming(bob.inbox));) {
    assert(message.error);
    assertEquals(message.error.code, "TRUNCATED");
    ids.push(message.id);
  }
  assertEquals(ids.sort(), [1, 2]);
  assertEquals([bob.error?.code, bob.isCutShort], ["TRUNCATED", true]);
});

Deno.test("a transport that breaks fails a handshake with CLOSED", () => {
  const pair = new SessionPair();
  const cause = new Error("reset") as never;
  pair.alice.handleFailure(cause, pair.nowMs);
  assertEquals(pair.alice.state, "closed");
  const [event] = pair.events(pair.alice);
  assert(event?.kind === "failed");
  assertEquals(event.error.code, "CLOSED");
});
