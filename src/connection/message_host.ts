/**
 * What the messages of one connection have of it.
 *
 * @module
 */
import type { Limits } from "../base/limits.ts";
import type { OwedConfirmations } from "../session/confirmations.ts";
import type { Driver } from "./driver.ts";
import type { MessageHost } from "./message_body.ts";

/** Makes the host of the messages that come by `driver`. */
export function makeMessageHost(driver: Driver, limits: Limits): MessageHost {
  // Kept, since each message asks, and the way there is long.
  let owed: OwedConfirmations | undefined;
  return {
    // What may not be held cannot be collected either.
    maxCollectedBytes: Math.min(
      limits.maxCollectedBytes,
      limits.maxBufferedBytes,
    ),
    get owesAny(): boolean {
      owed ??= driver.session.exchange?.receipts?.owed;
      return owed !== undefined && owed.count > 0;
    },
    noteConsumed: (message) => driver.noteConsumed(message),
    settle: (messageId, isTaken) => driver.settle(messageId, isTaken),
    cancel: (message, reason) => driver.cancel(message, reason),
    release: (message) => driver.session.inbox.release(message),
  };
}
