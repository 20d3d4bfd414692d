/**
 * The arguments of `peer` as they were typed, before they are parsed.
 *
 * @module
 */
import { OPTIONS } from "./command_table.ts";
import { Misuse } from "./misuse.ts";

/**
 * Each option and its value as one argument: the parser takes no value that
 * begins with a dash, as `-` for standard output and one key in 64 do. The
 * short options become the long ones.
 */
export function withValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = SHORT_OPTIONS.get(args[i]!) ?? args[i]!;
    if (arg === "--") return joined.concat(args.slice(i));
    const next = args[i + 1];
    checkValue(arg, next);
    const takesNext = next !== undefined && next.startsWith("-") &&
      !isOption(next) && VALUED.has(arg);
    joined.push(takesNext ? `${arg}=${args[++i]}` : arg);
  }
  return joined;
}

const SHORT_OPTIONS = new Map([["-o", "--output"], ["-h", "--help"]]);
const NAMES_OF_OPTIONS = new Set(OPTIONS.map(({ name }) => `--${name}`));
const VALUED = new Set(
  OPTIONS.filter(({ value }) => value).map(({ name }) => `--${name}`),
);

/** Refuses an empty value, which the parser takes for none, or for part of the name. */
function checkValue(arg: string, next: string | undefined): void {
  for (const { name, value, isValueOptional } of OPTIONS) {
    if (!value || isValueOptional) continue;
    const isEmpty = arg === `--${name}=` ||
      (arg === `--${name}` && next === "");
    if (isEmpty) {
      throw new Misuse(`The option --${name} needs a value: ${value}`);
    }
  }
}

/** Whether an argument is an option of ours, or ends them, and so no value. */
function isOption(arg: string): boolean {
  return arg === "--" || NAMES_OF_OPTIONS.has(arg.split("=", 1)[0]!);
}

/**
 * Refuses a switch with a value but `true` and `false`: the parser would take
 * `--json=no` for a yes.
 *
 * @param args The arguments, as {@linkcode withValues} gives them.
 * @throws {Misuse} Where there is one.
 */
export function checkSwitches(args: readonly string[]): void {
  for (const arg of args) {
    if (arg === "--") return;
    const [name, ...value] = arg.split("=");
    const isSwitch = OPTIONS.some((option) =>
      !option.value && `--${option.name}` === name
    );
    if (!isSwitch || value.length === 0) continue;
    if (!/^(?:true|false)$/.test(value.join("="))) {
      throw new Misuse(`The option ${name} takes no value`);
    }
  }
}
