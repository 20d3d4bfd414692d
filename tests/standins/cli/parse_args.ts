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
  const booleans = new Set<string>(options.boolean);
  const strings = new Set<string>(options.string);
  const collected = new Set<string>(options.collect);
  const parsed: Record<string, unknown> & { _: (string | number)[] } = {
    _: [],
  };
  for (const name of booleans) parsed[name] = collected.has(name) ? [] : false;
  for (const name of collected) parsed[name] = [];

  function isKnown(name: string): boolean {
    return booleans.has(name) || strings.has(name) || collected.has(name);
  }

  function set(name: string, value: unknown, arg: string): void {
    if (!isKnown(name) && options.unknown?.(arg, name, value) === false) return;
    const typed = strings.has(name) || !isNumeric(value)
      ? value
      : Number(value);
    if (collected.has(name)) (parsed[name] as unknown[]).push(typed);
    else parsed[name] = typed;
  }

  function addOperand(arg: string): void {
    if (options.unknown?.(arg) === false) return;
    parsed._.push(!strings.has("_") && isNumeric(arg) ? Number(arg) : arg);
  }

  /** Sets the option `name` from what follows it; tells whether that was used up. */
  function setFromNext(name: string, arg: string, next?: string): boolean {
    if (next && !booleans.has(name) && !next.startsWith("-")) {
      set(name, next, arg);
      return true;
    }
    if (next === "true" || next === "false") {
      set(name, next === "true", arg);
      return true;
    }
    set(name, strings.has(name) ? "" : true, arg);
    return false;
  }

  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  for (let index = 0; index < before.length; index++) {
    const arg = before[index]!;
    const next = before[index + 1];
    const long = /^--(?<name>.+?)(?:=(?<value>.+))?$/s.exec(arg)?.groups;
    if (long) {
      const name = long.name!;
      const value = long.value;
      if (value !== undefined) {
        set(name, booleans.has(name) ? value !== "false" : value, arg);
      } else if (setFromNext(name, arg, next)) {
        index++;
      }
    } else if (/^-./s.test(arg)) {
      const letters = [...arg.slice(1)];
      for (const letter of letters.slice(0, -1)) {
        set(letter, strings.has(letter) ? "" : true, arg);
      }
      if (setFromNext(letters.at(-1)!, arg, next)) index++;
    } else {
      addOperand(arg);
    }
  }
  if (end >= 0) parsed._.push(...args.slice(end + 1));
  return parsed as Args<Boolean, Text, Collected>;
}

function isNumeric(value: unknown): boolean {
  return typeof value === "string" &&
    (NUMBER.test(value) || /^0x[0-9a-f]+$/i.test(value));
}
