/**
 * Which files are taken: what `--accept-files` says, and whether there is room.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import { type FileHeader, safeFileName } from "../talk/mod.ts";
import { FileFault } from "../talk/receive.ts";
import { freeSpace } from "./free_space.ts";
import { formatSize } from "./progress.ts";

/** How long a person may think about a file, in milliseconds: less than a connection waits for a reader. */
const ANSWER_TIMEOUT_MS = 40_000;

/** The words of `--accept-files`. */
export const FILE_POLICY_WORDS = ["all", "ask", "none"] as const;

/** What `--accept-files` says. */
export type FilePolicyWord = typeof FILE_POLICY_WORDS[number];

/** Who sends files: one conversation. */
export interface FileSender {
  /** What they call themselves, harmless. */
  readonly who: string;
  /** Fires when the conversation has ended. */
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

/** Tells whether a text is one of the words. */
export function isFilePolicyWord(text: string): text is FilePolicyWord {
  return (FILE_POLICY_WORDS as readonly string[]).includes(text);
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
    const { word, folder } = this.#options;
    if (word === "none") throw new FileFault("files are not taken here");
    if (folder === undefined) {
      const cause = new Error("HOME names no folder: use --save DIR");
      throw new FileFault(`it cannot be saved: ${cause.message}`, { cause });
    }
    if (word === "all") {
      await this.#room(header, folder);
      return folder;
    }
    const asking = this.#last.then(() => this.#ask(sender, header, folder));
    this.#last = asking.catch(() => {});
    await asking;
    return folder;
  }

  async #ask(
    sender: FileSender,
    header: FileHeader,
    folder: string,
  ): Promise<void> {
    const free = await this.#room(header, folder);
    if (sender.ended.aborted) throw new FileFault("declined");
    const { answerTimeoutMs, ask } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), answerTimeoutMs);
    const withdraw = () => late.abort();
    sender.ended.addEventListener("abort", withdraw);
    const question = questionText(sender.who, header, free);
    const isYes = await ask(question, sender, late.signal);
    clearTimeout(timer);
    sender.ended.removeEventListener("abort", withdraw);
    if (late.signal.aborted) throw new FileFault("no answer");
    if (!isYes) throw new FileFault("declined");
  }

  /** The free space, which must be enough where both are known. */
  async #room(
    { size }: FileHeader,
    folder: string,
  ): Promise<number | undefined> {
    const free = await (this.#options.freeSpace ?? freeSpace)(folder);
    if (size === undefined || free === undefined || size <= free) return free;
    const cause = new Error(
      `it has ${formatSize(size)}, and ${formatSize(free)} are free`,
    );
    throw new FileFault(`there is no room for it: ${cause.message}`, { cause });
  }
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
