// The table of open messages: which ids are open, and which part index each
// must have next. Open addressing with linear probing; an entry is taken out
// by moving later ones back, so that no tombstones pile up.
import {
  BUCKET_COUNT,
  BUCKETS,
  OPEN_IDS,
  SLOT_FREE,
  SLOT_IDS,
  SLOT_NEXT,
} from "./memory";
import { OPEN_COUNT_MAX } from "./wire";

const BUCKET_MASK: u32 = BUCKET_COUNT - 1;

let openCount: u32 = 0;
let openCountMax: u32 = OPEN_COUNT_MAX;

/** Empties the table; at most `limit` messages may then be open at once. */
export function resetOpenMessages(limit: u32): void {
  assert(limit >= 1 && limit <= <u32> OPEN_COUNT_MAX);
  openCount = 0;
  openCountMax = limit;
  memory.fill(BUCKETS, 0, BUCKET_COUNT * 2);
  for (let slot: u32 = 0; slot < limit; slot++) {
    store<u16>(SLOT_FREE + slot * 2, <u16> slot);
  }
}

export function isFull(): bool {
  return openCount == openCountMax;
}

export function isAnyOpen(): bool {
  return openCount > 0;
}

export function nextIndexOf(slot: u32): u32 {
  return load<u32>(SLOT_NEXT + slot * 4);
}

export function setNextIndex(slot: u32, index: u32): void {
  store<u32>(SLOT_NEXT + slot * 4, index);
}

export function idOf(slot: u32): u32 {
  return load<u32>(SLOT_IDS + slot * 4);
}

function homeOf(id: u32): u32 {
  return (id * 0x9e37_79b1) >> 21; // golden ratio; the top 11 bits
}

function entryAt(bucket: u32): u32 {
  return <u32> load<u16>(BUCKETS + bucket * 2);
}

function setEntry(bucket: u32, entry: u32): void {
  store<u16>(BUCKETS + bucket * 2, <u16> entry);
}

/** The slot of an open id, or -1. */
export function findSlot(id: u32): i32 {
  if (openCount == 0) return -1;
  let bucket = homeOf(id);
  let entry = entryAt(bucket);
  while (entry != 0 && idOf(entry - 1) != id) {
    bucket = (bucket + 1) & BUCKET_MASK;
    entry = entryAt(bucket);
  }
  return <i32> entry - 1;
}

/** Opens an id that is not open; its next part index is 1. */
export function openSlot(id: u32): u32 {
  assert(openCount < openCountMax);
  const slot = <u32> load<u16>(SLOT_FREE + openCount * 2);
  openCount++;
  store<u32>(SLOT_IDS + slot * 4, id);
  setNextIndex(slot, 1);
  addEntry(id, slot + 1);
  return slot;
}

function addEntry(id: u32, entry: u32): void {
  let bucket = homeOf(id);
  while (entryAt(bucket) != 0) bucket = (bucket + 1) & BUCKET_MASK;
  setEntry(bucket, entry);
}

/** Takes an open message out of the table. */
export function closeSlot(slot: u32): void {
  assert(openCount > 0);
  let hole = homeOf(idOf(slot));
  while (entryAt(hole) != slot + 1) hole = (hole + 1) & BUCKET_MASK;
  let bucket = (hole + 1) & BUCKET_MASK;
  for (
    let entry = entryAt(bucket);
    entry != 0;
    entry = entryAt(bucket)
  ) {
    const home = homeOf(idOf(entry - 1));
    // An entry may fill the hole unless its home lies behind it.
    if (((bucket - home) & BUCKET_MASK) >= ((bucket - hole) & BUCKET_MASK)) {
      setEntry(hole, entry);
      hole = bucket;
    }
    bucket = (bucket + 1) & BUCKET_MASK;
  }
  setEntry(hole, 0);
  openCount--;
  store<u16>(SLOT_FREE + openCount * 2, <u16> slot);
}

/** Leaves the ids of all open messages in `OPEN_IDS`, in no order; returns how many. */
export function listOpenIds(): u32 {
  let count: u32 = 0;
  for (let bucket: u32 = 0; bucket < BUCKET_COUNT; bucket++) {
    const entry = entryAt(bucket);
    if (entry == 0) continue;
    store<u32>(OPEN_IDS + count * 4, idOf(entry - 1));
    count++;
  }
  assert(count == openCount);
  return count;
}

/** Writes the table to `pointer`, as long as it is, and empties it; returns where that ends. */
export function saveOpenMessages(pointer: usize): usize {
  store<u32>(pointer, openCountMax);
  store<u32>(pointer, openCount, 4);
  let at = pointer + 8;
  // Four buckets at once, and no further than the last entry.
  let bucket: u32 = 0;
  for (let count: u32 = 0; count < openCount; bucket++) {
    if ((bucket & 3) == 0) {
      while (load<u64>(BUCKETS + bucket * 2) == 0) bucket += 4;
    }
    const entry = entryAt(bucket);
    if (entry == 0) continue;
    const slot = entry - 1;
    store<u32>(at, slot);
    store<u32>(at, idOf(slot), 4);
    store<u32>(at, nextIndexOf(slot), 8);
    at += 12;
    setEntry(bucket, 0);
    store<u16>(SLOT_FREE + count * 2, <u16> slot);
    count++;
  }
  openCount = 0;
  return at;
}

/** Fills the empty table with what {@linkcode saveOpenMessages} has left at `pointer`, each message in its slot; returns where that ends. */
export function restoreOpenMessages(pointer: usize): usize {
  assert(openCount == 0);
  const countMax = load<u32>(pointer);
  const count = load<u32>(pointer, 4);
  assert(countMax >= 1 && countMax <= <u32> OPEN_COUNT_MAX);
  assert(count <= countMax);
  let at = pointer + 8;
  const isSame = countMax == openCountMax;
  openCountMax = countMax;
  if (count == 0 && isSame) return at;
  // No message that is open has 0 there.
  memory.fill(SLOT_NEXT, 0, OPEN_COUNT_MAX * 4);
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(at);
    const id = load<u32>(at, 4);
    assert(slot < <u32> OPEN_COUNT_MAX && nextIndexOf(slot) == 0);
    store<u32>(SLOT_IDS + slot * 4, id);
    setNextIndex(slot, load<u32>(at, 8));
    addEntry(id, slot + 1);
    at += 12;
  }
  openCount = count;
  let free = count;
  for (let slot: u32 = 0; free < countMax; slot++) {
    if (nextIndexOf(slot) != 0) continue;
    store<u16>(SLOT_FREE + free * 2, <u16> slot);
    free++;
  }
  return at;
}
