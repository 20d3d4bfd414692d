import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import {
  allCuts,
  fromHex,
  truncations,
  withTrailing,
} from "../helpers/cuts.ts";
import { ReferenceReassembler, type Rule } from "../reference/framing.ts";
import { compareStream, CoreTrace, faultText } from "../reference/trace.ts";
import file from "../vectors/framing.json" with { type: "json" };

type Wire = string | { first: string; count: number; rest: string };

interface Vector {
  name: string;
  section: string;
  wire: Wire[];
  ended?: { messageId: string; bytes: string; reason?: string }[];
  endedCount?: number;
  incomplete?: { messageId: string; bytes: string }[];
  fault?: { status: Rule; statusInPieces?: Rule; offset: number };
  end?: "clean" | "truncated";
}

const vectors = file.vectors as Vector[];

function wireBytes(wire: Wire): Uint8Array {
  if (typeof wire === "string") return fromHex(wire);
  const first = parseInt(wire.first, 16);
  const packets = Array.from({ length: wire.count }, (_, index) => {
    const messageId = (first + index) % 2 ** 32;
    return fromHex(idToHex(messageId) + wire.rest);
  });
  return concat(packets);
}

function bytesOf({ wire }: Vector): Uint8Array {
  return concat(wire.map(wireBytes));
}

function idToHex(messageId: number): string {
  return messageId.toString(16).padStart(8, "0");
}

/** The sizes of the reads, for each way of cutting `bytes`. */
function* allSizes(bytes: Uint8Array): Generator<number[]> {
  for (const { reads } of allCuts(bytes)) {
    yield reads.map(({ length }) => length);
  }
}

function assertMessages(
  vector: Vector,
  actual: Pick<CoreTrace, "ended" | "incomplete">,
): void {
  if (!vector.ended) {
    assertEquals(actual.ended.length, vector.endedCount);
    return;
  }
  const ended = actual.ended.map(({ messageId, bytes, reason }) => ({
    messageId: idToHex(messageId),
    bytes: bytes.toHex(),
    ...(reason === undefined ? {} : { reason }),
  }));
  assertEquals(ended, vector.ended);
  const incomplete = actual.incomplete
    .filter(([, bytes]) => bytes.length > 0)
    .map(([messageId, bytes]) => ({
      messageId: idToHex(messageId),
      bytes: bytes.toHex(),
    }));
  assertEquals(incomplete, vector.incomplete ?? []);
}

function checkReference(vector: Vector, cuts: readonly number[]): string {
  const bytes = bytesOf(vector);
  const reference = new ReferenceReassembler();
  let offset = 0;
  for (const size of cuts) {
    reference.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  assertMessages(vector, reference);
  assertEquals(reference.fault?.offset, vector.fault?.offset);
  if (!vector.fault) assertEquals(reference.mayEnd, vector.end === "clean");
  return reference.fault ? faultText(reference.fault) : "";
}

function checkCore(vector: Vector, cuts: readonly number[]): string {
  const bytes = bytesOf(vector);
  const core = new CoreTrace();
  let offset = 0;
  for (const size of cuts) {
    core.push(bytes.subarray(offset, offset + size), false);
    offset += size;
    const isFaultThere = vector.fault !== undefined &&
      vector.fault.offset < offset;
    assertEquals(core.failure !== undefined, isFaultThere);
    if (isFaultThere) break;
  }
  assertMessages(vector, core);
  if (!vector.fault) assertEquals(core.mayEnd, vector.end === "clean");
  return core.failure ?? "";
}

function checkAllCuts(
  vector: Vector,
  read: (vector: Vector, cuts: readonly number[]) => string,
): void {
  for (const cuts of allSizes(bytesOf(vector))) {
    const text = read(vector, cuts);
    if (!vector.fault) {
      assertEquals(text, "");
      continue;
    }
    const messageId = Number(/message (\d+)/.exec(text)?.[1]);
    const { offset, status, statusInPieces = status } = vector.fault;
    const texts = [status, statusInPieces].map((rule) =>
      faultText({ rule, offset, messageId })
    );
    if (cuts.length === 1) assertEquals(text, texts[0]);
    else assert(texts.includes(text), text);
  }
}

Deno.test("framing vectors have names of their own, and cite their section", () => {
  const names = new Set(vectors.map(({ name }) => name));
  assertEquals(names.size, vectors.length);
  assert(vectors.every(({ section }) => section.startsWith("5, ")));
  assert(vectors.every(({ fault, end }) => Boolean(fault) !== Boolean(end)));
});

for (const vector of vectors) {
  const { name } = vector;

  Deno.test(`reference reads ${name}`, () => {
    checkAllCuts(vector, checkReference);
  });

  Deno.test(`framing core reads ${name}`, () => {
    checkAllCuts(vector, checkCore);
  });

  Deno.test(`framing core and reference agree on each beginning of ${name}`, () => {
    const bytes = bytesOf(vector);
    const step = Math.ceil(bytes.length / 300); // the largest only here and there
    for (const begin of truncations(bytes)) {
      const size = begin.length;
      if (size % step > 0) continue;
      const ones = new Array<number>(size).fill(1);
      assertEquals(compareStream(begin, [size]), undefined);
      assertEquals(compareStream(begin, ones, { isPushed: true }), undefined);
    }
  });

  if (vector.end !== "clean") continue;

  Deno.test(`framing core reads the next packet behind ${name}`, () => {
    const next = fromHex("0000beef 00000000 00000001 78");
    const bytes = withTrailing(bytesOf(vector), next);
    for (const cuts of allSizes(bytes)) {
      assertEquals(compareStream(bytes, cuts), undefined);
    }
    const core = new CoreTrace();
    core.push(bytes, true);
    assertEquals(core.ended.at(-1)?.messageId, 0xbeef);
  });
}
