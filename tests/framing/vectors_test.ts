import { Reassembler } from "@lekt/lekt/framing";
import { assert, assertEquals } from "@std/assert";
import {
  allCuts,
  fromHex,
  truncations,
  withTrailing,
} from "../helpers/cuts.ts";
import {
  type ReceivedControl,
  ReferenceReassembler,
  type Rule,
} from "../reference/framing.ts";
import {
  compareBeginnings,
  compareStream,
  CoreTrace,
  faultText,
} from "../reference/trace.ts";
import { idToHex, type Wire, wireBytes } from "../helpers/vectors.ts";
import control from "../vectors/control.json" with { type: "json" };
import framing from "../vectors/framing.json" with { type: "json" };

/** A control packet; its integers in hexadecimal. */
interface ControlRow {
  behind: number;
  type: string;
  messageId?: string;
  total?: string;
  messageCount?: string;
  data?: string;
  reason?: string;
  isTaken?: boolean;
}

const IS_LONG = Deno.env.get("LEKT_LONG") === "1";

/** Beginnings of each vector; of longer ones they are spread evenly. All with `LEKT_LONG=1`. */
const BEGINNING_COUNT = IS_LONG ? Infinity : 100;

/** Where another packet follows, each cut so many bytes in front of it or behind that is tried; of those further away, which the vector alone is read with, one in so many. All with `LEKT_LONG=1`. */
const NEAR = 16;
const FAR_STEP = IS_LONG ? 1 : 7;

interface VectorRow {
  name: string;
  minor: 0 | 1;
  section: string;
  wire: Wire[];
  ended?: { messageId: string; bytes: string; reason?: string }[];
  endedCount?: number;
  controls?: ControlRow[];
  incomplete?: { messageId: string; bytes: string }[];
  fault?: { status: Rule; statusInPieces?: Rule; offset: number };
  breaks?: string[];
  end?: "clean" | "truncated";
}

/** A vector with its bytes: it is read thousands of times. */
type Vector = VectorRow & { bytes: Uint8Array };

const rows = [
  ...framing.vectors.map((vector) => ({ ...vector, minor: 0 })),
  ...control.vectors.map((vector) => ({ ...vector, minor: 1 })),
] as VectorRow[];

const vectors: Vector[] = rows.map((row) => ({
  ...row,
  bytes: wireBytes(row.wire),
}));

/** The sizes of the reads, for each way of cutting `bytes`. */
function* allSizes(bytes: Uint8Array): Generator<number[]> {
  for (const { reads } of allCuts(bytes)) {
    yield reads.map(({ length }) => length);
  }
}

/** A control packet as it stands in the vectors; a total over 2^53 - 1 is read as that. */
function rowOf({ endedCount, messageId, packet }: ReceivedControl): ControlRow {
  return {
    behind: endedCount,
    type: packet.type,
    ...("messageId" in packet ? { messageId: idToHex(messageId) } : {}),
    ...("total" in packet ? { total: packet.total.toString(16) } : {}),
    ...("data" in packet ? { data: packet.data.toHex() } : {}),
    ...("messageCount" in packet
      ? { messageCount: idToHex(packet.messageCount) }
      : {}),
    ...("reason" in packet ? { reason: packet.reason } : {}),
    ...("isTaken" in packet ? { isTaken: packet.isTaken } : {}),
  };
}

function withShownTotal({ total, ...row }: ControlRow): ControlRow {
  if (total === undefined) return row;
  const shown = Math.min(parseInt(total, 16), Number.MAX_SAFE_INTEGER);
  return { ...row, total: shown.toString(16) };
}

function assertMessages(
  vector: Vector,
  actual: Pick<CoreTrace, "ended" | "incomplete" | "controls">,
): void {
  assertEquals(
    actual.controls.map(rowOf),
    (vector.controls ?? []).map(withShownTotal),
  );
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

function traceOf({ minor }: Vector): CoreTrace {
  return new CoreTrace(new Reassembler({ minor }));
}

function checkReference(vector: Vector, cuts: readonly number[]): string {
  const { bytes } = vector;
  const reference = new ReferenceReassembler(1024, vector.minor);
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
  const { bytes } = vector;
  const core = traceOf(vector);
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
  for (const cuts of allSizes(vector.bytes)) {
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
  assert(vectors.every(({ section }) => /^(?:5|10), /.test(section)));
  assert(vectors.every(({ fault, end }) => Boolean(fault) !== Boolean(end)));
});

for (const vector of vectors) {
  const { name, minor } = vector;

  Deno.test(`reference reads ${name}`, () => {
    checkAllCuts(vector, checkReference);
  });

  Deno.test(`framing core reads ${name}`, () => {
    checkAllCuts(vector, checkCore);
  });

  Deno.test(`framing core and reference agree on each beginning of ${name}`, () => {
    const { bytes } = vector;
    const step = Math.max(1, Math.ceil(bytes.length / BEGINNING_COUNT));
    const isTried = (size: number): boolean => size % step === 0;
    for (const begin of truncations(bytes)) {
      const size = begin.length;
      if (!isTried(size)) continue;
      assertEquals(compareStream(begin, [size], { minor }), undefined);
    }
    assertEquals(
      compareBeginnings(bytes, isTried, { minor, isPushed: true }),
      undefined,
    );
  });

  if (vector.fault) {
    Deno.test(`framing core names the rule broken by ${name}`, () => {
      const core = traceOf(vector);
      core.push(vector.bytes, true);
      assert(vector.breaks?.includes(core.ruleId!), core.ruleId);
    });
  }

  if (vector.end !== "clean") continue;

  Deno.test(`framing core reads the next packet behind ${name}`, () => {
    // Behind a Goodbye no message comes, but a Stop may.
    const next = minor === 0
      ? fromHex("0000beef 00000000 00000001 78")
      : fromHex("0000beef ffffffff 00000002 0478");
    const bytes = withTrailing(vector.bytes, next);
    const border = bytes.length - next.length - NEAR;
    for (const cuts of allSizes(bytes)) {
      const [at] = cuts;
      const isFar = cuts.length === 2 && at! < border;
      if (isFar && at! % FAR_STEP > 0) continue;
      assertEquals(compareStream(bytes, cuts, { minor }), undefined);
    }
    const core = traceOf(vector);
    core.push(bytes, true);
    const last = minor === 0 ? core.ended.at(-1) : core.controls.at(-1);
    assertEquals(last?.messageId, 0xbeef);
  });
}
