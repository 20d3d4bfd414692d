// How much of what was received is told in one go.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { Core } from "../../src/framing/core.ts";
import { type PartSink, RecordReader } from "../../src/framing/records.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";

/** Counts what arrives: messages of one packet that come together, and parts one by one. */
class Counts implements PartSink {
  #all: (number | "part")[] = [];

  takeMessages(records: Uint32Array): void {
    this.#all.push(records.length / 4);
  }

  takePart(): void {
    this.#all.push("part");
  }

  takeAbort(): void {
    throw new Error("nothing was aborted");
  }

  takeControl(): undefined {
    throw new Error("there is no control packet");
  }

  /** What came since the last call. */
  taken(): (number | "part")[] {
    return this.#all.splice(0);
  }
}

function messages(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, id) => packet(id, 0));
}

/** One message of so many packets, which is not at its end. */
function parts(count: number): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, index) => packet(9, MORE + index, "x"),
  );
}

function read(
  reader: RecordReader,
  core: Core,
  packets: Uint8Array[],
  counts: Counts,
): void {
  const bytes = concat(packets);
  core.receiveRegion.set(bytes);
  assertEquals(reader.receive(bytes.length, counts), undefined);
}

Deno.test("a reader of records tells 512 messages of one packet in one go, and the rest when it is asked to", () => {
  const core = new Core(4);
  const reader = new RecordReader({ core });
  const counts = new Counts();
  assertEquals(reader.hasRest, false);
  for (const [count, ...steps] of [[1_025, 512, 512, 1], [512, 512], [3, 3]]) {
    read(reader, core, messages(count!), counts);
    for (const [index, step] of steps.entries()) {
      assertEquals(counts.taken(), [step]);
      const isLast = index === steps.length - 1;
      assertEquals(reader.hasRest, !isLast);
      if (!isLast) assertEquals(reader.takeRest(counts), undefined);
    }
  }
});

Deno.test("a reader of records tells 128 records in one go where parts of a message lie between", () => {
  const core = new Core(4);
  const reader = new RecordReader({ core });
  const counts = new Counts();
  // Parts that follow each other would be joined.
  const pairs = parts(129).map((part) => concat([part, packet(1, 0)]));
  read(reader, core, pairs.slice(0, 64), counts);
  assertEquals([counts.taken().length, reader.hasRest], [128, false]);
  read(reader, core, pairs.slice(64), counts);
  assertEquals([counts.taken().length, reader.hasRest], [128, true]);
  reader.takeRest(counts);
  assertEquals([counts.taken(), reader.hasRest], [["part", 1], false]);
});
