import { Packetizer, Reassembler } from "@lekt/lekt/framing";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { LektError } from "../../src/base/errors.ts";
import { MessageIds } from "../../src/framing/message_ids.ts";
import {
  type EndedMessage,
  referenceAbort,
  referencePacket,
  referencePacketize,
} from "../reference/framing.ts";
import { anyText } from "../helpers/any_text.ts";
import { compareStream, CoreTrace } from "../reference/trace.ts";

const REGION_SIZE = 0x4_0000;

/** What an application does with one of its messages. */
type Step =
  | { kind: "whole"; message: Uint8Array }
  | { kind: "open" }
  | { kind: "part"; which: number; chunk: Uint8Array; last: boolean }
  | { kind: "abort"; which: number; reason: string };

const bytes = fc.uint8Array({ maxLength: 200 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("whole" as const), message: bytes }),
  fc.record({ kind: fc.constant("open" as const) }),
  fc.record({
    kind: fc.constant("part" as const),
    which: fc.nat(20),
    chunk: bytes,
    last: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("abort" as const),
    which: fc.nat(20),
    reason: anyText(600),
  }),
);

function collect(packets: Iterable<Uint8Array>): Uint8Array[] {
  return Array.from(packets, (piece) => piece.slice());
}

/** Sends as an application does; keeps what the other side must get. */
class Sender {
  readonly sent: Uint8Array[] = [];
  readonly expected: EndedMessage[] = [];
  readonly #packetizer: Packetizer;
  readonly #open: { messageId: number; chunks: Uint8Array[] }[] = [];
  #nextId = 0;

  constructor(maxPartBytes: number) {
    this.#packetizer = new Packetizer({ maxPartBytes });
  }

  do(step: Step): void {
    if (step.kind === "whole") return this.#sendWhole(step.message);
    if (step.kind === "open") {
      const messageId = this.#packetizer.openMessage();
      assertEquals(messageId, this.#nextId++);
      this.#open.push({ messageId, chunks: [] });
      return;
    }
    if (this.#open.length === 0) return;
    const at = step.which % this.#open.length;
    const { messageId, chunks } = this.#open[at]!;
    if (step.kind === "part") {
      const { chunk, last } = step;
      const packets = this.#packetizer.packetizePart(messageId, chunk, {
        last,
      });
      this.sent.push(...collect(packets));
      chunks.push(chunk);
      if (last) this.#end(at);
    } else if (chunks.every(({ length }) => length === 0)) {
      // No packet of it was sent, so the other side never hears of it.
      assertEquals(this.#packetizer.abort(messageId, step.reason).length, 0);
      this.#open.splice(at, 1);
    } else {
      const packet = this.#packetizer.abort(messageId, step.reason).slice();
      this.sent.push(packet);
      const reason = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(packet.subarray(12));
      this.#end(at, reason);
    }
  }

  /** Ends the messages that are still open. */
  finish(): void {
    while (this.#open.length > 0) {
      this.do({ kind: "part", which: 0, chunk: new Uint8Array(), last: true });
    }
  }

  #sendWhole(message: Uint8Array): void {
    this.sent.push(...collect(this.#packetizer.packetize(message)));
    this.expected.push({ messageId: this.#nextId++, bytes: message });
  }

  #end(at: number, reason?: string): void {
    const [{ messageId, chunks }] = this.#open.splice(at, 1) as [
      { messageId: number; chunks: Uint8Array[] },
    ];
    const ended = { messageId, bytes: concat(chunks) };
    this.expected.push(reason === undefined ? ended : { ...ended, reason });
  }
}

function cutsFrom(sizes: readonly number[], size: number): number[] {
  const cuts: number[] = [];
  let rest = size;
  for (let index = 0; rest > 0; index++) {
    const cut = Math.min(rest, sizes[index % sizes.length]!);
    cuts.push(cut);
    rest -= cut;
  }
  return cuts;
}

function openPackets(firstId: number, count: number): Uint8Array {
  const packet = 13;
  const stream = new Uint8Array(count * packet);
  const view = new DataView(stream.buffer);
  for (let index = 0; index < count; index++) {
    view.setUint32(index * packet, firstId + index);
    view.setUint32(index * packet + 4, 0x8000_0000);
    view.setUint32(index * packet + 8, 1);
  }
  return stream;
}

Deno.test("packetizer makes the packets that the reference makes", () => {
  const size = fc.oneof(
    { weight: 20, arbitrary: fc.nat(3000) },
    { weight: 1, arbitrary: fc.nat(3 * REGION_SIZE) },
  );
  const partSize = fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: REGION_SIZE - 300, max: REGION_SIZE }),
  );
  fc.assert(fc.property(size, partSize, (size, partSize) => {
    // A large message in parts of a few bytes would only cost time.
    const maxPartBytes = Math.max(partSize, Math.ceil(size / 4000));
    const message = Uint8Array.from({ length: size }, (_, at) => at * 7 >> 3);
    const packetizer = new Packetizer({ maxPartBytes });
    const actual = concat(collect(packetizer.packetize(message)));
    const expected = concat(referencePacketize(0, message, maxPartBytes));
    assertEquals(actual.length, expected.length);
    assertEquals(actual.every((byte, at) => byte === expected[at]), true);
  }));
});

