/**
 * Stand-in for `@std/cli/parse-args` on machines that cannot reach JSR: the
 * options that this project uses, with the same behaviour. Aliases, defaults,
 * `negatable`, `stopEarly`, `"--"` and dotted keys are not here.
 *
 * @module
 */

/** The options that this project uses. */
export interface ParseOptions {
  /** Names of options that take no value. */
  boolean?: readonly string[];
  /** Names of options that take a value; `"_"` keeps operands strings. */
  string?: readonly string[];
  /** Names of options whose values are collected in an array. */
  collect?: readonly string[];
  /** Called with each option that is in none of the lists, and with each operand; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The options by name, and the operands as `_`. */
export type Args = Record<string, unknown> & { _: (string | number)[] };

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;

/** Parses command line arguments, as `@std/cli` does. */
export function parseArgs(
  args: readonly string[],
  options: ParseOptions = {},
): Args {
  const booleans = new Set(options.boolean);
  const strings = new Set(options.string);
  const collected = new Set(options.collect);
  const parsed: Args = { _: [] };
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
  return parsed;
}

function isNumeric(value: unknown): boolean {
  return typeof value === "string" &&
    (NUMBER.test(value) || /^0x[0-9a-f]+$/i.test(value));
}
