/**
 * What tells the runs of `peer_batch.ts` from each other.
 *
 * @module
 */

/** Stands behind the output of one run; the command itself escapes control characters. */
export const BATCH_MARK = "\u0000end with status ";
