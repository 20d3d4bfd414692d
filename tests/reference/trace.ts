/**
 * What a {@linkcode Reassembler} makes of a stream, in a form that does not
 * depend on how it cuts and merges the bytes of a message; and its comparison
 * with what the reference makes of the same stream.
 *
 * @module
 */
import { type EventOf, Reassembler } from "@lekt/lekt/framing";
import { equals } from "@std/bytes";
import {
  STATUS_ABORT_NOT_OPEN,
  STATUS_ALREADY_OPEN,
  STATUS_BEHIND_GOODBYE,
  STATUS_CONTROL_BEHIND_GOODBYE,
  STATUS_CONTROL_FORM,
  STATUS_CONTROL_LENGTH,
  STATUS_CONTROL_REASON,
  STATUS_CONTROL_SUBJECT,
  STATUS_EMPTY_MORE,
  STATUS_GOODBYE_COUNT,
  STATUS_GOODBYE_OPEN,
  STATUS_INDEX_NOT_NEXT,
  STATUS_INDEX_NOT_ZERO,
  STATUS_INDEX_TOO_HIGH,
  STATUS_REASON_MALFORMED,
  STATUS_REASON_TOO_LONG,
  STATUS_RESERVED_PART,
  STATUS_TOO_MANY_OPEN,
} from "../../asm/status.ts";
import { LektError } from "../../src/base/errors.ts";
import { protocolError } from "../../src/framing/records.ts";
import {
  type EndedMessage,
  type Fault,
  type ReceivedControl,
  referenceControl,
  ReferenceReassembler,
  type Rule,
} from "./framing.ts";

const STATUS_OF: Record<Rule, number> = {
  abortNotOpen: STATUS_ABORT_NOT_OPEN,
  alreadyOpen: STATUS_ALREADY_OPEN,
  behindGoodbye: STATUS_BEHIND_GOODBYE,
  controlBehindGoodbye: STATUS_CONTROL_BEHIND_GOODBYE,
  controlForm: STATUS_CONTROL_FORM,
  controlLength: STATUS_CONTROL_LENGTH,
  controlReason: STATUS_CONTROL_REASON,
  controlSubject: STATUS_CONTROL_SUBJECT,
  emptyMore: STATUS_EMPTY_MORE,
  goodbyeCount: STATUS_GOODBYE_COUNT,
  goodbyeOpen: STATUS_GOODBYE_OPEN,
  indexNotNext: STATUS_INDEX_NOT_NEXT,
  indexNotZero: STATUS_INDEX_NOT_ZERO,
  indexTooHigh: STATUS_INDEX_TOO_HIGH,
  reasonMalformed: STATUS_REASON_MALFORMED,
  reasonTooLong: STATUS_REASON_TOO_LONG,
  reservedPart: STATUS_RESERVED_PART,
  tooManyOpen: STATUS_TOO_MANY_OPEN,
};

/** The text of the error that the core gives for a fault. */
export function faultText({ rule, messageId }: Fault): string {
  return protocolError(STATUS_OF[rule], messageId).message;
}

/** Bytes that grow together, piece by piece. */
class GrowingBytes {
  #bytes = new Uint8Array(64);
  #size = 0;

  add(piece: Uint8Array): void {
    const size = this.#size + piece.length;
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#size);
    this.#size = size;
  }

  get value(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}

/** What of a {@linkcode Reassembler} is used here, so that others can be traced too. */
export type Traceable = Pick<
  Reassembler<0 | 1>,
  "receiveBuffer" | "receive" | "push" | "end"
>;

/** Feeds a {@linkcode Reassembler} and notes what comes out. */
export class CoreTrace {
  /** Messages that are over, complete or aborted. */
  readonly ended: EndedMessage[] = [];
  /** The text of the error with which the stream failed. */
  failure: string | undefined;
  /** The rule that the error names. */
  ruleId: string | undefined;
  /** How many bytes of messages have been handed out. */
  payloadSize = 0;
  /** Control packets, in the order in which they came. */
  readonly controls: ReceivedControl[] = [];

  readonly #reassembler: Traceable;
  readonly #incomplete = new Map<number, GrowingBytes>();

  /** Traces a reassembler that has received nothing so far. */
  constructor(reassembler: Traceable = new Reassembler()) {
    this.#reassembler = reassembler;
  }

