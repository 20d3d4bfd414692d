// Control packets (`PROTOCOL.md`, section 10), which version 1.1 has: judged when
// they are whole.
import { loadU32 } from "./bytes";
import { isAnyOpen } from "./open_messages";
import { reasonMissing, resetReason, takeReason } from "./reason";
import {
  STATUS_CONTROL_BEHIND_GOODBYE,
  STATUS_CONTROL_FORM,
  STATUS_CONTROL_LENGTH,
  STATUS_CONTROL_REASON,
  STATUS_CONTROL_SUBJECT,
  STATUS_GOODBYE_COUNT,
  STATUS_GOODBYE_OPEN,
  STATUS_OK,
} from "./status";
import {
  CONTROL_BODY_SIZE_MAX,
  CONTROL_CONFIRM,
  CONTROL_CONFIRMED,
  CONTROL_GOODBYE,
  CONTROL_KIND_OFFSET,
  CONTROL_MESSAGE_WINDOW,
  CONTROL_PART,
  CONTROL_PING,
  CONTROL_PONG,
  CONTROL_STOP,
  CONTROL_WINDOW,
  LENGTH_OFFSET,
  REASON_SIZE_MAX,
} from "./wire";

const NUMBER_SIZE: u32 = 8;
const COUNT_SIZE: u32 = 4;

let minor: u32 = 0;
let completedCount: u32 = 0;
let hasGoodbye: bool = false;

/** Begins a stream of the version 1.`version`, or goes on with it, behind `completed` messages, and behind its Goodbye or before. */
export function resetControl(
  version: u32,
  completed: u32,
  isBehindGoodbye: bool,
): void {
  minor = version;
  completedCount = completed;
  hasGoodbye = isBehindGoodbye;
}

/** So many messages more are complete. */
export function noteCompleted(count: u32): void {
  completedCount += count;
}

/** Writes what a stream leaves here to `pointer`; returns where that ends. */
export function saveControl(pointer: usize): usize {
  store<u32>(pointer, minor);
  store<u32>(pointer, completedCount, 4);
  store<u32>(pointer, <u32> hasGoodbye, 8);
  return pointer + 12;
}

/** Goes on with what {@linkcode saveControl} has left at `pointer`; returns where that ends. */
export function restoreControl(pointer: usize): usize {
  minor = load<u32>(pointer);
  completedCount = load<u32>(pointer, 4);
  hasGoodbye = load<u32>(pointer, 8) != 0;
  return pointer + 12;
}

/** Whether the Goodbye of this stream has come. */
export function isBehindGoodbye(): bool {
  return hasGoodbye;
}

/** Whether a part field, or what is known of it under `mask`, is that of a control packet. */
export function isControlPart(part: u32, mask: u32): bool {
  return part == (<u32> CONTROL_PART & mask) && minor >= 1;
}

/** Judges a length, or the lowest one that it can become; `isWhole` tells which. */
export function judgeControlLength(length: u32, isWhole: bool): i32 {
  return length > <u32> CONTROL_BODY_SIZE_MAX || (isWhole && length == 0)
    ? STATUS_CONTROL_LENGTH
    : STATUS_OK;
}

/** The kind of a whole control packet. */
export function controlKind(packet: usize): u32 {
  return <u32> load<u8>(packet + CONTROL_KIND_OFFSET);
}

/** Whether a kind is one of those that this version has. */
export function isKnownKind(kind: u32): bool {
  return kind >= <u32> CONTROL_PING && kind <= <u32> CONTROL_MESSAGE_WINDOW;
}

/** Judges a whole control packet of a known kind. */
export function judgeControl(packet: usize): i32 {
  const kind = controlKind(packet);
  const body = packet + CONTROL_KIND_OFFSET + 1;
  const size = loadU32(packet + LENGTH_OFFSET) - 1;
  const isGoodbye = kind == CONTROL_GOODBYE;
  if (hasGoodbye && (isGoodbye || kind == CONTROL_CONFIRM)) {
    return STATUS_CONTROL_BEHIND_GOODBYE;
  }
  if (!isSizeOfKind(kind, size)) return STATUS_CONTROL_FORM;
  if (isAboutConnection(kind) && loadU32(packet) != 0) {
    return STATUS_CONTROL_SUBJECT;
  }
  if (kind == CONTROL_CONFIRMED && <u32> load<u8>(body) > 1) {
    return STATUS_CONTROL_FORM;
  }
  if (kind == CONTROL_STOP) return judgeReason(body, size);
  if (!isGoodbye) return STATUS_OK;
  if (isAnyOpen()) return STATUS_GOODBYE_OPEN;
  if (loadU32(body) != completedCount) return STATUS_GOODBYE_COUNT;
  hasGoodbye = true;
  return judgeReason(body + COUNT_SIZE, size - COUNT_SIZE);
}

/** `size` is that of what stands behind the kind. */
function isSizeOfKind(kind: u32, size: u32): bool {
  if (kind == CONTROL_STOP) return size <= <u32> REASON_SIZE_MAX;
  if (kind == CONTROL_CONFIRM) return size == 0;
  if (kind == CONTROL_CONFIRMED) return size == 1;
  if (kind == CONTROL_GOODBYE) {
    return size >= COUNT_SIZE && size - COUNT_SIZE <= <u32> REASON_SIZE_MAX;
  }
  return size == NUMBER_SIZE;
}

function isAboutConnection(kind: u32): bool {
  return kind == CONTROL_PING || kind == CONTROL_PONG ||
    kind == CONTROL_WINDOW || kind == CONTROL_GOODBYE;
}

function judgeReason(pointer: usize, size: u32): i32 {
  resetReason();
  return takeReason(pointer, size) && reasonMissing() == 0
    ? STATUS_OK
    : STATUS_CONTROL_REASON;
}
