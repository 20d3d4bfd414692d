/**
 * Which files are taken: what `--accept-files` says, and whether there is room.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import { type FileHeader, safeFileName } from "../talk/mod.ts";
import { FileFault } from "../talk/receive.ts";
import type { FilePolicyWord } from "./file_policy_words.ts";
import { freeSpace } from "./free_space.ts";
import { formatSize } from "./progress.ts";
import { NO_ROOM } from "./told_reason.ts";

/** How long a person may think about a file, in milliseconds: less than a connection waits for a reader. */
const ANSWER_TIMEOUT_MS = 40_000;

/** The same about an offer, behind which nothing waits. */
const OFFER_ANSWER_TIMEOUT_MS = 300_000;

/** Who sends files: one conversation. */
export interface FileSender {
  /** What they call themselves, harmless. */
  readonly who: string;
  /** Fires when the connection has ended; the reason is the error that it ended with. */
  readonly ended: AbortSignal;
}

/** Asks a person; resolves to `false` when the signal fires. */
export type AskAboutFile = (
  question: string,
  sender: FileSender,
  signal: AbortSignal,
) => Promise<boolean>;

/** What {@linkcode FilePolicy} works with. */
export interface FilePolicyOptions {
  /** What `--accept-files` says. */
  readonly word: FilePolicyWord;
  /** Where files go; `undefined` where nothing names a place. */
  readonly folder: string | undefined;
  /** Asks a person. */
  readonly ask: AskAboutFile;
  /** How long a person may think about one file, in milliseconds. */
  readonly answerTimeoutMs: number;
  /** Tells how much room there is. */
  readonly freeSpace?: (folder: string) => Promise<number | undefined>;
}

/** What there is to decide. */
interface Decision {
  readonly sender: FileSender;
  /** Bytes that are to come, where they are known. */
  readonly size: number | undefined;
  readonly timeoutMs: number;
  readonly question: (free?: number) => string;
}

/** Decides about each file before its content is read. */
export class FilePolicy {
  readonly #options: FilePolicyOptions;
  #last: Promise<unknown> = Promise.resolve();

  /** Decides as `options` say. */
  constructor(options: FilePolicyOptions) {
    this.#options = options;
  }

  /**
   * The folder that files go to.
   *
   * @throws {FileFault} Where none is taken.
   */
  folder(): string {
    const { word, folder } = this.#options;
    if (word === "none") throw new FileFault("files are not taken here");
    if (folder !== undefined) return folder;
    const cause = new Error("HOME names no folder: use --save DIR");
    throw new FileFault(`it cannot be saved: ${cause.message}`, { cause });
  }

  /**
   * Decides about one file; a person is asked about one at a time.
   *
   * @param sender Who sends it.
   * @param header What it says of itself.
   * @return The folder that the file goes to.
   * @throws {FileFault} Where it is not taken; the message is for the other side too, unless there is a cause.
   */
  async admit(
    sender: FileSender,
    header: FileHeader,
  ): Promise<string> {
    const folder = this.folder();
    await this.#decide({
      sender,
      size: header.size,
      timeoutMs: this.#options.answerTimeoutMs,
      question: (free) => questionText(sender.who, header, free),
    });
    return folder;
  }

  /**
   * Decides about an offer of several files and folders, as {@linkcode admit}
   * does about one file.
   *
   * @param sender Who offers.
   * @param size Bytes that are still to come, where they are known.
   * @param question What a person is asked, with the bytes that are free.
   * @param isAdmitted Whether the same was accepted before: there must be room still.
   * @throws {FileFault} Where it is not taken.
   */
  async admitOffer(
    sender: FileSender,
    size: number | undefined,
    question: (free?: number) => string,
    isAdmitted = false,
  ): Promise<void> {
    if (isAdmitted) {
      await this.#room(size);
      return;
    }
    const timeoutMs = OFFER_ANSWER_TIMEOUT_MS;
    await this.#decide({ sender, size, timeoutMs, question });
  }

  async #decide(decision: Decision): Promise<void> {
    const { sender, size, question, timeoutMs } = decision;
    if (this.#options.word === "all") {
      await this.#room(size);
      return;
    }
    const asking = this.#last.then(async () => {
      const free = await this.#room(size);
      await this.#ask(sender, question(free), timeoutMs);
    });
    this.#last = asking.catch(() => {});
    await asking;
  }

  async #ask(
    sender: FileSender,
    question: string,
    timeoutMs: number,
  ): Promise<void> {
    checkPresence(sender);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    const withdraw = () => late.abort();
    sender.ended.addEventListener("abort", withdraw);
    const isYes = await this.#options.ask(question, sender, late.signal);
    clearTimeout(timer);
    sender.ended.removeEventListener("abort", withdraw);
    checkPresence(sender);
    if (late.signal.aborted) throw new FileFault("no answer");
    if (!isYes) throw new FileFault("declined");
  }

  /** The free space, which must be enough where both are known. */
  async #room(size: number | undefined): Promise<number | undefined> {
    const free = await (this.#options.freeSpace ?? freeSpace)(this.folder());
    if (size === undefined || free === undefined || size <= free) return free;
    const cause = new Error(
      `it has ${formatSize(size)}, and ${formatSize(free)} are free`,
    );
    throw new FileFault(`${NO_ROOM}: ${cause.message}`, { cause });
  }
}

/** Throws where whoever sends is not there any more. */
function checkPresence({ ended }: FileSender): void {
  if (ended.aborted) throw new FileFault("the conversation has ended");
}

/** The policy that the command line asks for; where nobody can be asked, the answer is no. */
export function makeFilePolicy(
  settings: { acceptFiles: FilePolicyWord; saveFolder: string | undefined },
  questions: () => { ask: AskAboutFile } | undefined,
): FilePolicy {
  return new FilePolicy({
    word: settings.acceptFiles,
    folder: settings.saveFolder,
    ask: async (...question) => await questions()?.ask(...question) ?? false,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });
}

function questionText(
  who: string,
  { name, size }: FileHeader,
  free: number | undefined,
): string {
  const facts = [
    size === undefined ? "of unknown size" : formatSize(size),
    ...(free === undefined ? [] : [`${formatSize(free)} are free`]),
  ];
  return `${who} sends the file ${harmless(safeFileName(name))} (${
    facts.join(", ")
  })`;
}