  /** The bytes so far of each message of which some came, by ascending id. */
  get incomplete(): [messageId: number, bytes: Uint8Array][] {
    return [...this.#incomplete]
      .sort(([a], [b]) => a - b)
      .map(([messageId, bytes]) => [messageId, bytes.value]);
  }

  /** Whether the reassembler lets the stream end here. */
  get mayEnd(): boolean {
    try {
      this.#reassembler.end();
      return true;
    } catch (error) {
      if (error instanceof LektError && error.code === "TRUNCATED") {
        return false;
      }
      throw error;
    }
  }

  /** Feeds bytes through the receive buffer, or, where `isPushed`, from elsewhere. */
  push(bytes: Uint8Array, isPushed: boolean): void {
    try {
      if (isPushed) return this.#take(this.#reassembler.push(bytes));
      this.#reassembler.receiveBuffer().set(bytes);
      this.#take(this.#reassembler.receive(bytes.length));
    } catch (error) {
      if (!(error instanceof LektError && error.code === "PROTOCOL")) {
        throw error;
      }
      this.failure = error.message;
      this.ruleId = error.ruleId;
    }
  }

  #take(events: Iterable<EventOf<1>>): void {
    for (const event of events) {
      const { messageId } = event;
      if (event.kind === "control") {
        const { packet } = event;
        const endedCount = this.ended.length;
        this.controls.push({ endedCount, messageId, packet });
        continue;
      }
      const begun = this.#incomplete.get(messageId);
      if (event.kind === "aborted") {
        if (!begun) throw new Error(`message ${messageId} aborted, not begun`);
        this.#end(messageId, begun, event.reason);
        continue;
      }
      if (event.isFirst === (begun !== undefined)) {
        throw new Error(`message ${messageId}: isFirst is ${event.isFirst}`);
      }
      const bytes = begun ?? new GrowingBytes();
      bytes.add(event.payload);
      this.payloadSize += event.payload.length;
      this.#incomplete.set(messageId, bytes);
      if (event.isLast) this.#end(messageId, bytes);
    }
  }

  #end(messageId: number, bytes: GrowingBytes, reason?: string): void {
    this.#incomplete.delete(messageId);
    const ended = { messageId, bytes: bytes.value };
    this.ended.push(reason === undefined ? ended : { ...ended, reason });
  }
}

function describe(what: string, core: unknown, reference: unknown): string {
  return `${what}: core ${core}, reference ${reference}`;
}

function findIncompleteDifference(
  core: CoreTrace,
  reference: ReferenceReassembler,
): string | undefined {
  // Of a message without bytes so far the core has nothing to tell yet.
  const expected = reference.incomplete.filter(([, { length }]) => length > 0);
  const actual = core.incomplete;
  if (actual.length !== expected.length) {
    return describe("count incomplete", actual.length, expected.length);
  }
  for (const [index, [messageId, bytes]] of expected.entries()) {
    if (actual[index]![0] !== messageId) {
      return describe("incomplete id", actual[index]![0], messageId);
    }
    if (!equals(actual[index]![1], bytes)) {
      return `bytes of the incomplete message ${messageId}`;
    }
  }
  return undefined;
}

function findControlDifference(
  core: CoreTrace,
  reference: ReferenceReassembler,
): string | undefined {
  for (const [index, control] of core.controls.entries()) {
    const expected = reference.controls[index]!;
    const isSame = control.endedCount === expected.endedCount &&
      control.messageId === expected.messageId &&
      control.packet.type === expected.packet.type &&
      equals(
        referenceControl(control.packet),
        referenceControl(expected.packet),
      );
    if (!isSame) return `control packet ${index}`;
  }
  return undefined;
}

function findDifference(
  core: CoreTrace,
  reference: ReferenceReassembler,
): string | undefined {
  for (const [index, { messageId, bytes, reason }] of core.ended.entries()) {
    const expected = reference.ended[index]!;
    if (messageId !== expected.messageId) {
      return describe(`id of ended ${index}`, messageId, expected.messageId);
    }
    if (reason !== expected.reason) {
      return describe(`reason of ended ${index}`, reason, expected.reason);
    }
    if (!equals(bytes, expected.bytes)) return `bytes of ended ${index}`;
  }
  return findControlDifference(core, reference) ??
    findIncompleteDifference(core, reference);
}

