/**
 * The terminal: what was said scrolls by above, progress bars and the line
 * that is being typed stay at the bottom.
 *
 * Each bar, and the line with its prompt, takes exactly one row: the terminal
 * does not wrap there, whatever it thinks of the width of a letter. So this
 * side knows how many rows are its own, and never clears one of what was said.
 *
 * @module
 */
import { KeyDecoder, MARK_PASTES, type Stroke } from "./keys.ts";
import { LineEditor } from "./line_editor.ts";
import { displayWidth, fit } from "./progress.ts";
import { harmless } from "../base/text.ts";
import { system } from "../runtime/system.ts";

/** The size of a terminal that does not tell. */
const DEFAULT_SIZE = { columns: 80, rows: 24 } as const;

/** Columns that a prompt leaves to what is typed. */
const TYPED_COLUMNS_MIN = 12;

const WRAP = { on: "\x1b[?7h", off: "\x1b[?7l" } as const;
const CURSOR = { save: "\x1b7", restore: "\x1b8" } as const;

const ENCODER = new TextEncoder();

/** Something that the prompt asks for, instead of any line. */
export interface Prompt {
  /** What stands before the line; where the row is too narrow, its end is cut. */
  readonly text: string;
  /** What stands between that and the line, and is never cut. */
  readonly ending?: string;
}

/** What stands before a line that nobody has asked for. */
const ANY_LINE: Prompt = { text: "> " };

/** A line that was typed. */
export interface TypedLine {
  /** The line. */
  readonly text: string;
  /** Whether its end was pasted, so that nobody has pressed Enter. */
  readonly isPasted: boolean;
  /** What the prompt asked for when the line was begun. */
  readonly prompt: Prompt | undefined;
}

/** What a person does at the keyboard. */
export interface KeyboardHandlers {
  /** A line was typed. */
  onLine(line: TypedLine): void;
  /** Tab: gives what is to be put in where the cursor is. */
  onTab(textBeforeCursor: string): string;
  /** Ctrl-C. */
  onInterrupt(): void;
  /** Ctrl-D on an empty line, or the terminal has gone. */
  onEnd(): void;
}

/** The part of a terminal that is used. */
export interface Terminal {
  /** Writes all of it, at once. */
  write(text: string): void;
  /** Its size; zeros where it does not tell. */
  size(): { columns: number; rows: number };
  /** Gives keys as they are pressed, and stops that. */
  setRaw(isRaw: boolean): void;
  /** What is typed. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Calls when the size has changed, or this program goes on after it was suspended; the result stops that. */
  watchChanges(onChange: () => void): () => void;
  /** Suspends this program, as Ctrl-Z does; returns when it goes on, or if it cannot be. */
  suspend(): void;
}

/** What the rest of the command needs of a person's screen. */
export interface PersonScreen {
  /** Whether nothing is ever drawn again. */
  readonly isPlain: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  /** Whether a line was begun. */
  readonly isTyping: boolean;
  /** What the prompt asks for just now. */
  readonly prompt: Prompt | undefined;
  /** Begins to read the keyboard. */
  readKeyboard(handlers: KeyboardHandlers): void;
  /** Runs `write`, which writes whole lines, where they belong. */
  print(write: () => void): void;
  /** Shows these lines for as long as they hold. */
  setBars(bars: readonly string[]): void;
  /** Asks for something particular, or with `undefined` for any line. */
  setPrompt(prompt: Prompt | undefined): void;
  /** Whether all of a prompt can be seen. */
  fits(prompt: Prompt): boolean;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** The screen of a person, on which bars move and a line is edited. */
export class Screen implements PersonScreen {
  /** Bars and the typed line are drawn again and again. */
  readonly isPlain = false;
  readonly #terminal: Terminal;
  readonly #editor = new LineEditor();
  #handlers: KeyboardHandlers | undefined;
  #stopWatching: (() => void) | undefined;
  #bars: readonly string[] = [];
  #drawnBarCount = 0;
  #prompt: Prompt | undefined;
  #promptOfLine: Prompt | undefined;

