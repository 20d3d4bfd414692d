/**
 * What is kept of messages that their sender has aborted.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/** Bytes of a character of a text that has others than those of Latin-1. */
const CHARACTER_SIZE = 2;

/** Bytes of what makes the error. */
const FAILURE_SIZE = 128;

/** Bytes that a reason is counted as, while the application has not got the message. */
export function reasonSize(reason: string): number {
  return FAILURE_SIZE + CHARACTER_SIZE * reason.length;
}

/** The error that the reader of message `messageId` gets. */
export function abortedError(messageId: number, reason: string): LektError {
  return new LektError(
    "ABORTED",
    `Cannot receive message ${messageId}: its sender gave it up`,
    { reason, messageId },
  );
}
