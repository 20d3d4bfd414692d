/**
 * Files that are sent one after the other, and what became of each.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { fileReason } from "../base/reasons.ts";
import type { Conversation } from "./conversation.ts";
import type { FileReport } from "./events.ts";
import type { OfferedItem } from "./offered_items.ts";
import type { FileOutcome, FileSource } from "./outgoing_files.ts";
import type { Reporter } from "./reporter.ts";
import { folderFacts, hasUnknownSize } from "./sending_reports.ts";

/** How long the other side's end is waited for once all is said, in milliseconds. */
const END_WAIT_MS = 1_000;

/** The same with `isRaw`, where no receipt has come before. */
const RAW_END_WAIT_MS = 5_000;

/** What {@linkcode deliver} works with. */
export interface DeliverOptions {
  /** Shows what became of them. */
  readonly reporter: Reporter;
  /** Lives through the conversation, in which this side may end as soon as the promise that `mayEnd` gives resolves. */
  readonly live: (mayEnd: () => Promise<void>) => Promise<void>;
}

/**
 * Sends files, ends this side's stream behind the last one, waits for the
 * receipts as long as there is hope, ends the conversation, and tells of each
 * file what became of it.
 */
export async function deliver(
  conversation: Conversation,
  sources: Sources,
  { reporter, live }: DeliverOptions,
): Promise<void> {
  const { sent, known } = sendAll(conversation, sources);
  const living = live(() => sent);
  await Promise.race([sent, living]);
  await conversation.closeWrite();
  await Promise.race([known, living]);
  const timer = setTimeout(
    () => conversation.stop(),
    sources.isRaw ? RAW_END_WAIT_MS : END_WAIT_MS,
  );
  await living;
  clearTimeout(timer);
  const connection = conversation.number;
  reporter.emit({ event: "summary", connection, files: await known });
}

/** Files on their way. */
interface Delivery {
  /** Resolves when the last one was sent, or cannot be. */
  readonly sent: Promise<void>;
  /** Resolves when it is known what became of each; with `isRaw` with {@linkcode Delivery.sent}. */
  readonly known: Promise<FileReport[]>;
}

/** What is to be sent: files and folders, or with `isRaw` bare messages. */
export type Sources =
  | { readonly isRaw: true; readonly files: readonly FileSource[] }
  | {
    readonly isRaw: false;
    readonly items: readonly OfferedItem[];
    readonly isZstd: boolean;
  };

/** Sends all; neither promise rejects. */
function sendAll(conversation: Conversation, sources: Sources): Delivery {
  if (sources.isRaw) return sendRaw(conversation, sources.files);
  const { items, isZstd } = sources;
  const { sent, outcomes } = conversation.sendItems(items, isZstd);
  const known = outcomes.then((results) =>
    items.map((item, index) => ({
      ...reportOf(item.name, results[index]!),
      ...folderFacts(item),
      ...isResumable(item, results[index]!) ? { resumable: true as const } : {},
    }))
  );
  return { sent, known };
}

function sendRaw(
  conversation: Conversation,
  files: readonly FileSource[],
): Delivery {
  const reports: Promise<FileReport>[] = [];

  async function send(): Promise<void> {
    for (const file of files) {
      const { sent, outcome } = conversation.sendRaw(file);
      reports.push(outcome.then((result) => reportOf(file.name, result)));
      await sent;
    }
  }

  const sent = send();
  return { sent, known: sent.then(() => Promise.all(reports)) };
}

/** Whether what has come of it need not be sent again: the other side has not refused it, and could tell how much that is. */
function isResumable(item: OfferedItem, outcome: FileOutcome): boolean {
  return "isOfOffer" in outcome && !hasUnknownSize(item);
}

/** What is to be told of one file in the end. */
function reportOf(name: string, outcome: FileOutcome): FileReport {
  const { id } = outcome;
  switch (outcome.kind) {
    case "receipt": {
      const { ok, reason = "" } = outcome.receipt;
      return ok
        ? { name, id, state: "safe" }
        : { name, id, state: "failed", reason };
    }
    case "unconfirmed":
      return {
        name,
        id,
        state: outcome.isUnsent ? "failed" : "unconfirmed",
        reason: outcome.reason,
      };
    case "unreadable":
      return { name, id, state: "failed", reason: fileReason(outcome.error) };
    case "unsent":
      return {
        name,
        id,
        state: outcome.mayBeThere ? "unconfirmed" : "failed",
        reason: messageOf(outcome.error),
      };
  }
}
