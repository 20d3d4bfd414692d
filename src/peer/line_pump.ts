/**
 * Standard input of a script: each line goes to the other side as a message.
 *
 * @module
 */
import { fileReason } from "../base/reasons.ts";
import { system } from "../runtime/system.ts";
import { LineReader } from "./lines.ts";
import type { Reporter } from "./reporter.ts";
import type { Roster } from "./roster.ts";

/**
 * Once the other side has ended, lines that are still coming go out; after so
 * many milliseconds without one the conversation ends. An input that is merely
 * open, as under a supervisor, must not hold it for ever.
 */
const QUIET_MS = 1_500;

/** Moves lines to whoever is here. */
export class LinePump {
  readonly #roster: Roster;
  /** Resolves when the input has ended and its last line was sent. */
  readonly ended: Promise<void>;
  #isSending = false;
  #lineCount = 0;
  #isEnded = false;
  #hasFailed = false;

  /**
   * Begins to move lines.
   *
   * @param input Standard input.
   * @param roster Who is here: lines that nobody gets are left where they are.
   * @param onFault Told where the input cannot be read, which ends it.
   */
  constructor(
    input: AsyncIterable<Uint8Array>,
    roster: Roster,
    onFault: (error: unknown) => void,
  ) {
    this.#roster = roster;
    this.ended = this.#run(new LineReader(input), onFault);
  }

  /** Whether the input could not be read to its end. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Resolves when the input has ended, or gives nothing. */
  async quiet(): Promise<void> {
    while (!this.#isEnded) {
      const lineCount = this.#lineCount;
      await this.#pause();
      if (!this.#isSending && this.#lineCount === lineCount) return;
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, QUIET_MS);
    await Promise.race([promise, this.ended]);
    clearTimeout(timer);
  }

  async #run(
    lines: LineReader,
    onFault: (error: unknown) => void,
  ): Promise<void> {
    try {
      await this.#moveAll(lines);
    } catch (error) {
      this.#hasFailed = true;
      onFault(error);
    }
    this.#isEnded = true;
  }

  async #moveAll(lines: LineReader): Promise<void> {
    for (;;) {
      await this.#roster.waitForAddressee();
      const line = await lines.next();
      if (line === null) return;
      this.#lineCount++;
      this.#isSending = true;
      await (await this.#roster.waitForAddressee()).sendText(line);
      this.#isSending = false;
    }
  }
}

/** Moves the lines of this process's standard input; what is wrong with that is reported. */
export function pumpStandardInput(
  roster: Roster,
  reporter: Reporter,
): LinePump {
  return new LinePump(system.stdin.readable, roster, (error) => {
    const message = `Cannot read standard input: ${fileReason(error)}`;
    reporter.emit({ event: "error", code: "FILE", message });
  });
}