  /** Shows everything on this terminal. */
  constructor(terminal: Terminal = standardTerminal()) {
    this.#terminal = terminal;
  }

  /** Columns of the terminal, one of which stays free. */
  get columns(): number {
    return this.#terminal.size().columns || DEFAULT_SIZE.columns;
  }

  /** Whether a line was begun. */
  get isTyping(): boolean {
    return !this.#editor.isEmpty;
  }

  /** What the prompt asks for just now. */
  get prompt(): Prompt | undefined {
    return this.#prompt;
  }

  /** Begins to read the keyboard. */
  readKeyboard(handlers: KeyboardHandlers): void {
    this.#handlers = handlers;
    this.#stopWatching = this.#terminal.watchChanges(() => this.#takeOver());
    this.#takeOver();
    this.#read();
  }

  /** Runs `write`, which writes whole lines, above bars and prompt. */
  print(write: () => void): void {
    this.#erase();
    write();
    this.#draw();
  }

  /** Shows these lines above the prompt, instead of those before. */
  setBars(bars: readonly string[]): void {
    if (bars.length === 0 && this.#bars.length === 0) return;
    this.#erase();
    this.#bars = bars;
    this.#draw();
  }

  /**
   * Asks for something particular, or with `undefined` for any line. A line
   * that was begun before belongs to the prompt that stood there then.
   */
  setPrompt(prompt: Prompt | undefined): void {
    if (this.#prompt === prompt) return;
    this.#prompt = prompt;
    this.#erase();
    this.#draw();
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.setBars([]);
    if (!this.#handlers) return;
    this.#handBack();
    this.#handlers = undefined;
    this.#stopWatching?.();
  }

  /** A shell that had the terminal meanwhile has left it as it likes it. */
  #takeOver(): void {
    this.#terminal.setRaw(true);
    this.#terminal.write(MARK_PASTES.on);
    this.print(() => {});
  }

  #handBack(): void {
    this.#erase();
    this.#terminal.write(MARK_PASTES.off);
    this.#terminal.setRaw(false);
  }

  async #read(): Promise<void> {
    const decoder = new KeyDecoder();
    try {
      for await (const bytes of this.#terminal.input) {
        this.#take(decoder.decode(bytes));
        if (!this.#handlers) return;
      }
    } catch {
      // The terminal has gone.
    }
    this.#handlers?.onEnd();
  }

  /** Does all that was read at once, and draws once. */
  #take(strokes: readonly Stroke[]): void {
    for (const stroke of strokes) {
      if (!this.#handlers) return;
      switch (stroke.kind) {
        case "text":
          this.#insert(stroke.text);
          break;
        case "paste":
          this.#paste(stroke.text);
          break;
        case "key":
          this.#press(stroke, this.#handlers);
      }
    }
    this.#redrawLine();
  }

  #insert(text: string): void {
    if (this.#editor.isEmpty) this.#promptOfLine = this.#prompt;
    this.#editor.insert(text);
  }

  /** Each line of what is pasted is said, as a text. */
  #paste(text: string): void {
    const [first, ...others] = text.split(/\r\n|\r|\n/);
    this.#insert(first!);
    for (const line of others) {
      this.#enter(true);
      this.#insert(line);
    }
  }

  #press(
    { key }: Stroke & { kind: "key" },
    handlers: KeyboardHandlers,
  ): void {
    switch (key) {
      case "enter":
        return this.#enter(false);
      case "interrupt":
        return handlers.onInterrupt();
      case "suspend":
        this.#handBack();
        this.#terminal.suspend();
        return this.#takeOver();
      case "endOfInput":
        return this.#editor.isEmpty
          ? handlers.onEnd()
          : this.#editor.press("delete");
      case "tab":
        return this.#insert(handlers.onTab(this.#editor.textBeforeCursor));
      case "redraw":
        this.#terminal.write("\x1b[2J\x1b[H");
        this.#drawnBarCount = 0;
        return this.#draw();
      default:
        if (this.#editor.isEmpty) this.#promptOfLine = this.#prompt;
        this.#editor.press(key);
    }
  }

  #enter(isPasted: boolean): void {
    const prompt = this.#editor.isEmpty ? this.#prompt : this.#promptOfLine;
    const text = this.#editor.take();
    this.#erase();
    this.#terminal.write(`${this.#promptText(prompt)}${harmless(text)}\n`);
    this.#handlers?.onLine({ text, isPasted, prompt });
    // What was told meanwhile has drawn the bars again.
    this.#erase();
    this.#draw();
  }

