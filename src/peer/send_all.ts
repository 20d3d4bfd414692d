/**
 * Files that are sent one after the other.
 *
 * @module
 */
import type { Conversation } from "./conversation.ts";
import type { FileSource } from "./outgoing_files.ts";

/** Sends all; resolves when each is confirmed, or with `isRaw` when each is sent. */
export async function sendAll(
  conversation: Conversation,
  sources: readonly FileSource[],
  isRaw: boolean,
): Promise<void> {
  const confirmations: Promise<void>[] = [];
  for (const source of sources) {
    if (isRaw) {
      await conversation.sendRaw(source);
    } else {
      const { sent, confirmed } = conversation.sendFile(source);
      confirmations.push(confirmed);
      await sent;
    }
  }
  await Promise.all(confirmations);
}
