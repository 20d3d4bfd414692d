/**
 * What the core says of a packet: 0, or the rule of `PROTOCOL.md`, sections 5
 * and 10, that the peer broke. Read by the AssemblyScript compiler and by Deno.
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

/** The length of a control packet is 0, or longer than allowed. */
export const STATUS_CONTROL_LENGTH = -11;

/** The body of a control packet has another size than its kind, or a value that is none. */
export const STATUS_CONTROL_FORM = -12;

/** A control packet about the connection names a message. */
export const STATUS_CONTROL_SUBJECT = -13;

/** The reason in a control packet is not well-formed UTF-8, or holds a NUL. */
export const STATUS_CONTROL_REASON = -14;

/** A Goodbye comes while messages are open. */
export const STATUS_GOODBYE_OPEN = -15;

/** A Goodbye tells another count of messages than have been completed. */
export const STATUS_GOODBYE_COUNT = -16;

/** A packet of a message comes behind the Goodbye. */
export const STATUS_BEHIND_GOODBYE = -17;

/** A Confirm or a Goodbye comes behind the Goodbye. */
export const STATUS_CONTROL_BEHIND_GOODBYE = -18;
