// Packets -> messages (`PROTOCOL.md`, section 5). One call takes all that a
// read brought, in any cut, and leaves a record for each piece of a message.
import { loadU32, moveDown } from "./bytes";
import { HEADER, RECEIVE, RECORDS } from "./memory";
import {
  closeSlot,
  findSlot,
  isFull,
  nextIndexOf,
  openSlot,
  resetOpenMessages,
  setNextIndex,
} from "./open_messages";
import { reasonMissing, resetReason, takeReason } from "./reason";
import {
  STATUS_ABORT_NOT_OPEN,
  STATUS_ALREADY_OPEN,
  STATUS_EMPTY_MORE,
  STATUS_INDEX_NOT_NEXT,
  STATUS_INDEX_NOT_ZERO,
  STATUS_INDEX_TOO_HIGH,
  STATUS_OK,
  STATUS_REASON_MALFORMED,
  STATUS_REASON_TOO_LONG,
  STATUS_RESERVED_PART,
  STATUS_TOO_MANY_OPEN,
} from "./status";
import {
  ABORT_PART,
  ABORT_REASON_SIZE_MAX,
  LENGTH_OFFSET,
  MORE_BIT,
  PACKET_HEADER_SIZE,
  PART_INDEX_MAX,
  PART_OFFSET,
  RECEIVE_SIZE,
  RECORD_ABORT,
  RECORD_FIRST,
  RECORD_LAST,
  RECORD_SIZE,
  RECORD_SLOT_SHIFT,
  RESERVED_PART,
  SINGLE_SLOT,
} from "./wire";

// Up to this payload size neighbouring parts of one message are moved together
// into one record: above it, a record of its own is cheaper than the move.
const MERGE_SIZE_MAX: u32 = 2048;

const NO_RUN: u32 = 0xffff_ffff;

let status: i32 = STATUS_OK;
let headerFill: u32 = 0;
let recordCount: u32 = 0;

// The packet under way.
let packetId: u32 = 0;
let packetSlot: u32 = 0;
let packetFlags: u32 = 0;
let payloadTotal: u32 = 0;
let payloadLeft: u32 = 0;

// The last record, while more of its message may be joined to it.
let runSlot: u32 = NO_RUN;
let runEnd: usize = 0;

export function reset(openCountMax: u32): void {
  resetOpenMessages(openCountMax);
  status = STATUS_OK;
  headerFill = 0;
  recordCount = 0;
  payloadLeft = 0;
  runSlot = NO_RUN;
}

/** The rule that the peer broke, or 0. */
export function receiveStatus(): i32 {
  return status;
}

/** The id of the packet under way, or of the one that broke a rule. */
export function packetMessageId(): u32 {
  return packetId;
}

/** Bytes of payload that the packet under way still lacks. */
export function payloadMissing(): u32 {
  return payloadLeft;
}

/** Bytes of payload that the packet under way has in all; of meaning only while payload is missing. */
export function payloadSize(): u32 {
  return payloadTotal;
}

/** Slot of the packet under way; of meaning only while payload is missing. */
export function payloadSlot(): u32 {
  return packetSlot;
}

/** Bytes of a packet header that have arrived, where it is not whole. */
export function headerReceived(): u32 {
  return headerFill;
}

function judgePart(id: u32, part: u32): i32 {
  if (part == <u32> RESERVED_PART) return STATUS_RESERVED_PART;
  const slot = findSlot(id);
  if (part == ABORT_PART) return slot < 0 ? STATUS_ABORT_NOT_OPEN : STATUS_OK;
  const index = part & ~(<u32> MORE_BIT);
  const hasMore = index != part;
  if (slot < 0) {
    if (index != 0) return STATUS_INDEX_NOT_ZERO;
    return hasMore && isFull() ? STATUS_TOO_MANY_OPEN : STATUS_OK;
  }
  if (index == 0) return STATUS_ALREADY_OPEN;
  if (index != nextIndexOf(slot)) return STATUS_INDEX_NOT_NEXT;
  return hasMore && index >= <u32> PART_INDEX_MAX
    ? STATUS_INDEX_TOO_HIGH
    : STATUS_OK;
}

function judgeLength(part: u32, length: u32): i32 {
  if (part == ABORT_PART) {
    return length > <u32> ABORT_REASON_SIZE_MAX
      ? STATUS_REASON_TOO_LONG
      : STATUS_OK;
  }
  return (part & <u32> MORE_BIT) != 0 && length == 0
    ? STATUS_EMPTY_MORE
    : STATUS_OK;
}

