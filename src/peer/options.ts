/**
 * The parser of the command line of `peer`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { checkSwitches, withValues } from "./arguments.ts";
import {
  COMMANDS,
  type CommandSpec,
  isShell,
  OPTIONS,
  type Shell,
  SHELLS,
  spokenName,
} from "./command_table.ts";
import { parseConfig } from "./config_file.ts";
import {
  DIRECTORY_VARIABLE,
  type DirectoryServerSettings,
  type ParsedOptions,
  readServerSettings,
} from "./directory_settings.ts";
import {
  readRelayServerSettings,
  type RelayServerSettings,
} from "./relay_settings.ts";
import { Misuse, quoted, UselessOptions } from "./misuse.ts";
import { meantText } from "./slips.ts";
import { makeSettings, type Settings, type Surroundings } from "./settings.ts";

export { helpText } from "./help_text.ts";
export { Misuse } from "./misuse.ts";
export type { Settings, Surroundings } from "./settings.ts";

/** What the commands that serve others are told. */
export type ServerSettings = DirectoryServerSettings | RelayServerSettings;

/** A command that prints something about this one, and ends. */
export type PrintSettings =
  | { readonly command: "completion"; readonly shell: Shell }
  | { readonly command: "man" };

/**
 * Reads the command line.
 *
 * @param args The arguments, without the program's name.
 * @param surroundings Where the command runs.
 * @return What to do, or `"help"` or `"version"`.
 * @throws {Misuse} Where the command line cannot be followed.
 */
