/**
 * Files and folders for a program that knows no offers: a file at a time, and
 * no folders.
 *
 * @module
 */
import { basename } from "node:path";
import { regularSource } from "./file_sources.ts";
import type { OfferedEntry, OfferedItem } from "./offered_items.ts";
import type {
  FileOutcome,
  FileSource,
  OffersQuestion,
  OutgoingFiles,
} from "./outgoing_files.ts";
import type { OfferProgress } from "./outgoing_offers.ts";

/** What a folder without files comes to there. */
const NO_FOLDERS = "the other side's program takes no folders";

/** The first file is to be offered instead. */
class Invited extends Error {
  constructor() {
    super("it is offered instead");
  }
}

/** A file, and the item that it belongs to. */
interface SingleFile {
  readonly source: FileSource;
  readonly item: number;
}

/** Sends files one by one. */
export class SingleFiles {
  readonly #files: OutgoingFiles;
  readonly #items: readonly OfferedItem[];
  readonly #progress: OfferProgress;
  readonly #list: SingleFile[];
  readonly #outcomes: Promise<FileOutcome>[][];
  #sentCount = 0;

  /** Sends the files of `items` by `files`. */
  constructor(
    files: OutgoingFiles,
    items: readonly OfferedItem[],
    progress: OfferProgress,
  ) {
    this.#files = files;
    this.#items = items;
    this.#progress = progress;
    this.#outcomes = items.map(() => []);
    this.#list = items.flatMap(({ entries }, item) =>
      entries.flatMap((entry) => {
        const source = sourceOf(entry);
        return source ? [{ source, item }] : [];
      })
    );
  }

  /**
   * Sends the first file, and asks by it whether offers are known.
   *
   * @param offers Their version.
   * @param isInvited Tells whether the other side says so in time: the content waits for that.
   * @return Whether they are; the file was not sent then.
   */
  async sendFirst(
    offers: number,
    isInvited: () => Promise<boolean>,
  ): Promise<boolean> {
    const first = this.#list[0] ?? { source: this.#emptyFolder(), item: 0 };
    const isFile = this.#list.length > 0;
    let isOffered = false;

    async function ready(): Promise<void> {
      isOffered = await isInvited();
      if (isOffered) throw new Invited();
      if (!isFile) throw new Error(NO_FOLDERS);
    }

    const { sent, outcome } = this.#send(first, { offers, ready });
    await sent;
    if (isOffered) return true;
    if (isFile) this.#sentCount = 1;
    this.#outcomes[first.item]!.push(outcome);
    return false;
  }

  /** Sends those that were not sent yet. */
  sendAll(): {
    sent: Promise<void>;
    outcomes: Promise<FileOutcome[]>;
    over: Promise<void>;
  } {
    const sent = this.#sendRest();
    const outcomes = sent.then(() =>
      Promise.all(this.#outcomes.map((each) => combined(each)))
    );
    return { sent, outcomes, over: sent };
  }

  async #sendRest(): Promise<void> {
    if (
      this.#items.some(({ entries }) => entries[0]!.entry.kind === "folder")
    ) {
      this.#progress.onNote(
        `${NO_FOLDERS}: their files are sent one by one, without them`,
      );
    }
    for (const file of this.#list.slice(this.#sentCount)) {
      const { sent, outcome } = this.#send(file);
      this.#outcomes[file.item]!.push(outcome);
      await sent;
    }
  }

  #send(
    { source }: SingleFile,
    question?: OffersQuestion,
  ): { sent: Promise<void>; outcome: Promise<FileOutcome> } {
    return this.#files.send(source, this.#progress.onSent, question);
  }

  /** Asks for a folder in which there is nothing; it never has a content. */
  #emptyFolder(): FileSource {
    async function* nothing(): AsyncGenerator<Uint8Array> {}
    const { name } = this.#items[0]!;
    return { name, size: 0, open: () => Promise.resolve(nothing()) };
  }
}

function sourceOf(
  { entry, path, source }: OfferedEntry,
): FileSource | undefined {
  if (entry.kind !== "file") return undefined;
  return source ??
    regularSource(basename(entry.path), path!, entry.size, entry.path);
}

/** An item is what the worst of its files is. */
async function combined(
  outcomes: readonly Promise<FileOutcome>[],
): Promise<FileOutcome> {
  const all = await Promise.all(outcomes);
  const worst = all.find((each) => !isSafe(each)) ?? all.at(-1);
  return worst ?? { kind: "unsent", error: new Error(NO_FOLDERS) };
}

function isSafe(outcome: FileOutcome): boolean {
  return outcome.kind === "receipt" && outcome.receipt.ok;
}