  /** Whether all of a prompt can be seen. */
  fits(prompt: Prompt): boolean {
    return displayWidth(prompt.text) <= this.#roomFor(prompt);
  }

  #promptText(prompt: Prompt = ANY_LINE): string {
    const { text, ending = "" } = prompt;
    const shown = this.fits(prompt) ? text : fit(text, this.#roomFor(prompt));
    return shown + ending;
  }

  #roomFor({ ending = "" }: Prompt): number {
    const room = this.columns - TYPED_COLUMNS_MIN - displayWidth(ending);
    return Math.max(8, room);
  }

  /** Clears the bottom of the screen; the cursor is then where the bars begin. */
  #erase(): void {
    const up = this.#drawnBarCount > 0 ? `\x1b[${this.#drawnBarCount}A` : "";
    this.#terminal.write(`\r${up}\x1b[0J`);
    this.#drawnBarCount = 0;
  }

  #draw(): void {
    const rows = this.#terminal.size().rows || DEFAULT_SIZE.rows;
    const columns = this.columns - 1;
    // More bars than rows would push what was said out of reach.
    const bars = this.#bars.slice(0, Math.max(0, rows - 2));
    const lines = bars.map((bar) => `${fit(bar, columns).trimEnd()}\n`);
    this.#terminal.write(`\r${WRAP.off}${lines.join("")}${WRAP.on}`);
    this.#drawnBarCount = bars.length;
    this.#redrawLine();
  }

  #redrawLine(): void {
    if (!this.#handlers) return;
    const prompt = this.#promptText(
      this.#editor.isEmpty ? this.#prompt : this.#promptOfLine,
    );
    const room = this.columns - 1 - displayWidth(prompt);
    const { before, after } = this.#editor.view(Math.max(2, room));
    this.#terminal.write(
      `\r\x1b[0J${WRAP.off}${prompt}${before}${CURSOR.save}${after}${CURSOR.restore}${WRAP.on}`,
    );
  }
}

/** Standard error as it is shown, and standard input as it is typed. */
function standardTerminal(): Terminal {
  return {
    write: writeAll,
    size(): { columns: number; rows: number } {
      try {
        return system.consoleSize();
      } catch {
        return DEFAULT_SIZE;
      }
    },
    setRaw(isRaw: boolean): void {
      try {
        system.stdin.setRaw(isRaw);
      } catch {
        // The terminal has gone, and the signal that says so is on its way.
      }
    },
    get input(): AsyncIterable<Uint8Array> {
      return system.stdin.readable;
    },
    watchChanges(onChange: () => void): () => void {
      if (system.build.os === "windows") return () => {};
      const signals = ["SIGWINCH", "SIGCONT"] as const;
      for (const each of signals) system.addSignalListener(each, onChange);
      return () => {
        for (const each of signals) system.removeSignalListener(each, onChange);
      };
    },
    suspend(): void {
      if (system.build.os === "windows") return;
      try {
        // All of the job, as the terminal would: the shell waits for the first of it.
        system.kill(0, "SIGTSTP");
      } catch {
        // Deno lets nobody signal without the permission to run programs.
      }
    },
  };
}

function writeAll(text: string): void {
  const bytes = ENCODER.encode(text);
  try {
    let offset = 0;
    while (offset < bytes.length) {
      offset += system.stderr.writeSync(bytes.subarray(offset));
    }
  } catch {
    // The terminal has gone, and the signal that says so is on its way.
  }
}
