/**
 * How many parts a message may have (`PROTOCOL.md`, section 5).
 *
 * @module
 */
import { PART_INDEX_MAX } from "../../asm/wire.ts";
import { LektError } from "../base/errors.ts";

/**
 * The index of the last of `count` parts that begin with `index`. Throws
 * `LIMIT` where there is no such index: the highest one ends its message, so
 * it serves only where these parts do.
 */
export function lastPartIndex(
  messageId: number,
  index: number,
  count: number,
  isEnd: boolean,
): number {
  const last = index + count - 1;
  if (last < PART_INDEX_MAX || last === PART_INDEX_MAX && isEnd) return last;
  throw new LektError(
    "LIMIT",
    `Cannot send message ${messageId}: part index is ${last}, the highest is ${PART_INDEX_MAX}`,
    { messageId },
  );
}