export function parseCommandLine(
  args: readonly string[],
  surroundings: Surroundings,
):
  | Settings
  | ServerSettings
  | PrintSettings
  | "help"
  | "version" {
  const unknown: string[] = [];
  const joined = withValues(args);
  const parsed: ParsedOptions = parseArgs(joined, {
    boolean: OPTIONS.filter(({ value }) => !value).map(({ name }) => name),
    string: ["_", ...OPTIONS.filter((o) => o.value).map(({ name }) => name)],
    collect: OPTIONS.filter((o) => o.isRepeatable).map(({ name }) => name),
    unknown(arg: string, key?: string): boolean {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  });
  if (unknown.length > 0) {
    const [name] = unknown[0]!.split("=", 1);
    const meant = meantText(name!, OPTIONS.map(({ name }) => `--${name}`));
    throw new Misuse(`There is no option "${quoted(unknown[0]!)}"${meant}`);
  }
  if (parsed["help"]) return "help";
  if (parsed["version"]) return "version";
  const [first, ...operands] = parsed["_"] as string[];
  const command = COMMANDS.find(({ word }) => word === first);
  if (!command) {
    const words = COMMANDS.flatMap(({ word }) => word ? [word] : []);
    const meant = meantText(first!, words);
    throw new Misuse(`There is no command "${quoted(first!)}"${meant}`);
  }
  checkOperands(command, operands);
  checkOptions(command, parsed);
  checkSwitches(joined);
  const places = addConfig(command, joined, parsed, surroundings);
  for (;;) {
    try {
      return readCommand(command, operands, parsed, surroundings);
    } catch (error) {
      if (!(error instanceof Misuse)) throw error;
      if (!takeBack(error, parsed, places)) throw withPlace(error, places);
    }
  }
}

function readCommand(
  command: CommandSpec,
  operands: string[],
  parsed: ParsedOptions,
  surroundings: Surroundings,
): Settings | ServerSettings | PrintSettings {
  const { name } = command;
  switch (name) {
    case "directory":
      return readServerSettings(parsed);
    case "relay":
      return readRelayServerSettings(parsed);
    case "completion":
      return { command: name, shell: readShell(operands[0]!) };
    case "man":
      return { command: name };
    default:
      return makeSettings(name, operands, parsed, surroundings);
  }
}

function readShell(text: string): Shell {
  if (isShell(text)) return text;
  throw new Misuse(
    `There is completion for ${SHELLS.join(", ")}, not for "${quoted(text)}"`,
  );
}

/**
 * Adds what the file of options says and the command line does not; gives where
 * each option stands. What is for other commands is left out.
 */
function addConfig(
  command: CommandSpec,
  args: readonly string[],
  parsed: ParsedOptions,
  { readConfig, variable }: Surroundings,
): Map<string, string> {
  const places = new Map<string, string>();
  const path = parsed["config"] as string | undefined;
  const isOff = parsed["no-config"] === true;
  if (isOff && path !== undefined) {
    throw new Misuse("The options --config and --no-config exclude each other");
  }
  const config = isOff ? undefined : readConfig?.(path);
  if (!config) return places;
  const home = variable?.("HOME");
  for (const { option, value, place } of parseConfig(config, home)) {
    const { name, commands, isRepeatable } = option;
    const isElsewhere = commands && !commands.includes(command.name);
    const isGiven = isTyped(args, name);
    const isOverruled = name === "directory"
      ? variable?.(DIRECTORY_VARIABLE)
      : name === "lan" && command.name !== "listen" &&
        isTyped(args, "directory");
    if (isGiven || isElsewhere || isOverruled) continue;
    const before = parsed[name] as string[] | undefined;
    parsed[name] = isRepeatable ? [...before ?? [], value] : value;
    places.set(name, place);
  }
  return places;
}

function isTyped(args: readonly string[], name: string): boolean {
  return args.some((arg) => arg.split("=", 1)[0] === `--${name}`);
}

/** Takes those options of the file back that have no use beside what was typed; tells whether there are any. */
function takeBack(
  error: Misuse,
  parsed: ParsedOptions,
  places: Map<string, string>,
): boolean {
  if (!(error instanceof UselessOptions)) return false;
  const { options } = error;
  const ofFile = options.filter((name) => places.has(name));
  const isWithin = options.length > 1 && ofFile.length === options.length;
  if (ofFile.length === 0 || isWithin) return false;
  for (const name of ofFile) {
    places.delete(name);
    parsed[name] = OPTIONS.some((each) =>
        each.name === name && each.isRepeatable
      )
      ? []
      : undefined;
  }
  return true;
}

/** An error with the place in a file where the option stands that it names. */
function withPlace(error: Misuse, places: Map<string, string>): Misuse {
  const [, name = ""] = /--([a-z-]+)/.exec(error.message) ?? [];
  const place = places.get(name);
  return place === undefined
    ? error
    : new Misuse(`${error.message} (${place})`, { cause: error });
}

function checkOperands(command: CommandSpec, operands: string[]): void {
  const { name, operandCountMin, operandCountMax } = command;
  const usage = `${name} ${command.operands}`.trim();
  if (operands[0] === "") throw new Misuse(`An operand is empty: ${usage}`);
  if (operands.length < operandCountMin) {
    throw new Misuse(`An operand is missing: ${usage}`);
  }
  if (operands.length > operandCountMax) {
    const superfluous = quoted(operands[operandCountMax]!);
    throw new Misuse(`The operand "${superfluous}" is superfluous: ${usage}`);
  }
}

function checkOptions(
  command: CommandSpec,
  parsed: ParsedOptions,
): void {
  for (const { name, value, isValueOptional, commands } of OPTIONS) {
    const given = parsed[name];
    const values = Array.isArray(given) ? given : [given];
    if (value && !isValueOptional && values.includes("")) {
      throw new Misuse(`The option --${name} needs a value: ${value}`);
    }
    // An option that can be repeated is there in any case, as a list.
    const isGiven = given === true ||
      values.some((each) => typeof each === "string");
    if (isGiven && commands && !commands.includes(command.name)) {
      throw new Misuse(
        `The option --${name} is only for: ${
          commands.map(spokenName).join(", ")
        }`,
      );
    }
  }
}
