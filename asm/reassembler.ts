// Packets -> messages (`PROTOCOL.md`, section 5). One call takes all that a
// read brought, in any cut, and leaves a record for each piece of a message.
import { begunSize, endBegun, growBegun, headerReceived } from "./begun_packet";
import { loadU32, moveDown } from "./bytes";
import {
  controlKind,
  isBehindGoodbye,
  isKnownKind,
  judgeControl,
  judgeControlLength,
  noteCompleted,
  resetControl,
} from "./control";
import {
  isControl,
  isPart,
  judgeBegunHeader,
  judgeLength,
  judgePart,
} from "./header_rules";
import { RECEIVE, RECORDS } from "./memory";
import {
  closeSlot,
  findSlot,
  isAnyOpen,
  nextIndexOf,
  openSlot,
  resetOpenMessages,
  setNextIndex,
} from "./open_messages";
import { reasonMissing, resetReason, takeReason } from "./reason";
import { STATUS_OK, STATUS_REASON_MALFORMED } from "./status";
import {
  ABORT_PART,
  CONTROL_KIND_OFFSET,
  LENGTH_OFFSET,
  MORE_BIT,
  PACKET_COST,
  PACKET_HEADER_SIZE,
  PART_OFFSET,
  RECEIVE_SIZE,
  RECORD_ABORT,
  RECORD_CONTROL,
  RECORD_FIRST,
  RECORD_LAST,
  RECORD_SIZE,
  RECORD_SLOT_SHIFT,
  SINGLE_SLOT,
} from "./wire";

// Up to this payload size neighbouring parts of one message are moved together
// into one record: above it, a record of its own is cheaper than the move.
const MERGE_SIZE_MAX: u32 = 2048;

const NO_RUN: u32 = 0xffff_ffff;

let status: i32 = STATUS_OK;
let recordCount: u32 = 0;
let cost: u32 = 0;

// The packet under way.
let packetId: u32 = 0;
let packetSlot: u32 = 0;
let packetFlags: u32 = 0;
let payloadTotal: u32 = 0;
let payloadLeft: u32 = 0;

// The last record, while more of its message may be joined to it.
let runSlot: u32 = NO_RUN;
let runEnd: usize = 0;

/** Forgets everything: a stream of the version 1.`minor` begins. */
export function reset(openCountMax: u32, minor: u32): void {
  resetOpenMessages(openCountMax);
  resetControl(minor, 0, false);
  status = STATUS_OK;
  endBegun();
  recordCount = 0;
  payloadLeft = 0;
  runSlot = NO_RUN;
}

/**
 * Goes on, between two packets and while nothing is open, with a stream of
 * which `completed` messages, and its Goodbye or not, were read elsewhere.
 */
export function resume(minor: u32, completed: u32, hasGoodbye: bool): void {
  assert(status == STATUS_OK && headerReceived() == 0 && payloadLeft == 0);
  assert(!isAnyOpen());
  resetControl(minor, completed, hasGoodbye);
}

/** Writes what is under way to `pointer`, and forgets it; returns where that ends. Nothing may have gone wrong, and all records have to be read. */
export function saveUnderWay(pointer: usize): usize {
  assert(status == STATUS_OK);
  store<u32>(pointer, packetId);
  store<u32>(pointer, packetSlot, 4);
  store<u32>(pointer, packetFlags, 8);
  store<u32>(pointer, payloadTotal, 12);
  store<u32>(pointer, payloadLeft, 16);
  payloadLeft = 0;
  return pointer + 20;
}

/** Goes on with what {@linkcode saveUnderWay} has left at `pointer`; returns where that ends. */
export function restoreUnderWay(pointer: usize): usize {
  assert(status == STATUS_OK && payloadLeft == 0);
  packetId = load<u32>(pointer);
  packetSlot = load<u32>(pointer, 4);
  packetFlags = load<u32>(pointer, 8);
  payloadTotal = load<u32>(pointer, 12);
  payloadLeft = load<u32>(pointer, 16);
  return pointer + 20;
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

/** What the bytes and packets of messages that the last call took cost of the windows. */
export function receivedCost(): u32 {
  return cost;
}

/** Parts of an open message that have begun. */
export function partCount(slot: u32): u32 {
  return nextIndexOf(slot);
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
  cost += PACKET_COST;
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
  const isAbort = (flags & RECORD_ABORT) != 0;
  if (isAbort) {
    if (!takeReason(from, size)) return STATUS_REASON_MALFORMED;
    if (reasonMissing() > payloadLeft) return STATUS_REASON_MALFORMED;
  }
  const isOpen = packetSlot != SINGLE_SLOT && !isAbort;
  if (!isAbort) cost += size;
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
    if (!isAbort) noteCompleted(1);
    if (packetSlot != SINGLE_SLOT) closeSlot(packetSlot);
  }
  return STATUS_OK;
}