Deno.test("framing brings messages across in any interleaving and any cut", () => {
  const steps = fc.array(step, { maxLength: 40 });
  const partSize = fc.integer({ min: 1, max: 250 });
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 });
  fc.assert(
    fc.property(
      steps,
      partSize,
      sizes,
      fc.boolean(),
      (steps, partSize, sizes, isPushed) => {
        const sender = new Sender(partSize);
        for (const step of steps) sender.do(step);
        sender.finish();
        const stream = concat(sender.sent);
        const trace = new CoreTrace();
        const cuts = cutsFrom(sizes, stream.length);
        let offset = 0;
        for (const cut of cuts) {
          trace.push(stream.subarray(offset, offset + cut), isPushed);
          offset += cut;
        }
        assertEquals(trace.failure, undefined);
        assert(trace.mayEnd);
        const copies = trace.ended.map((ended) => ({
          ...ended,
          bytes: ended.bytes.slice(),
        }));
        assertEquals(copies, sender.expected);
        assertEquals(compareStream(stream, cuts), undefined);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("framing core and reference agree on any bytes", () => {
  const word = fc.oneof(
    fc.constantFrom(
      0,
      1,
      2,
      0x8000_0000,
      0x8000_0001,
      0x7fff_ffff,
      0xffff_ffff,
    ),
    fc.nat(0xffff_ffff),
  );
  const stream = fc.array(word, { maxLength: 60 });
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
  fc.assert(
    fc.property(stream, sizes, fc.nat(3), (words, sizes, dropped) => {
      const view = new DataView(new ArrayBuffer(words.length * 4));
      words.forEach((value, index) => view.setUint32(index * 4, value));
      const bytes = new Uint8Array(
        view.buffer,
        Math.min(dropped, view.byteLength),
      );
      assertEquals(
        compareStream(bytes, cutsFrom(sizes, bytes.length), { openMax: 2 }),
        undefined,
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("reassembler takes as many open messages as allowed, and not one more", () => {
  for (const limit of [1, 2, 1023, 1024]) {
    for (const count of [limit - 1, limit, limit + 1]) {
      const stream = openPackets(0xffff_fff0, count);
      const trace = new CoreTrace(new Reassembler({ maxOpenMessages: limit }));
      trace.push(stream, true);
      assertEquals(trace.failure !== undefined, count > limit);
      assertEquals(trace.incomplete.length, Math.min(count, limit));
      const cuts = cutsFrom([7], stream.length);
      assertEquals(compareStream(stream, cuts, { openMax: limit }), undefined);
    }
  }
});

Deno.test("reassembler takes 1,025 messages where one of them ended before", () => {
  const open = openPackets(5, 1024);
  const [end] = referencePacketize(0, new Uint8Array(), 1);
  end!.set([0, 0, 0, 5, 0, 0, 0, 1]);
  for (const freeing of [end!, referenceAbort(5, "no")]) {
    const stream = concat([open, freeing, openPackets(2000, 1)]);
    assertEquals(compareStream(stream, [stream.length]), undefined);
    const trace = new CoreTrace();
    trace.push(stream, true);
    assertEquals(trace.failure, undefined);
    assertEquals(trace.incomplete.length, 1024);
  }
});

Deno.test("packetizer opens 1,024 messages, and one more where one has ended", () => {
  const packetizer = new Packetizer();
  const ids = Array.from({ length: 1024 }, () => packetizer.openMessage());
  assertEquals(new Set(ids).size, 1024);
  const error = assertThrows(() => packetizer.openMessage(), LektError);
  assertInstanceOf(error, LektError);
  assertEquals(error.code, "LIMIT");
  const end = packetizer.packetizePart(7, new Uint8Array(), { last: true });
  assertEquals(collect(end).length, 1);
  assertEquals(packetizer.openMessage(), 1024);
});

Deno.test("abort carries any reason, cut at a character boundary", () => {
  const reason = anyText(1200);
  fc.assert(fc.property(reason, (reason) => {
    const packetizer = new Packetizer();
    const messageId = packetizer.openMessage();
    const stream = concat([
      ...collect(packetizer.packetizePart(messageId, Uint8Array.of(1))),
      packetizer.abort(messageId, reason),
    ]);
    const trace = new CoreTrace();
    trace.push(stream, true);
    const [ended] = trace.ended;
    assertEquals(ended?.bytes.slice(), Uint8Array.of(1));
    const carried = ended?.reason ?? "";
    const wanted = reason.toWellFormed().replaceAll("\0", "\ufffd");
    assert(wanted.startsWith(carried));
    const size = new TextEncoder().encode(carried).length;
    assertLessOrEqual(size, 1023);
    // What was left out begins with a character that has no room.
    if (carried !== wanted) assert(size > 1023 - 4);
  }));
});

Deno.test("packetizer puts small messages together until there is no room", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 5000 }), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(messages, (messages) => {
      const packetizer = new Packetizer();
      const sent: Uint8Array[] = [];
      for (const message of messages) {
        if (packetizer.put(message)) continue;
        sent.push(packetizer.take().slice());
        assert(packetizer.put(message));
      }
      sent.push(packetizer.take().slice());
      const expected = messages.flatMap((message, messageId) =>
        referencePacketize(messageId, message, REGION_SIZE)
      );
      assertEquals(concat(sent), concat(expected));
    }),
    { numRuns: 30 },
  );
});

Deno.test("message ids wrap round and step over open ones", () => {
  const ids = new MessageIds(0xffff_fffe);
  assertEquals(ids.open(), 0xffff_fffe);
  assertEquals(ids.take(), 0xffff_ffff);
  assertEquals([ids.open(), ids.open(), ids.take()], [0, 1, 2]);
  ids.close(0);
  const again = new MessageIds(0xffff_ffff);
  assertEquals([again.open(), again.open(), again.openCount], [
    0xffff_ffff,
    0,
    2,
  ]);
  again.close(0xffff_ffff);
  assertEquals([again.isOpen(0xffff_ffff), again.isOpen(0)], [false, true]);
});

/** A reassembler with message 7 open, of which the next part has this index. */
function openAtIndex(nextIndex: number): CoreTrace {
  const reassembler = new Reassembler();
  const trace = new CoreTrace(reassembler);
  trace.push(referencePacket(7, 0x8000_0000, Uint8Array.of(1)), true);
  // It would take 2^31 packets to get there: the first slot of the core's
  // table of next indexes (SLOT_NEXT in asm/memory.ts) is set instead.
  const table = new Uint32Array(reassembler.receiveBuffer().buffer, 0x1800);
  assertEquals(table[0], 1);
  table[0] = nextIndex;
  return trace;
}

Deno.test("reassembler takes the highest part index as a last part only", () => {
  const byte = Uint8Array.of(2);
  const bytes = Uint8Array.of(1, 2);
  for (const isPushed of [true, false]) {
    const below = openAtIndex(0x7fff_fffd);
    below.push(referencePacket(7, 0xffff_fffd, byte), isPushed);
    assertEquals(below.failure, undefined);
    below.push(referencePacket(7, 0x7fff_fffe, byte), isPushed);
    assertEquals(below.ended.length, 1);

    const last = openAtIndex(0x7fff_fffe);
    last.push(referencePacket(7, 0x7fff_fffe, byte), isPushed);
    assertEquals(last.ended[0]?.bytes.slice(), bytes);

    const aborted = openAtIndex(0x7fff_fffe);
    aborted.push(referenceAbort(7, "no"), isPushed);
    assertEquals(aborted.ended[0]?.reason, "no");

    const more = openAtIndex(0x7fff_fffe);
    more.push(referencePacket(7, 0xffff_fffe, byte), isPushed);
    assertEquals(
      more.failure,
      "Cannot reassemble message 7: the packet has MORE and the highest part index",
    );
  }
});

Deno.test("reassembler merges parts up to the highest index, and fails behind it", () => {
  const trace = openAtIndex(0x7fff_fffc);
  const packets = [0xffff_fffc, 0xffff_fffd, 0xffff_fffe]
    .map((part) => referencePacket(7, part, Uint8Array.of(3)));
  trace.push(concat(packets), true);
  assertEquals(trace.payloadSize, 3);
  assert(trace.failure?.endsWith("the highest part index"));
});

Deno.test("reassembler fails again at each call after a broken rule", () => {
  const trace = new CoreTrace();
  trace.push(referencePacket(7, 1, new Uint8Array()), true);
  const { failure } = trace;
  assert(failure);
  trace.failure = undefined;
  trace.push(referencePacket(8, 0, Uint8Array.of(1)), true);
  assertEquals([trace.failure, trace.ended.length], [failure, 0]);
});
