/**
 * Random streams of message and control packets, and random ways to cut them:
 * well-formed ones, and ones that were changed in a field, a bit or a place.
 *
 * @module
 */
import type { Prng } from "./prng.ts";
import {
  type Draft,
  randomControl,
  randomGoodbye,
  randomReason,
} from "./random_control.ts";

const MORE = 0x8000_0000;
const ABORT_PART = 0x7fff_ffff;
const REGION_SIZE = 0x4_0000;

/** A stream, and how it is fed. */
export interface RandomStream {
  bytes: Uint8Array;
  /** How many messages the receiver lets be open at once. */
  openMax: number;
  /** VERSION_MINOR: 1 where there are control packets. */
  minor: 0 | 1;
  /** Sizes of the pieces in which the stream arrives; they add up to its size. */
  cuts: number[];
}

const EDGE_IDS = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
const EDGE_PARTS = [
  0,
  1,
  0x7fff_fffe,
  ABORT_PART,
  MORE,
  MORE + 1,
  0xffff_fffe,
  0xffff_ffff,
];
const EDGE_LENGTHS = [
  0,
  1,
  1023,
  1024,
  1040,
  1041,
  0x4_0000,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_fff4,
  0xffff_ffff,
];
function randomId(prng: Prng): number {
  return prng.oneIn(3) ? prng.pick(EDGE_IDS) : prng.uint32();
}

function payloadSize(prng: Prng): number {
  if (prng.oneIn(4000)) return prng.between(REGION_SIZE - 20, REGION_SIZE * 2);
  if (prng.oneIn(40)) return prng.between(0, 5000);
  return prng.between(0, prng.oneIn(3) ? 70 : 6);
}

function abortDraft(prng: Prng, messageId: number): Draft {
  const payload = randomReason(prng);
  return { messageId, part: ABORT_PART, length: payload.length, payload };
}

/** Packets of a few messages, interleaved; with `count` packets at most. */
function draftPackets(prng: Prng, count: number, openMax: number): Draft[] {
  const drafts: Draft[] = [];
  const open = new Map<number, number>();
  const ids = Array.from(
    { length: prng.between(1, 5) },
    () => randomId(prng),
  );
  // Parts of one size in a row are common, and go another way in the core.
  const fixedSize = prng.oneIn(4) ? prng.between(1, 200) : undefined;
  const change = prng.pick([2, 2, 10]);
  let messageId = prng.pick(ids);
  while (drafts.length < count) {
    if (prng.oneIn(change)) messageId = prng.pick(ids);
    const index = open.get(messageId);
    if (index !== undefined && prng.oneIn(8)) {
      drafts.push(abortDraft(prng, messageId));
      open.delete(messageId);
      continue;
    }
    const mayGoOn = index !== undefined || open.size < openMax;
    const hasMore = mayGoOn && !prng.oneIn(change + 1);
    const size = fixedSize ?? payloadSize(prng);
    const payload = prng.bytes(Math.max(size, hasMore ? 1 : 0));
    const part = (index ?? 0) + (hasMore ? MORE : 0);
    drafts.push({ messageId, part, length: payload.length, payload });
    if (hasMore) open.set(messageId, (index ?? 0) + 1);
    else open.delete(messageId);
  }
  if (prng.oneIn(2)) return drafts;
  for (const [messageId, part] of open) {
    const payload = prng.bytes(payloadSize(prng));
    drafts.push({ messageId, part, length: payload.length, payload });
  }
  return drafts;
}

/** Opens as many messages as may be, or one more, then closes some and opens them again. */
function draftManyOpen(prng: Prng, openMax: number): Draft[] {
  const first = randomId(prng);
  const step = prng.pick([1, 3, 0x800, 0x10_0000, 0x9e37_79b1]);
  const count = openMax + prng.between(-1, 1);
  const next: number[] = [];
  const drafts: Draft[] = [];
  function add(index: number, isLast: boolean): void {
    const part = next[index]! + (isLast ? 0 : MORE);
    const messageId = (first + Math.imul(index, step)) >>> 0;
    drafts.push({ messageId, part, length: 1, payload: prng.bytes(1) });
    next[index] = isLast ? 0 : next[index]! + 1;
  }
  for (let index = 0; index < count; index++) {
    next.push(0);
    add(index, false);
  }
  for (let rest = count > 0 ? prng.between(0, 400) : 0; rest > 0; rest--) {
    const index = prng.below(count);
    if (next[index]! > 0 && prng.oneIn(4)) {
      drafts.push(abortDraft(prng, (first + Math.imul(index, step)) >>> 0));
      next[index] = 0;
    } else {
      add(index, next[index]! > 0 && prng.oneIn(2));
    }
  }
  return drafts;
}

/** Very many of the smallest packets. */
function draftTiny(prng: Prng): Draft[] {
  const payload = new Uint8Array();
  return Array.from(
    { length: prng.between(21_840, 21_850) },
    (_, messageId) => ({ messageId, part: 0, length: 0, payload }),
  );
}

