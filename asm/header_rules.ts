// Which packet headers are allowed (`PROTOCOL.md`, section 5).
import { loadU32 } from "./bytes";
import { isBehindGoodbye, isControlPart, judgeControlLength } from "./control";
import { findSlot, isFull, nextIndexOf } from "./open_messages";
import {
  STATUS_ABORT_NOT_OPEN,
  STATUS_ALREADY_OPEN,
  STATUS_BEHIND_GOODBYE,
  STATUS_EMPTY_MORE,
  STATUS_INDEX_NOT_NEXT,
  STATUS_INDEX_NOT_ZERO,
  STATUS_INDEX_TOO_HIGH,
  STATUS_OK,
  STATUS_REASON_TOO_LONG,
  STATUS_RESERVED_PART,
  STATUS_TOO_MANY_OPEN,
} from "./status";
import {
  ABORT_PART,
  CONTROL_PART,
  LENGTH_OFFSET,
  MORE_BIT,
  PACKET_HEADER_SIZE,
  PART_INDEX_MAX,
  PART_OFFSET,
  REASON_SIZE_MAX,
} from "./wire";

/** Whether a whole header is that of a control packet. */
export function isControl(header: usize): bool {
  return isControlPart(load<u32>(header, PART_OFFSET), ~(<u32> 0));
}

/** Whether a whole header is that of a part with MORE; `id` and `length` are in network byte order. */
export function isPart(
  header: usize,
  id: u32,
  index: u32,
  length: u32,
): bool {
  return load<u32>(header, LENGTH_OFFSET) == length &&
    load<u32>(header) == id &&
    load<u32>(header, PART_OFFSET) == bswap(index | <u32> MORE_BIT) &&
    index < <u32> PART_INDEX_MAX;
}

/** Judges the id and the part field of a packet that is no control packet. */
export function judgePart(id: u32, part: u32): i32 {
  if (isBehindGoodbye()) return STATUS_BEHIND_GOODBYE;
  if (part == <u32> CONTROL_PART) return STATUS_RESERVED_PART;
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

/** Judges the length of the same, or the lowest one that it can become. */
export function judgeLength(part: u32, length: u32): i32 {
  if (part == ABORT_PART) {
    return length > <u32> REASON_SIZE_MAX ? STATUS_REASON_TOO_LONG : STATUS_OK;
  }
  return (part & <u32> MORE_BIT) != 0 && length == 0
    ? STATUS_EMPTY_MORE
    : STATUS_OK;
}

// Whether a part field that begins like `prefix` (under `mask`) can still
// become one that is allowed for this id.
function canBecomeAllowed(id: u32, prefix: u32, mask: u32): bool {
  if (isControlPart(prefix, mask)) return true;
  if (isBehindGoodbye()) return false;
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

/**
 * Judges the first `fill` bytes of a header that is not whole: a fault is known
 * at the first byte that shows it.
 */
export function judgeBegunHeader(header: usize, fill: u32): i32 {
  if (fill <= <u32> PART_OFFSET) return STATUS_OK;
  const id = loadU32(header);
  const part = loadU32(header + PART_OFFSET);
  if (fill >= <u32> LENGTH_OFFSET) {
    return judgeBegunLength(header, fill, id, part);
  }
  const mask = ~(<u32> 0) << ((LENGTH_OFFSET - fill) * 8);
  const prefix = part & mask;
  if (canBecomeAllowed(id, prefix, mask)) return STATUS_OK;
  const fault = judgePart(id, prefix);
  assert(fault != STATUS_OK);
  return fault;
}

function judgeBegunLength(
  header: usize,
  fill: u32,
  id: u32,
  part: u32,
): i32 {
  const isControl = isControlPart(part, ~(<u32> 0));
  const fault = isControl ? STATUS_OK : judgePart(id, part);
  if (fault != STATUS_OK || fill == LENGTH_OFFSET) return fault;
  const mask = ~(<u32> 0) << ((PACKET_HEADER_SIZE - fill) * 8);
  const lowest = loadU32(header + LENGTH_OFFSET) & mask;
  if (isControl) return judgeControlLength(lowest, false);
  return part == ABORT_PART ? judgeLength(part, lowest) : STATUS_OK;
}