// Whether a part field that begins like `prefix` (under `mask`) can still
// become one that is allowed for this id.
function canBecomeAllowed(id: u32, prefix: u32, mask: u32): bool {
  const slot = findSlot(id);
  if (slot < 0) {
    return prefix == 0 || (prefix == (<u32> MORE_BIT & mask) && !isFull());
  }
  const index = nextIndexOf(slot);
  return prefix == (index & mask) ||
    (index < <u32> PART_INDEX_MAX &&
      prefix == ((index | <u32> MORE_BIT) & mask)) ||
    prefix == (ABORT_PART & mask);
}

// A fault is known at the first byte that shows it, so a header that is not
// whole is judged by what is there of it.
function judgeBegunHeader(): i32 {
  if (headerFill <= <u32> PART_OFFSET) return STATUS_OK;
  const id = loadU32(HEADER);
  const part = loadU32(HEADER + PART_OFFSET);
  packetId = id;
  if (headerFill >= <u32> LENGTH_OFFSET) {
    const fault = judgePart(id, part);
    if (fault != STATUS_OK || headerFill == LENGTH_OFFSET) return fault;
    if (part != ABORT_PART) return STATUS_OK;
    const lengthMask = ~(<u32> 0) << ((PACKET_HEADER_SIZE - headerFill) * 8);
    return judgeLength(part, loadU32(HEADER + LENGTH_OFFSET) & lengthMask);
  }
  const mask = ~(<u32> 0) << ((LENGTH_OFFSET - headerFill) * 8);
  const prefix = part & mask;
  if (canBecomeAllowed(id, prefix, mask)) return STATUS_OK;
  const fault = judgePart(id, prefix);
  assert(fault != STATUS_OK);
  return fault;
}

function beginPacket(header: usize): i32 {
  const id = loadU32(header);
  const part = loadU32(header + PART_OFFSET);
  const length = loadU32(header + LENGTH_OFFSET);
  packetId = id;
  let fault = judgePart(id, part);
  if (fault == STATUS_OK) fault = judgeLength(part, length);
  if (fault != STATUS_OK) return fault;
  payloadTotal = length;
  payloadLeft = length;
  if (part == ABORT_PART) {
    packetSlot = findSlot(id);
    packetFlags = RECORD_ABORT | RECORD_LAST;
    resetReason();
    return STATUS_OK;
  }
  const index = part & ~(<u32> MORE_BIT);
  const hasMore = index != part;
  packetFlags = (index == 0 ? RECORD_FIRST : 0) | (hasMore ? 0 : RECORD_LAST);
  if (index != 0) {
    packetSlot = findSlot(id);
    setNextIndex(packetSlot, index + 1);
  } else {
    packetSlot = hasMore ? openSlot(id) : SINGLE_SLOT;
  }
  return STATUS_OK;
}

function record(flags: u32, offset: u32, size: u32): void {
  const pointer = RECORDS + recordCount * RECORD_SIZE;
  store<u32>(pointer, flags | (packetSlot << RECORD_SLOT_SHIFT));
  store<u32>(pointer, packetId, 4);
  store<u32>(pointer, offset, 8);
  store<u32>(pointer, size, 12);
  recordCount++;
}

function joinToRun(from: usize, size: u32, flags: u32): void {
  moveDown(runEnd, from, size);
  runEnd += size;
  const pointer = RECORDS + (recordCount - 1) * RECORD_SIZE;
  store<u32>(pointer, load<u32>(pointer) | flags);
  store<u32>(pointer, load<u32>(pointer, 12) + size, 12);
}

/** Takes `size` bytes of payload that lie at `offset` of the receive region. */
function takePayload(offset: u32, size: u32): i32 {
  assert(size <= payloadLeft);
  payloadLeft -= size;
  const isEnd = payloadLeft == 0;
  const flags = isEnd ? packetFlags : packetFlags & ~RECORD_LAST;
  const from = RECEIVE + offset;
  if ((flags & RECORD_ABORT) != 0) {
    if (!takeReason(from, size)) return STATUS_REASON_MALFORMED;
    if (reasonMissing() > payloadLeft) return STATUS_REASON_MALFORMED;
  }
  const isOpen = packetSlot != SINGLE_SLOT && (flags & RECORD_ABORT) == 0;
  if (isOpen && packetSlot == runSlot && size <= MERGE_SIZE_MAX) {
    joinToRun(from, size, flags);
  } else {
    record(flags, offset, size);
    runSlot = isOpen ? packetSlot : NO_RUN;
    runEnd = from + size;
  }
  packetFlags &= ~RECORD_FIRST;
  if ((flags & RECORD_LAST) != 0) {
    runSlot = NO_RUN;
    if (packetSlot != SINGLE_SLOT) closeSlot(packetSlot);
  }
  return STATUS_OK;
}

/**
 * Takes bytes of a header that is not whole, from `offset` of the receive
 * region, which ends at `size`; returns how many.
 */