function editField(prng: Prng, draft: Draft): void {
  switch (prng.below(6)) {
    case 0:
      draft.messageId = randomId(prng);
      break;
    case 1:
      draft.part = prng.pick(EDGE_PARTS);
      break;
    case 2:
      draft.part = (draft.part + prng.pick([-1, 1, 256, 0x1_0000, MORE])) >>> 0;
      break;
    case 3:
      draft.length = prng.pick(EDGE_LENGTHS);
      break;
    case 4:
      draft.length = (draft.length + prng.pick([-1, 1])) >>> 0;
      break;
    default:
      draft.payload = draft.payload.subarray(1);
      draft.length = draft.payload.length;
  }
}

function editDrafts(prng: Prng, drafts: Draft[]): void {
  if (drafts.length === 0) return;
  const at = prng.below(drafts.length);
  const other = prng.below(drafts.length);
  switch (prng.below(5)) {
    case 0:
      drafts.splice(other, 0, { ...drafts[at]! });
      break;
    case 1:
      drafts.splice(at, 1);
      break;
    case 2:
      [drafts[at], drafts[other]] = [drafts[other]!, drafts[at]!];
      break;
    default:
      drafts[at] = { ...drafts[at]! };
      editField(prng, drafts[at]!);
  }
}

function join(drafts: readonly Draft[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { payload } of drafts) size += 12 + payload.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { messageId, part, length, payload } of drafts) {
    view.setUint32(offset, messageId);
    view.setUint32(offset + 4, part);
    view.setUint32(offset + 8, length);
    bytes.set(payload, offset + 12);
    offset += 12 + payload.length;
  }
  return bytes;
}

function editBytes(prng: Prng, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return prng.bytes(prng.between(1, 40));
  const at = prng.below(bytes.length);
  switch (prng.below(4)) {
    case 0:
    case 1: {
      const changed = bytes.slice();
      changed[at]! ^= 1 << prng.below(8);
      return changed;
    }
    case 2:
      return bytes.slice(0, at);
    default:
      return Uint8Array.from([
        ...bytes.subarray(0, Math.min(at, 4096)),
        ...prng.bytes(prng.between(1, 14)),
        ...bytes.subarray(at, at + 4096),
      ]);
  }
}

/** Sizes of pieces that add up to `size`, none larger than a receive region. */
export function randomCuts(prng: Prng, size: number): number[] {
  const highest = prng.pick([1, 3, 13, 100, 5000, REGION_SIZE, REGION_SIZE]);
  const isFixed = prng.oneIn(2);
  const cuts: number[] = [];
  let rest = size;
  // Many one-byte pieces of a large stream would only cost time.
  const lowest = Math.ceil(size / 20_000);
  while (rest > 0) {
    const wanted = isFixed ? highest : prng.between(1, highest);
    const cut = Math.min(rest, REGION_SIZE, Math.max(wanted, lowest));
    cuts.push(cut);
    rest -= cut;
  }
  return cuts;
}

/** Puts control packets between the others, and a Goodbye behind them, or elsewhere. */
function addControls(prng: Prng, drafts: readonly Draft[]): Draft[] {
  const all: Draft[] = [];
  const rate = prng.pick([1, 3, 10]);
  let completedCount = 0;
  let isOver = false;
  for (const draft of drafts) {
    while (prng.oneIn(rate + 1)) {
      all.push(randomControl(prng, draft.messageId));
    }
    if (!isOver && prng.oneIn(60)) {
      all.push(randomGoodbye(prng, completedCount));
      isOver = prng.oneIn(2);
    }
    if (isOver) continue;
    all.push(draft);
    if (draft.part < ABORT_PART) completedCount++;
  }
  if (!isOver && prng.oneIn(2)) {
    all.push(randomGoodbye(prng, completedCount));
    while (prng.oneIn(2)) all.push(randomControl(prng, randomId(prng)));
    if (prng.oneIn(10)) all.push(randomGoodbye(prng, completedCount));
  }
  return all;
}

/** The stream that belongs to the state of `prng`; of any minor version, or of the one given. */
export function randomStream(prng: Prng, wanted?: 0 | 1): RandomStream {
  const openMax = prng.oneIn(2) ? prng.between(1, 4) : 1024;
  const minor = wanted ?? (prng.oneIn(3) ? 0 : 1);
  const messages = prng.oneIn(10_000)
    ? draftTiny(prng)
    : prng.oneIn(openMax === 1024 ? 2000 : 30)
    ? draftManyOpen(prng, openMax)
    : draftPackets(prng, prng.between(1, prng.oneIn(10) ? 40 : 8), openMax);
  const drafts = minor === 0 ? messages : addControls(prng, messages);
  const editCount = prng.pick([0, 0, 0, 1, 1, 2]);
  for (let edit = 0; edit < editCount; edit++) editDrafts(prng, drafts);
  let bytes: Uint8Array = join(drafts);
  if (prng.oneIn(4)) bytes = editBytes(prng, bytes);
  return { bytes, openMax, minor, cuts: randomCuts(prng, bytes.length) };
}
