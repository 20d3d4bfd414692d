/**
 * The line that a person is typing, and where the cursor is in it.
 *
 * @module
 */
import { unicodeWidth } from "@std/cli/unicode-width";
import { harmless } from "../base/text.ts";
import type { Key } from "./keys.ts";

/** So many lines are remembered for the keys up and down. */
const HISTORY_COUNT_MAX = 100;

/** Columns kept for what stands behind the cursor, where something does. */
const AFTER_COLUMNS = 8;

/** Made at the first key: it takes as long as a hundred modules to load. */
let segmenter: Intl.Segmenter | undefined;

/** What of the line can be seen, in one row. */
export interface View {
  /** What stands before the cursor. */
  readonly before: string;
  /** What stands behind it. */
  readonly after: string;
}

/** One line in the making; what a person sees as one character is one place of it. */
export class LineEditor {
  #places: string[] = [];
  #cursor = 0;
  readonly #history: string[] = [];
  #historyIndex = 0;

  /** The whole line. */
  get text(): string {
    return this.#places.join("");
  }

  /** What stands before the cursor. */
  get textBeforeCursor(): string {
    return this.#places.slice(0, this.#cursor).join("");
  }

  /** Whether nothing was typed. */
  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  /** Puts a text where the cursor is. */
  insert(text: string): void {
    if (text === "") return;
    // A mark that is typed belongs to the letter before it, so that one is judged anew.
    const start = Math.max(0, this.#cursor - 1);
    const places = placesOf(
      this.#places.slice(start, this.#cursor).join("") + text,
    );
    this.#places = [
      ...this.#places.slice(0, start),
      ...places,
      ...this.#places.slice(this.#cursor),
    ];
    this.#cursor = start + places.length;
  }

  /** Gives the line, and begins the next one. */
  take(): string {
    const { text } = this;
    if (text.trim() !== "" && text !== this.#history.at(-1)) {
      this.#history.push(text);
      if (this.#history.length > HISTORY_COUNT_MAX) this.#history.shift();
    }
    this.#historyIndex = this.#history.length;
    this.#set("");
    return text;
  }

  /** Does what a key means inside of a line; others change nothing. */
  press(key: Key): void {
    switch (key) {
      case "left":
        return this.#move(this.#cursor - 1);
      case "right":
        return this.#move(this.#cursor + 1);
      case "wordLeft":
        return this.#move(this.#wordStart());
      case "wordRight":
        return this.#move(this.#wordEnd());
      case "home":
        return this.#move(0);
      case "end":
        return this.#move(this.#places.length);
      case "backspace":
        return this.#remove(this.#cursor - 1, this.#cursor);
      case "delete":
        return this.#remove(this.#cursor, this.#cursor + 1);
      case "killWord":
        return this.#remove(this.#wordStart(), this.#cursor);
      case "killStart":
        return this.#remove(0, this.#cursor);
      case "killEnd":
        return this.#remove(this.#cursor, this.#places.length);
      case "up":
        return this.#recall(this.#historyIndex - 1);
      case "down":
        return this.#recall(this.#historyIndex + 1);
    }
  }

  /** What fits into so many columns, the place of the cursor with it. */
  view(columns: number): View {
    const before: string[] = [];
    const isAtEnd = this.#cursor === this.#places.length;
    const reserve = isAtEnd ? 0 : Math.min(AFTER_COLUMNS, columns >> 2);
    let left = columns - 1 - reserve;
    for (let index = this.#cursor - 1; index >= 0; index--) {
      const shown = harmless(this.#places[index]!);
      left -= unicodeWidth(shown);
      if (left < 0) break;
      before.unshift(shown);
    }
    left = columns - 1 - unicodeWidth(before.join(""));
    const after: string[] = [];
    for (let index = this.#cursor; index < this.#places.length; index++) {
      const shown = harmless(this.#places[index]!);
      left -= unicodeWidth(shown);
      if (left < 0) break;
      after.push(shown);
    }
    return { before: before.join(""), after: after.join("") };
  }

  #set(text: string): void {
    this.#places = placesOf(text);
    this.#cursor = this.#places.length;
  }

  #move(place: number): void {
    this.#cursor = Math.max(0, Math.min(place, this.#places.length));
  }

  #remove(start: number, end: number): void {
    if (start < 0) return;
    this.#places.splice(start, end - start);
    this.#cursor = start;
  }

  #recall(index: number): void {
    if (index < 0 || index > this.#history.length) return;
    this.#historyIndex = index;
    this.#set(this.#history[index] ?? "");
  }

  #wordStart(): number {
    let place = this.#cursor;
    while (place > 0 && this.#isBlank(place - 1)) place--;
    while (place > 0 && !this.#isBlank(place - 1)) place--;
    return place;
  }

  #wordEnd(): number {
    let place = this.#cursor;
    const { length } = this.#places;
    while (place < length && this.#isBlank(place)) place++;
    while (place < length && !this.#isBlank(place)) place++;
    return place;
  }

  #isBlank(place: number): boolean {
    return this.#places[place]!.trim() === "";
  }
}

/** What a person sees as characters; a control character becomes a blank. */
function placesOf(text: string): string[] {
  const clean = text.replace(/\p{Cc}/gu, " ");
  if (/^[ -~]*$/.test(clean)) return clean.split("");
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  return Array.from(segmenter.segment(clean), ({ segment }) => segment);
}
