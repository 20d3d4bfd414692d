/**
 * What is kept of messages that their sender has aborted.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { IncomingMessage } from "./incoming_message.ts";

/** What an error counts besides its reason: an object, its text, its stack. */
const ERROR_SIZE = 1_024;

/** The error that the reader of `message` gets; it counts as held until the application has got the message. */
export function abortedError(
  message: IncomingMessage,
  details: { reason: string; messageId: number },
): LektError {
  const { reason, messageId } = details;
  if (!message.isHandedOver) message.overheadSize += ERROR_SIZE + reason.length;
  return new LektError(
    "ABORTED",
    `Cannot receive message ${messageId}: its sender gave it up`,
    details,
  );
}