/**
 * Takes bytes of a header, or of a control packet, that is not whole, from
 * `offset` of the receive region, which ends at `size`; returns how many.
 */
function takeBegun(offset: u32, size: u32): u32 {
  const taken = min(begunSize() - headerReceived(), size - offset);
  const begun = growBegun(RECEIVE + offset, taken);
  const fill = headerReceived();
  if (fill > <u32> PART_OFFSET) packetId = loadU32(begun);
  if (fill < <u32> PACKET_HEADER_SIZE) {
    status = judgeBegunHeader(begun, fill);
  } else if (!isControl(begun)) {
    endBegun();
    status = beginPacket(begun);
    if (status == STATUS_OK && payloadLeft == 0) status = takePayload(0, 0);
  } else if (fill == PACKET_HEADER_SIZE) {
    status = judgeControlLength(loadU32(begun + LENGTH_OFFSET), true);
  } else if (fill == begunSize()) {
    status = takeControl(begun);
    endBegun();
  }
  return taken;
}

/** Takes a whole control packet. */
function takeControl(packet: usize): i32 {
  const kind = controlKind(packet);
  packetId = loadU32(packet);
  runSlot = NO_RUN;
  if (!isKnownKind(kind)) return STATUS_OK;
  const fault = judgeControl(packet);
  if (fault != STATUS_OK) return fault;
  const pointer = RECORDS + recordCount * RECORD_SIZE;
  store<u32>(pointer, RECORD_CONTROL | (kind << RECORD_SLOT_SHIFT));
  store<u32>(pointer, packetId, 4);
  store<u32>(pointer, packet + CONTROL_KIND_OFFSET + 1, 8);
  store<u32>(pointer, loadU32(packet + LENGTH_OFFSET) - 1, 12);
  recordCount++;
  return STATUS_OK;
}

/** Takes a control packet of which the header is whole; the same way. */
function takeControlAt(offset: u32, size: u32): u32 {
  const length = loadU32(RECEIVE + offset + LENGTH_OFFSET);
  const isWhole = length <= size - offset - PACKET_HEADER_SIZE;
  if (!isWhole || judgeControlLength(length, true) != STATUS_OK) {
    return takeBegun(offset, size);
  }
  status = takeControl(RECEIVE + offset);
  return PACKET_HEADER_SIZE + length;
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
  const firstIndex = nextIndexOf(runSlot);
  let index = firstIndex;
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
  cost += <u32> (to - start) + (index - firstIndex) * PACKET_COST;
  runEnd = to;
  setNextIndex(runSlot, index);
  return offset;
}

/**
 * Takes whole packets for as long as they are messages of one packet; any other
 * packet is left to `beginPacket`. Returns the offset behind the last one.
 */
function takeSingles(offset: u32, size: u32): u32 {
  if (isBehindGoodbye()) return offset;
  packetSlot = SINGLE_SLOT;
  const start = offset;
  const countBefore = recordCount;
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
  const count = recordCount - countBefore;
  noteCompleted(count);
  cost += offset - start + count * (PACKET_COST - PACKET_HEADER_SIZE);
  return offset;
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
  cost = 0;
  runSlot = NO_RUN;
  let offset: u32 = 0;
  while (offset < size && status == STATUS_OK) {
    if (payloadLeft > 0) {
      const taken = min(payloadLeft, size - offset);
      status = takePayload(offset, taken);
      offset += taken;
    } else if (
      headerReceived() > 0 || size - offset < <u32> PACKET_HEADER_SIZE
    ) {
      offset += takeBegun(offset, size);
    } else {
      if (runSlot != NO_RUN) offset = extendRun(offset, size);
      offset = takeSingles(offset, size);
      if (size - offset < <u32> PACKET_HEADER_SIZE) continue;
      if (isControl(RECEIVE + offset)) {
        offset += takeControlAt(offset, size);
        continue;
      }
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
  cost = 0;
  runSlot = NO_RUN;
  return takePayload(0, size) == STATUS_OK ? recordCount : 0;
}