function findPieceDifference(
  core: CoreTrace,
  reference: ReferenceReassembler,
): string | undefined {
  const fault = reference.fault && faultText(reference.fault);
  if (core.failure !== fault) return describe("failure", core.failure, fault);
  if (core.payloadSize !== reference.payloadSize) {
    return describe(
      "payload size",
      core.payloadSize,
      reference.payloadSize,
    );
  }
  if (core.ended.length !== reference.ended.length) {
    return describe("ended", core.ended.length, reference.ended.length);
  }
  if (core.controls.length !== reference.controls.length) {
    return describe(
      "control packets",
      core.controls.length,
      reference.controls.length,
    );
  }
  return undefined;
}

/** How {@linkcode compareStream} compares. */
export interface CompareOptions {
  /** Messages that may be open at once. Default: 1024. */
  openMax?: number;
  /** VERSION_MINOR of the stream. Default: 0. */
  minor?: 0 | 1;
  /** Whether to use `push` instead of `receive`. */
  isPushed?: boolean;
  /** Makes what is compared with the reference. Default: a `Reassembler`. */
  make?: (openMax: number, minor: 0 | 1) => Traceable;
}

/** So many streams use one instance of the core, one after the other: to make one takes longer than most of them. */
const STREAMS_PER_INSTANCE = 16;

let streamCount = 0;
let kept: WebAssembly.Instance | undefined;

/** A reassembler that is new, of an instance that may be an older one's, which must not be used any more. */
function makeReassembler(maxOpenMessages: number, minor: 0 | 1): Traceable {
  const { Instance } = WebAssembly;
  if (streamCount++ % STREAMS_PER_INSTANCE === 0) kept = undefined;
  WebAssembly.Instance = function (module: WebAssembly.Module) {
    return kept ??= new Instance(module);
  } as unknown as typeof Instance;
  try {
    return new Reassembler({ maxOpenMessages, minor });
  } finally {
    WebAssembly.Instance = Instance;
  }
}

/**
 * Feeds a stream, in pieces of the sizes `cuts`, to the core and to the
 * reference. Tells the first difference, or `undefined` where there is none:
 * behind each piece both have given the same count of messages and bytes, and
 * at the end all is the same.
 */
export function compareStream(
  bytes: Uint8Array,
  cuts: readonly number[],
  options: CompareOptions = {},
): string | undefined {
  return comparePieces(bytes, cuts, options, () => false);
}

/**
 * Feeds a stream byte by byte, and compares all behind each byte for which
 * `isBeginning` holds, as if the stream ended there. What
 * {@linkcode compareStream} tells of each of these beginnings alone is the same,
 * for to ask whether a stream may end changes nothing.
 */
export function compareBeginnings(
  bytes: Uint8Array,
  isBeginning: (size: number) => boolean,
  options: CompareOptions = {},
): string | undefined {
  const ones = new Array<number>(bytes.length).fill(1);
  return comparePieces(bytes, ones, options, isBeginning);
}

function comparePieces(
  bytes: Uint8Array,
  sizes: readonly number[],
  options: CompareOptions,
  isBeginning: (size: number) => boolean,
): string | undefined {
  const {
    openMax = 1024,
    minor = 0,
    isPushed = false,
    make = makeReassembler,
  } = options;
  const core = new CoreTrace(make(openMax, minor));
  const reference = new ReferenceReassembler(openMax, minor);
  let offset = 0;
  for (const size of sizes) {
    if (isBeginning(offset)) {
      const difference = findEndDifference(core, reference);
      if (difference) return `ended behind ${offset} bytes: ${difference}`;
    }
    const piece = bytes.subarray(offset, offset + size);
    core.push(piece, isPushed);
    reference.push(piece);
    const difference = findPieceDifference(core, reference);
    if (difference) return `bytes ${offset} to ${offset + size}: ${difference}`;
    if (reference.fault) break;
    offset += size;
  }
  return findEndDifference(core, reference);
}

/** Compares all, where the stream ends. */
function findEndDifference(
  core: CoreTrace,
  reference: ReferenceReassembler,
): string | undefined {
  if (!reference.fault && core.mayEnd !== reference.mayEnd) {
    return describe("may end", core.mayEnd, reference.mayEnd);
  }
  return findDifference(core, reference);
}
