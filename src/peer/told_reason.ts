/**
 * Why a file cannot be kept here, and what of that its sender is told.
 *
 * @module
 */
import { deepest, fileReason } from "../base/reasons.ts";
import { FileFault } from "../talk/receive.ts";

/** What the space that is left is called to both sides. */
export const NO_ROOM = "there is no room for it";

/** What the sender is told: the cause is the local disk's, and not for them, but for a full one, about which only the two together can do something. */
export function toldReason(error: FileFault): string {
  const { message, cause } = error;
  if (!cause) return message;
  const { code } = Object(deepest(cause)) as { code?: unknown };
  const isFull = message.startsWith(NO_ROOM) ||
    /^(?:ENOSPC|EDQUOT)$/.test(String(code));
  return isFull ? NO_ROOM : "it cannot be saved";
}

/** Why the local disk does not keep a file. */
export function cannotSave(cause: unknown): FileFault {
  return cause instanceof FileFault
    ? cause
    : new FileFault(`it cannot be saved: ${fileReason(cause)}`, { cause });
}
