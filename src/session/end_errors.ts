/**
 * The errors in which a connection ends, and the messages on it.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/** This side, or the application on the other one, has closed the connection. */
export function closedError(): LektError {
  return new LektError("CLOSED", "The connection was closed");
}

/** The other side's stream ended inside a message. */
export function truncatedError(messageId: number): LektError {
  return new LektError(
    "TRUNCATED",
    `Cannot receive message ${messageId}: the other side's stream ended inside it`,
    { messageId },
  );
}

/** The connection failed with `error` before a message was whole. */
export function failedError(messageId: number, error: LektError): LektError {
  return new LektError(
    error.code,
    `Cannot receive message ${messageId}: the connection failed (${error.message})`,
    { cause: error, messageId },
  );
}

/** The other side's stream did not end in order; `fault` says why not. */
export function brokenOffError(fault: string): LektError {
  return new LektError(
    "TRUNCATED",
    `Cannot receive more: the other side broke off, ${fault}`,
  );
}

/** How far both sides are with their Goodbyes. */
interface Goodbyes {
  hasRemoteEnded: boolean;
  hasSaidGoodbye: boolean;
  isGoodbyeHeard: boolean;
}

/** What is missing, if anything, where a stream of version 1.1 ends. */
export function goodbyeFault(goodbyes: Goodbyes): string | undefined {
  if (!goodbyes.hasRemoteEnded) return "for it did not say Goodbye";
  if (!goodbyes.hasSaidGoodbye) {
    return "for it did not wait for this side's Goodbye";
  }
  return goodbyes.isGoodbyeHeard
    ? undefined
    : "for it has not read all that this side has sent";
}

/** Nothing came from the other side for so long. */
export function silenceError(silentMs: number): LektError {
  const seconds = (silentMs / 1000).toFixed(1);
  return new LektError(
    "TIMEOUT",
    `The connection broke: the other side was silent for ${seconds} s`,
  );
}
