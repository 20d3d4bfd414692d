/**
 * The one error class of the module, and what any thrown value says.
 *
 * @module
 */

/**
 * What went wrong, and so whose fault it was.
 *
 * | code | whose fault | when |
 * | --- | --- | --- |
 * | `REJECTED` | nobody's | one of the two sides decided not to talk |
 * | `TIMEOUT` | nobody's | a handshake, decision or dial took too long, or the other side was silent for too long |
 * | `PROTOCOL` | the other side's | it broke a rule of [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md) |
 * | `LIMIT` | whoever reads too little | a limit of {@linkcode Limits} was reached |
 * | `TRUNCATED` | the other side's | its stream broke off, inside a message or between two |
 * | `ABORTED` | nobody's | the sender aborted a message |
 * | `CANCELLED` | nobody's | the receiver wanted no more of a message, or dropped it |
 * | `CLOSED` | the caller's | the connection is closed already, or was closed meanwhile |
 * | `UNREACHABLE` | nobody's | no connection method led to the other side |
 * | `INVALID_ARGUMENT` | the caller's | an argument is not usable |
 * | `UNSUPPORTED` | nobody's | the other side speaks a version of the protocol that cannot do it |
 */
export type LektErrorCode =
  | "REJECTED"
  | "TIMEOUT"
  | "PROTOCOL"
  | "LIMIT"
  | "TRUNCATED"
  | "ABORTED"
  | "CANCELLED"
  | "CLOSED"
  | "UNREACHABLE"
  | "INVALID_ARGUMENT"
  | "UNSUPPORTED";

/** Why one connection method did not lead to the other side. */
export interface MethodFailure {
  /** The connection method that was tried, as a URI. */
  method: string;
  /** How long the attempt took, in milliseconds. */
  elapsedMs: number;
  /** What stopped it. */
  error: Error;
}

/** What a {@linkcode LektError} carries besides its code and message. */
export interface LektErrorOptions extends ErrorOptions {
  /** Why a connection was rejected, or a message aborted or cancelled, or a nickname not looked up. */
  reason?: string | undefined;
  /** Which side rejected the connection. */
  by?: "local" | "remote" | undefined;
  /** The message that the error is about. */
  messageId?: number | undefined;
  /** The connection methods that were tried, with what stopped each. */
  failures?: readonly MethodFailure[];
  /** The number of the rule that the other side broke. */
  ruleId?: string | undefined;
}

/**
 * The error of this module: a `code` to branch on, a message for people, and
 * `cause` for what lies beneath.
 *
 * @example Branch on the code
 * ```ts
 * import { LektError } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new LektError("REJECTED", "Cannot talk to bob", {
 *   reason: "busy",
 *   by: "remote",
 * });
 * assertEquals(error.code, "REJECTED");
 * assertEquals(error.reason, "busy");
 * ```
 */
export class LektError extends Error {
  /** What went wrong; see {@linkcode LektErrorCode}. */
  readonly code: LektErrorCode;
  /** Why a connection was rejected (`REJECTED`), or a message aborted (`ABORTED`) or cancelled (`CANCELLED`); what a directory answers instead of a registration, as `not-found` (`UNREACHABLE`). */
  readonly reason?: string;
  /** Which side rejected the connection (`REJECTED`). */
  readonly by?: "local" | "remote";
  /** The message that the error is about, where it is about one. */
  readonly messageId?: number;
  /** The connection methods that were tried, in order (`UNREACHABLE`). */
  readonly failures?: readonly MethodFailure[];
  /** The number, in [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md), of the rule that the other side broke, such as `F-5`, where it has one (`PROTOCOL`). */
  readonly ruleId?: string;

  /**
   * Makes an error with its code, its message and its data.
   *
   * @param code What went wrong.
   * @param message What went wrong, in words for a person.
   * @param options What more is known.
   */
  constructor(
    code: LektErrorCode,
    message: string,
    options: LektErrorOptions = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "LektError";
    this.code = code;
    if (options.reason !== undefined) this.reason = options.reason;
    if (options.by !== undefined) this.by = options.by;
    if (options.messageId !== undefined) this.messageId = options.messageId;
    if (options.failures !== undefined) this.failures = options.failures;
    if (options.ruleId !== undefined) this.ruleId = options.ruleId;
  }
}

/** What {@linkcode messageOf} says of a value that says nothing of itself. */
const NO_MESSAGE = "an object without a message";

/** Members of a plain object that {@linkcode messageOf} shows; one with more says nothing. */
const SHOWN_MEMBERS_MAX = 32;

/**
 * What a value of somebody else's says, for people: something that was thrown,
 * the reason of a signal, what a callback gave. It may be anything, so this
 * never throws, whatever its prototype, getters or traps do.
 *
 * @param value The value.
 * @return The message of an error, or of an object that has one; a text as it is; what a number, a symbol or a class with a `toString` of its own says; a plain object as JSON.
 */
export function messageOf(value: unknown): string {
  try {
    if (typeof value !== "object" && typeof value !== "function") {
      return String(value);
    }
    if (value === null) return "null";
    const { message, toString } = value as { message?: unknown };
    if (typeof message === "string") return message;
    if (typeof value === "function") return NO_MESSAGE;
    const isPlain = toString === Object.prototype.toString ||
      Array.isArray(value) || ArrayBuffer.isView(value);
    const text: unknown = isPlain || typeof toString !== "function"
      ? jsonOf(value)
      : toString.call(value);
    return typeof text === "string" ? text : NO_MESSAGE;
  } catch {
    return NO_MESSAGE;
  }
}

/** Bounded: an array, or bytes, may have millions of members. */
function jsonOf(value: object): string | undefined {
  let count = 0;
  const text = JSON.stringify(value, (_key, member: unknown) => {
    count++;
    if (count > SHOWN_MEMBERS_MAX + 1 || ArrayBuffer.isView(member)) {
      throw new TypeError("It has too many members");
    }
    return member;
  });
  return text === "{}" ? undefined : text;
}
