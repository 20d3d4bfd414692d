/**
 * What a terminal in raw mode sends, taken apart: text, keys, and what was pasted.
 *
 * @module
 */

/** The keys that mean something here. */
export type Key =
  | "enter"
  | "tab"
  | "backspace"
  | "delete"
  | "left"
  | "right"
  | "wordLeft"
  | "wordRight"
  | "home"
  | "end"
  | "up"
  | "down"
  | "killWord"
  | "killStart"
  | "killEnd"
  | "redraw"
  | "interrupt"
  | "suspend"
  | "endOfInput";

/** One thing that a person did. */
export type Stroke =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | { readonly kind: "key"; readonly key: Key };

/** Asks the terminal to mark what is pasted, and to stop that. */
export const MARK_PASTES = { on: "\x1b[?2004h", off: "\x1b[?2004l" } as const;

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** An escape sequence that has begun is no longer than this, in characters. */
const SEQUENCE_LENGTH_MAX = 32;

const SEQUENCES: Readonly<Record<string, Key>> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  "\x1b[H": "home",
  "\x1b[F": "end",
  "\x1b[1~": "home",
  "\x1b[3~": "delete",
  "\x1b[4~": "end",
  "\x1b[7~": "home",
  "\x1b[8~": "end",
  "\x1b[1;5C": "wordRight",
  "\x1b[1;5D": "wordLeft",
  "\x1b[1;3C": "wordRight",
  "\x1b[1;3D": "wordLeft",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\x1bOC": "right",
  "\x1bOD": "left",
  "\x1bOH": "home",
  "\x1bOF": "end",
  "\x1bb": "wordLeft",
  "\x1bf": "wordRight",
  "\x1b\x7f": "killWord",
};

const CONTROLS: Readonly<Record<string, Key>> = {
  "\x01": "home",
  "\x02": "left",
  "\x03": "interrupt",
  "\x04": "endOfInput",
  "\x05": "end",
  "\x06": "right",
  "\x08": "backspace",
  "\x1a": "suspend",
  "\t": "tab",
  "\r": "enter",
  "\n": "enter",
  "\r\n": "enter",
  "\x0b": "killEnd",
  "\x0c": "redraw",
  "\x0e": "down",
  "\x10": "up",
  "\x15": "killStart",
  "\x17": "killWord",
  "\x7f": "backspace",
};

/** One piece: an escape sequence, the beginning of one, a control character, or a run of text. */
const PIECE =
  // deno-lint-ignore no-control-regex -- keys are control characters
  /(?<sequence>\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[A-Za-z]|[^[O\x1b]))|(?<begun>\x1b[^\x1b]*)|(?<control>\r\n|[\x00-\x1f\x7f])|(?<text>[^\x00-\x1f\x7f]+)/gu;

/** Takes what is read from a terminal apart; its cost grows with the bytes, not with their square. */
export class KeyDecoder {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #held = "";
  #isPasting = false;

  /** What these bytes hold, together with what was left of those before. */
  decode(bytes: Uint8Array): Stroke[] {
    const strokes: Stroke[] = [];
    let input = this.#held + this.#decoder.decode(bytes, { stream: true });
    this.#held = "";
    while (input !== "") {
      input = this.#isPasting
        ? this.#takePaste(input, strokes)
        : this.#takeKeys(input, strokes);
    }
    return strokes;
  }

  /** Takes what was pasted, up to its end; gives what follows. */
  #takePaste(input: string, strokes: Stroke[]): string {
    const end = input.indexOf(PASTE_END);
    const size = end < 0 ? sizeWithoutStart(input, PASTE_END) : end;
    if (size > 0) strokes.push({ kind: "paste", text: input.slice(0, size) });
    if (end < 0) {
      this.#held = input.slice(size);
      return "";
    }
    this.#isPasting = false;
    return input.slice(end + PASTE_END.length);
  }

  /** Takes keys, up to where something pasted begins; gives what follows. */
  #takeKeys(input: string, strokes: Stroke[]): string {
    for (const match of input.matchAll(PIECE)) {
      const { sequence, begun, control, text } = match.groups!;
      const end = match.index + match[0].length;
      if (sequence === PASTE_START) {
        this.#isPasting = true;
        return input.slice(end);
      }
      if (begun !== undefined && end === input.length) {
        // The rest comes with the next read; the key Escape alone means nothing.
        const isSequence = begun.length > 1 &&
          begun.length < SEQUENCE_LENGTH_MAX;
        this.#held = isSequence ? begun : "";
      } else if (text !== undefined) {
        strokes.push({ kind: "text", text });
      } else {
        const key = SEQUENCES[sequence ?? ""] ?? CONTROLS[control ?? ""];
        if (key) strokes.push({ kind: "key", key });
      }
    }
    return "";
  }
}

/** How much of a text surely does not belong to `mark`, which may begin at the text's end. */
function sizeWithoutStart(text: string, mark: string): number {
  for (let count = mark.length - 1; count > 0; count--) {
    if (text.endsWith(mark.slice(0, count))) return text.length - count;
  }
  return text.length;
}
