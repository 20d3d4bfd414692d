/**
 * Shows what becomes of the files and folders that one conversation sends.
 *
 * @module
 */
import { fileReason } from "../base/reasons.ts";
import { harmless } from "../base/text.ts";
import type { OfferedItem } from "./offered_items.ts";
import {
  Cancelled,
  type FileOutcome,
  type FileSource,
} from "./outgoing_files.ts";
import type { OfferProgress } from "./outgoing_offers.ts";
import type { Reporter } from "./reporter.ts";

/** So much of what is left out is named. */
const LEFT_COUNT_MAX = 10;

/** Tells of something that failed. */
type TellFault = (
  message: string,
  about: { id?: number | undefined; name?: string | undefined },
) => void;

/** Tells what is sent, how far it is, and what has become of it. */
export class SendingReports {
  readonly #reporter: Reporter;
  readonly #connection: number;
  readonly #tellFault: TellFault;
  /** Items of which it was told what is left out: they may be offered again. */
  readonly #told = new WeakSet<OfferedItem>();
  /** What is on its way. */
  readonly #pending = new Set<Promise<void>>();

  /** Tells of the conversation with the number `connection`. */
  constructor(reporter: Reporter, connection: number, tellFault: TellFault) {
    this.#reporter = reporter;
    this.#connection = connection;
    this.#tellFault = tellFault;
  }

  /** Resolves when it is known what has become of all that was sent. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Begins to show items on their way; `end` tells what has become of each, `drop` only that they are offered anew. */
  begin(items: readonly OfferedItem[]): {
    progress: OfferProgress;
    end: (outcomes: readonly FileOutcome[]) => void;
    drop: () => void;
  } {
    for (const item of items) this.#tellLeft(item);
    const size = items.some(hasUnknownSize)
      ? undefined
      : items.reduce((sum, item) => sum + item.size, 0);
    const transfer = this.#reporter.startTransfer(
      "to",
      this.#connection,
      titleOf(items),
      size,
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pending.add(promise);
    promise.then(() => this.#pending.delete(promise));
    return {
      progress: {
        onSent: (byteCount) => transfer.add(byteCount),
        onNote: (text) => this.#reporter.note(harmless(text)),
        onFault: (name, reason) =>
          this.#tellFault(`Cannot send ${name}: ${reason}`, { name }),
      },
      drop: () => {
        resolve();
        transfer.end(false);
      },
      end: (outcomes) => {
        resolve();
        transfer.end(outcomes.every(isSafe));
        for (const [index, item] of items.entries()) {
          const { name } = item;
          this.#tellOutcome(name, outcomes[index]!, folderFacts(item));
        }
      },
    };
  }

  /** Begins to show a bare message on its way. */
  beginRaw({ name, size }: FileSource): {
    onSent: (byteCount: number) => void;
    end: (outcome: FileOutcome) => void;
  } {
    const transfer = this.#reporter.startTransfer(
      "to",
      this.#connection,
      name,
      size,
    );
    return {
      onSent: (byteCount) => transfer.add(byteCount),
      end: (outcome) => {
        const { kind } = outcome;
        const isSent = kind === "unconfirmed" || kind === "receipt";
        transfer.end(isSent);
        if (!isSent) this.#tellOutcome(name, outcome);
      },
    };
  }

  /** What cannot be read is a failure; what is no file by its kind is only told. */
  #tellLeft(item: OfferedItem): void {
    if (this.#told.has(item)) return;
    this.#told.add(item);
    const { entries } = item;
    const left: { path: string; reason: string }[] = [];
    for (const { entry, isUnreadable } of entries) {
      if (entry.kind !== "left") continue;
      const { path, reason } = entry;
      if (!isUnreadable) left.push({ path, reason });
      else this.#tellFault(`Cannot send ${path}: ${reason}`, { name: path });
    }
    if (left.length === 0) return;
    this.#reporter.emit({
      event: "leftOut",
      connection: this.#connection,
      name: item.name,
      leftOut: left.slice(0, LEFT_COUNT_MAX),
      more: Math.max(0, left.length - LEFT_COUNT_MAX),
    });
  }

  #tellOutcome(
    name: string,
    outcome: FileOutcome,
    folder: FolderFacts = {},
  ): void {
    switch (outcome.kind) {
      case "receipt": {
        const { id, ok, reason } = outcome.receipt;
        const connection = this.#connection;
        const facts = { connection, id, name, ok, reason, ...folder };
        return this.#reporter.emit({ event: "receipt", ...facts });
      }
      case "unconfirmed":
        return this.#tellFault(
          outcome.isUnsent
            ? `Cannot send ${name}: ${outcome.reason}`
            : `Cannot tell whether ${name} has arrived: ${outcome.reason}`,
          { id: outcome.id, name },
        );
      case "unreadable":
        return this.#tellFault(
          `Cannot send ${name}: ${fileReason(outcome.error)}`,
          { id: outcome.id, name },
        );
      case "unsent":
        if (isCancelled(outcome)) {
          const what = outcome.mayBeThere
            ? "had gone before: it may have arrived"
            : "is not sent";
          this.#reporter.note(`${harmless(name)} ${what}`);
        }
    }
  }
}

/** What is told of a folder, and not of a file. */
interface FolderFacts {
  /** How many files are in it. */
  readonly files?: number;
}

/** What is to be told of an item where it is a folder. */
export function folderFacts({ entries }: OfferedItem): FolderFacts {
  if (entries[0]?.entry.kind !== "folder") return {};
  return { files: entries.filter(({ entry }) => entry.kind === "file").length };
}

/** Whether somebody here has given it up. */
export function isCancelled(outcome: FileOutcome): boolean {
  return outcome.kind === "unsent" && outcome.error instanceof Cancelled;
}

function isSafe(outcome: FileOutcome): boolean {
  return outcome.kind === "receipt" && outcome.receipt.ok;
}

/** Whether nobody can tell before how long it is, as of a pipe. */
export function hasUnknownSize({ entries }: OfferedItem): boolean {
  return entries.some(({ entry }) =>
    entry.kind === "file" && entry.size === undefined
  );
}

function titleOf(items: readonly OfferedItem[]): string {
  const [first] = items;
  const isFolder = first?.entries[0]?.entry.kind === "folder";
  const name = `${first?.name ?? ""}${isFolder ? "/" : ""}`;
  return items.length > 1 ? `${name} and ${items.length - 1} more` : name;
}