function takeHeader(offset: u32, size: u32): u32 {
  const taken = min(<u32> PACKET_HEADER_SIZE - headerFill, size - offset);
  memory.copy(HEADER + headerFill, RECEIVE + offset, taken);
  headerFill += taken;
  if (headerFill < <u32> PACKET_HEADER_SIZE) {
    status = judgeBegunHeader();
  } else {
    headerFill = 0;
    status = beginPacket(HEADER);
    if (status == STATUS_OK && payloadLeft == 0) status = takePayload(0, 0);
  }
  return taken;
}

/**
 * Takes whole packets for as long as they are small parts with MORE that go on
 * where the last record stopped: the commonest packets by far, so they are not
 * looked up. Any other packet is left to `beginPacket`. Returns the offset
 * behind the last one.
 */
function extendRun(offset: u32, size: u32): u32 {
  const id = bswap(packetId); // a packet of any other message ends the run
  const start = runEnd;
  let index = nextIndexOf(runSlot);
  let to = runEnd;
  while (size - offset >= <u32> PACKET_HEADER_SIZE) {
    const length = loadU32(RECEIVE + offset + LENGTH_OFFSET);
    if (length == 0 || length > MERGE_SIZE_MAX) break;
    const before = offset;
    // Parts of one length follow each other: then where the next packet begins
    // is known before this length is loaded, and the processor runs ahead.
    while (
      size - offset >= <u32> PACKET_HEADER_SIZE + length &&
      isPart(RECEIVE + offset, id, index, bswap(length))
    ) {
      moveDown(to, RECEIVE + offset + PACKET_HEADER_SIZE, length);
      to += length;
      offset += PACKET_HEADER_SIZE + length;
      index++;
    }
    if (offset == before) break;
  }
  const pointer = RECORDS + (recordCount - 1) * RECORD_SIZE;
  store<u32>(pointer, load<u32>(pointer, 12) + <u32> (to - start), 12);
  runEnd = to;
  setNextIndex(runSlot, index);
  return offset;
}

/**
 * Takes whole packets for as long as they are messages of one packet; any other
 * packet is left to `beginPacket`. Returns the offset behind the last one.
 */
function takeSingles(offset: u32, size: u32): u32 {
  packetSlot = SINGLE_SLOT;
  while (size - offset >= <u32> PACKET_HEADER_SIZE) {
    const header = RECEIVE + offset;
    if (load<u32>(header, PART_OFFSET) != 0) break;
    const length = loadU32(header + LENGTH_OFFSET);
    if (length > size - offset - PACKET_HEADER_SIZE) break;
    packetId = loadU32(header);
    if (findSlot(packetId) >= 0) break;
    offset += PACKET_HEADER_SIZE;
    record(RECORD_FIRST | RECORD_LAST, offset, length);
    offset += length;
    runSlot = NO_RUN;
  }
  return offset;
}

// `id` and `length` are in network byte order.
function isPart(header: usize, id: u32, index: u32, length: u32): bool {
  return load<u32>(header, LENGTH_OFFSET) == length &&
    load<u32>(header) == id &&
    load<u32>(header, PART_OFFSET) == bswap(index | <u32> MORE_BIT) &&
    index < <u32> PART_INDEX_MAX;
}

/**
 * Takes the first `size` bytes of the receive region, all of them, unless a
 * rule is broken: then `receiveStatus` tells which, and what was found before
 * stands in the records. Returns the count of records.
 */
export function receive(size: u32): u32 {
  assert(size <= <u32> RECEIVE_SIZE);
  assert(status == STATUS_OK);
  recordCount = 0;
  runSlot = NO_RUN;
  let offset: u32 = 0;
  while (offset < size && status == STATUS_OK) {
    if (payloadLeft > 0) {
      const taken = min(payloadLeft, size - offset);
      status = takePayload(offset, taken);
      offset += taken;
    } else if (headerFill > 0 || size - offset < <u32> PACKET_HEADER_SIZE) {
      offset += takeHeader(offset, size);
    } else {
      if (runSlot != NO_RUN) offset = extendRun(offset, size);
      offset = takeSingles(offset, size);
      if (size - offset < <u32> PACKET_HEADER_SIZE) continue;
      status = beginPacket(RECEIVE + offset);
      offset += PACKET_HEADER_SIZE;
      if (status == STATUS_OK && payloadLeft == 0) {
        status = takePayload(offset, 0);
      }
    }
  }
  return recordCount;
}

/**
 * Takes `size` bytes of payload that the transport read to another place than
 * the receive region: no more than the packet under way lacks, and not the
 * reason of an Abort. Leaves one record, of which the offset means nothing.
 */
export function receiveElsewhere(size: u32): u32 {
  assert(status == STATUS_OK);
  assert(size > 0 && size <= payloadLeft);
  assert((packetFlags & RECORD_ABORT) == 0);
  recordCount = 0;
  runSlot = NO_RUN;
  return takePayload(0, size) == STATUS_OK ? recordCount : 0;
}
