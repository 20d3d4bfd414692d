/**
 * The terminal: what was said scrolls by above, progress bars and the line
 * that is being typed stay at the bottom.
 *
 * @module
 */
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { displayWidth, fit } from "./progress.ts";

const PROMPT = "> ";

/** The columns of a terminal that does not tell. */
const DEFAULT_COLUMNS = 80;

const ENCODER = new TextEncoder();

/** What a person does at the keyboard. */
export interface KeyboardHandlers {
  /** A line was typed. */
  onLine(line: string): void;
  /** Ctrl-C. */
  onInterrupt(): void;
  /** Ctrl-D on an empty line, or the terminal has gone. */
  onEnd(): void;
}

interface Question {
  readonly text: string;
  readonly signal: AbortSignal;
  readonly answer: (isYes: boolean) => void;
}

/** `readline` keeps how many rows the typed line reaches up; it must forget that where the screen was cleared under it. */
type Readline = Interface & { prevRows: number; line: string; cursor: number };

/** The screen of a person. */
export class Screen {
  #readline: Readline | undefined;
  #handlers: KeyboardHandlers | undefined;
  readonly #questions: Question[] = [];
  #typed = { line: "", cursor: 0 };
  #bars: readonly string[] = [];

  /** Columns of the terminal, one of which stays free: writing there would wrap. */
  get columns(): number {
    try {
      return Deno.consoleSize().columns || DEFAULT_COLUMNS;
    } catch {
      return DEFAULT_COLUMNS;
    }
  }

  /** Begins to read the keyboard. */
  readKeyboard(handlers: KeyboardHandlers): void {
    this.#handlers = handlers;
    const readline = createInterface({
      input: process.stdin,
      output: terminalOutput(() => this.columns),
      terminal: true,
      prompt: PROMPT,
    }) as Readline;
    this.#readline = readline;
    readline.on("line", (line: string) => this.#handleLine(line));
    readline.on("SIGINT", () => handlers.onInterrupt());
    // Without a listener Ctrl-Z would need the right to signal processes.
    readline.on("SIGTSTP", () => {});
    readline.on("close", () => {
      this.#readline = undefined;
      handlers.onEnd();
    });
    readline.prompt();
  }

  /** Runs `write`, which writes whole lines, above bars and prompt. */
  print(write: () => void): void {
    this.#erase(this.#rowsAboveCursor());
    write();
    this.#draw();
  }

  /** Shows these lines above the prompt, instead of those before. */
  setBars(bars: readonly string[]): void {
    if (bars.length === 0 && this.#bars.length === 0) return;
    this.#erase(this.#rowsAboveCursor());
    this.#bars = bars;
    this.#draw();
  }

  /**
   * Asks a person, one question after the other.
   *
   * @param text The question.
   * @param signal Withdraws it.
   * @return Whether the answer was yes; a withdrawn question was not answered so.
   */
  ask(text: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || !this.#readline) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const question = { text, signal, answer: resolve };
    this.#questions.push(question);
    if (this.#questions.length === 1) this.#showQuestion();
    signal.addEventListener("abort", () => this.#finish(question, false), {
      once: true,
    });
    return promise;
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.setBars([]);
    if (!this.#readline) return;
    this.#erase(this.#rowsAboveCursor());
    const readline = this.#readline;
    this.#readline = undefined;
    this.#handlers = undefined;
    readline.removeAllListeners();
    readline.close();
  }

  #handleLine(line: string): void {
    const question = this.#questions[0];
    const prompt = question ? question.text : PROMPT;
    const rows = Math.floor(displayWidth(prompt + line) / this.columns) + 1;
    this.#erase(rows + this.#bars.length);
    writeAll(`${prompt}${line}\n`);
    if (question) this.#finish(question, /^\s*y(es)?\s*$/i.test(line));
    else this.#handlers?.onLine(line);
    this.#draw();
  }

  #showQuestion(): void {
    const readline = this.#readline!;
    this.#erase(this.#rowsAboveCursor());
    this.#typed = { line: readline.line, cursor: readline.cursor };
    readline.line = "";
    readline.cursor = 0;
    readline.setPrompt(this.#questions[0]!.text);
    this.#draw();
  }

  #finish(question: Question, isYes: boolean): void {
    const index = this.#questions.indexOf(question);
    if (index < 0) return;
    this.#questions.splice(index, 1);
    question.answer(isYes);
    const readline = this.#readline;
    if (index > 0 || !readline) return;
    this.#erase(this.#rowsAboveCursor());
    readline.setPrompt(PROMPT);
    readline.line = this.#typed.line;
    readline.cursor = this.#typed.cursor;
    if (this.#questions.length > 0) this.#showQuestion();
    else this.#draw();
  }

  #rowsAboveCursor(): number {
    return this.#bars.length + (this.#readline?.getCursorPos().rows ?? 0);
  }

  /** Clears the bottom of the screen; the cursor is then where the bars begin. */
  #erase(rowCount: number): void {
    writeAll(`\r${rowCount > 0 ? `\x1b[${rowCount}A` : ""}\x1b[0J`);
    if (this.#readline) this.#readline.prevRows = 0;
  }

  #draw(): void {
    const columns = this.columns - 1;
    for (const bar of this.#bars) {
      writeAll(`${fit(bar, columns).trimEnd()}\n`);
    }
    this.#readline?.prompt(true);
  }
}

function writeAll(text: string): void {
  const bytes = ENCODER.encode(text);
  try {
    let offset = 0;
    while (offset < bytes.length) {
      offset += Deno.stderr.writeSync(bytes.subarray(offset));
    }
  } catch {
    // The terminal has gone, and the signal that says so is on its way.
  }
}

/** Standard error as `readline` wants it; written at once, in order with everything else here. */
function terminalOutput(columns: () => number): Writable {
  const output = new Writable({
    write(chunk: Uint8Array, _encoding, done: () => void): void {
      writeAll(new TextDecoder().decode(chunk));
      done();
    },
  });
  Object.defineProperty(output, "columns", { get: columns });
  return output;
}
