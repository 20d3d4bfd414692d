/**
 * The terminal without anything that moves: each event is a line, and nothing
 * is drawn again. For screen readers, and for terminals that cannot move their
 * cursor.
 *
 * @module
 */
import { system } from "../runtime/system.ts";
import type { KeyboardHandlers, PersonScreen } from "./screen.ts";

/** Columns of a terminal that does not tell. */
const DEFAULT_COLUMNS = 80;

/** Characters of the longest line that is read; a terminal gives 4096. */
const LINE_LENGTH_MAX = 1024 * 1024;

/** What is typed, in lines as the terminal gives them, and a way to end reading. */
export interface LineInput {
  /** What is typed. */
  readonly input: ReadableStream<Uint8Array>;
}

/** A screen that only grows. */
export class PlainScreen implements PersonScreen {
  readonly #source: LineInput;
  #handlers: KeyboardHandlers | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** Reads lines from here, once somebody wants them. */
  constructor(source: LineInput = { input: system.stdin.readable }) {
    this.#source = source;
  }

  /** Nothing here moves. */
  readonly isPlain = true;

  /** Columns of the terminal. */
  get columns(): number {
    try {
      return system.consoleSize().columns || DEFAULT_COLUMNS;
    } catch {
      return DEFAULT_COLUMNS;
    }
  }

  /** What is typed is not known before Enter. */
  get isTyping(): boolean {
    return false;
  }

  /** There is no prompt: nobody knows which line it would be answered by. */
  get prompt(): undefined {
    return undefined;
  }

  /** Begins to read lines. */
  readKeyboard(handlers: KeyboardHandlers): void {
    this.#handlers = handlers;
    this.#reader = this.#source.input.getReader();
    void this.#read(this.#reader);
  }

  /** Runs `write`, which writes whole lines. */
  print(write: () => void): void {
    write();
  }

  /** Bars would move. */
  setBars(): void {}

  /** See {@linkcode prompt}. */
  setPrompt(): void {}

  /** There is no prompt that would not fit. */
  fits(): boolean {
    return true;
  }

  /** Reads no more. */
  close(): void {
    this.#handlers = undefined;
    this.#reader?.cancel().catch(() => {});
  }

  async #read(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<void> {
    const decoder = new TextDecoder();
    let held = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const lines = (held + decoder.decode(value, { stream: true }))
          .split(/\r?\n/);
        held = lines.pop()!.slice(0, LINE_LENGTH_MAX);
        for (const text of lines) {
          this.#handlers?.onLine({ text, isPasted: false, prompt: undefined });
        }
      }
    } catch {
      // The terminal has gone.
    }
    this.#handlers?.onEnd();
  }
}
