/**
 * What the core says of a packet: 0, or the rule of `PROTOCOL.md`, section 5,
 * that the peer broke. Read by the AssemblyScript compiler and by Deno.
 *
 * @module
 */

/** No rule was broken. */
export const STATUS_OK = 0;

/** The index is not the next one for that open id. */
export const STATUS_INDEX_NOT_NEXT = -1;

/** The index is not 0 for an id that is not open. */
export const STATUS_INDEX_NOT_ZERO = -2;

/** The index is 0 for an id that is open. */
export const STATUS_ALREADY_OPEN = -3;

/** MORE is set and the length is 0. */
export const STATUS_EMPTY_MORE = -4;

/** MORE is set with the highest index. */
export const STATUS_INDEX_TOO_HIGH = -5;

/** The part field has the value that is reserved. */
export const STATUS_RESERVED_PART = -6;

/** An Abort names an id that is not open. */
export const STATUS_ABORT_NOT_OPEN = -7;

/** The reason of an Abort is longer than allowed. */
export const STATUS_REASON_TOO_LONG = -8;

/** The reason of an Abort is not well-formed UTF-8, or holds a NUL. */
export const STATUS_REASON_MALFORMED = -9;

/** One more message is opened than may be open at once. */
export const STATUS_TOO_MANY_OPEN = -10;
