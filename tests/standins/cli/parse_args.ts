/**
 * Stand-in for `@std/cli/parse-args` on machines that cannot reach JSR: the
 * options that this project uses, with the same behaviour. Aliases, defaults,
 * `negatable`, `stopEarly`, `"--"` and dotted keys are not here.
 *
 * @module
 */

/** The options that this project uses; names that are literals give each option its type. */
export interface ParseOptions<
  Boolean extends string = string,
  Text extends string = string,
  Collected extends string = string,
> {
  /** Names of options that take no value. */
  boolean?: readonly Boolean[];
  /** Names of options that take a value; `"_"` keeps operands strings. */
  string?: readonly Text[];
  /** Names of options whose values are collected in an array. */
  collect?: readonly Collected[];
  /** Called with each option that is in none of the lists, and with each operand; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Values by name, where the names are known to the compiler. */
type Values<Name extends string, Collected extends string, Single, Item> =
  string extends Name ? unknown
    :
      & { [name in Exclude<Name, Collected>]: Single }
      & { [name in Name & Collected]: Item[] };

/**
 * The options by name, and the operands as `_`. A literal `"_"` among `string`
 * is an option like any other to the types, as in `@std/cli`, so that its type
 * is useless: name it in an array of `string`.
 */
export type Args<
  Boolean extends string = string,
  Text extends string = string,
  Collected extends string = string,
> =
  & Record<string, unknown>
  & { _: (string | number)[] }
  & Values<Boolean, Collected, boolean, boolean>
  & Values<Text, Collected, string | undefined, string>;

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;

/** Parses command line arguments, as `@std/cli` does. */
export function parseArgs<
  const Boolean extends string = string,
  const Text extends string = string,
  const Collected extends string = string,
>(
  args: string[],
  options: ParseOptions<Boolean, Text, Collected> = {},
): Args<Boolean, Text, Collected> {
  const parser = new Parser(options);
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  for (let index = 0; index < before.length; index++) {
    const isNextUsed = parser.add(before[index]!, before[index + 1]);
    if (isNextUsed) index++;
  }
  if (end >= 0) parser.parsed._.push(...args.slice(end + 1));
  return parser.parsed as Args<Boolean, Text, Collected>;
}

class Parser {
  readonly parsed: Record<string, unknown> & { _: (string | number)[] } = {
    _: [],
  };
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #unknown: ParseOptions["unknown"];

  constructor(options: ParseOptions) {
    this.#booleans = new Set(options.boolean);
    this.#strings = new Set(options.string);
    this.#collected = new Set(options.collect);
    this.#unknown = options.unknown;
    for (const name of this.#booleans) {
      this.parsed[name] = this.#collected.has(name) ? [] : false;
    }
    for (const name of this.#collected) this.parsed[name] = [];
  }

  /** Takes an argument; tells whether the next one was its value. */
  add(arg: string, next?: string): boolean {
    const long = /^--(?<name>.+?)(?:=(?<value>.+))?$/s.exec(arg)?.groups;
    if (long) {
      const name = long["name"]!;
      const value = long["value"];
      if (value === undefined) return this.#setFromNext(name, arg, next);
      this.#set(
        name,
        this.#booleans.has(name) ? value !== "false" : value,
        arg,
      );
      return false;
    }
    if (!/^-./s.test(arg)) {
      this.#addOperand(arg);
      return false;
    }
    const letters = [...arg.slice(1)];
    for (const letter of letters.slice(0, -1)) {
      this.#set(letter, this.#strings.has(letter) ? "" : true, arg);
    }
    return this.#setFromNext(letters.at(-1)!, arg, next);
  }

  #isKnown(name: string): boolean {
    return this.#booleans.has(name) || this.#strings.has(name) ||
      this.#collected.has(name);
  }

  #set(name: string, value: unknown, arg: string): void {
    if (!this.#isKnown(name) && this.#unknown?.(arg, name, value) === false) {
      return;
    }
    const typed = this.#strings.has(name) || !isNumeric(value)
      ? value
      : Number(value);
    if (this.#collected.has(name)) (this.parsed[name] as unknown[]).push(typed);
    else this.parsed[name] = typed;
  }

  #addOperand(arg: string): void {
    if (this.#unknown?.(arg) === false) return;
    const isNumber = !this.#strings.has("_") && isNumeric(arg);
    this.parsed._.push(isNumber ? Number(arg) : arg);
  }

  #setFromNext(name: string, arg: string, next?: string): boolean {
    if (next && !this.#booleans.has(name) && !next.startsWith("-")) {
      this.#set(name, next, arg);
      return true;
    }
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", arg);
      return true;
    }
    this.#set(name, this.#strings.has(name) ? "" : true, arg);
    return false;
  }
}

function isNumeric(value: unknown): boolean {
  return typeof value === "string" &&
    (NUMBER.test(value) || /^0x[0-9a-f]+$/i.test(value));
}
