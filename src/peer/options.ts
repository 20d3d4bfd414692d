/**
 * The command line of `peer`: its commands and options as tables, from which
 * both the parser and `--help` are made.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Limits, resolveLimits } from "../limits.ts";
import { parseMethod } from "../method.ts";
import { harmless, nicknameFault } from "../text.ts";
import { type AcceptPolicy, parsePolicy, POLICY_WORDS } from "./policy.ts";

/** The method that is used where none is named: the default port of this machine. */
export const DEFAULT_METHOD = "tcp://127.0.0.1:15358";

/** What `peer` can be asked to do. */
export type CommandName = "meet" | "listen" | "connect" | "send";

/** What the command line asks for. */
export interface Settings {
  /** What to do. */
  readonly command: CommandName;
  /** The methods to listen on. */
  readonly methods: readonly string[];
  /** The method to connect to. */
  readonly target: string;
  /** The files to send; `-` is standard input. */
  readonly files: readonly string[];
  /** Own nickname. */
  readonly nickname: string;
  /** Who may talk to us when we listen. */
  readonly acceptIncoming: AcceptPolicy;
  /** Who may talk to us when we connect. */
  readonly acceptAnswering: AcceptPolicy;
  /** The folder that received files go to. */
  readonly saveFolder: string;
  /** Files are sent as bare messages. */
  readonly isRaw: boolean;
  /** Machine-readable output. */
  readonly isJson: boolean;
  /** End with the first conversation. */
  readonly isOnce: boolean;
  /** Times that differ from the module's defaults. */
  readonly limits: Partial<Limits>;
}

/** What the parser has to know about where it runs. */
export interface Surroundings {
  /** Whether a person is at standard input. */
  readonly isTerminal: boolean;
  /** The nickname where none is given. */
  loginName(): string;
}

/** A command line that cannot be followed; the message says why. */
export class Misuse extends Error {
  override name = "Misuse";
}

interface CommandSpec {
  readonly name: CommandName;
  /** What is typed for it: nothing for the first. */
  readonly word?: string;
  readonly operands: string;
  readonly operandCountMin: number;
  readonly operandCountMax: number;
  readonly help: string;
}

const COMMANDS: readonly CommandSpec[] = [
  {
    name: "meet",
    operands: "",
    operandCountMin: 0,
    operandCountMax: 0,
    help: `listen on ${DEFAULT_METHOD}, or connect to who listens there`,
  },
  {
    name: "listen",
    word: "listen",
    operands: "[METHOD...]",
    operandCountMin: 0,
    operandCountMax: Infinity,
    help: "wait for others",
  },
  {
    name: "connect",
    word: "connect",
    operands: "TARGET",
    operandCountMin: 1,
    operandCountMax: 1,
    help: "talk to who listens at TARGET",
  },
  {
    name: "send",
    word: "send",
    operands: "TARGET FILE...",
    operandCountMin: 2,
    operandCountMax: Infinity,
    help: 'send files and end ("-" is standard input)',
  },
];

interface OptionSpec {
  readonly name: string;
  /** What the value is called in the help; an option without it is a switch. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  /** The commands that the option is for; all where it is left out. */
  readonly commands?: readonly CommandName[];
  readonly help: string;
}

const OPTIONS: readonly OptionSpec[] = [
  {
    name: "nick",
    value: "NAME",
    help: "own nickname (default: the login name)",
  },
  {
    name: "accept",
    value: "WHO",
    isRepeatable: true,
    help:
      "who may talk to us: ask, all, none, or nicknames, separated by commas " +
      "(default: ask at a terminal, none elsewhere; all for connect and send)",
  },
  {
    name: "save",
    value: "DIR",
    help: "where received files go (default: the current folder)",
  },
  {
    name: "raw",
    commands: ["send"],
    help: "send each FILE as a bare message, with nothing added",
  },
  {
    name: "json",
    help: "machine-readable: one JSON object a line on standard output",
  },
  {
    name: "once",
    commands: ["listen", "meet"],
    help: "end when the first conversation has ended",
  },
  {
    name: "handshake-timeout",
    value: "S",
    help: "seconds for the other side to introduce itself (default: 10)",
  },
  {
    name: "decision-timeout",
    value: "S",
    help: "seconds for our decision; the other side has 15 more (default: 60)",
  },
  { name: "help", help: "show this help" },
  { name: "version", help: "show the version" },
];

const HELP_COLUMN = 26;
const HELP_WIDTH = 80;

/** The text that `--help` shows. */
export function helpText(): string {
  const lines = ["Talk to another program or person directly.", "", "Usage:"];
  for (const { word, operands, help } of COMMANDS) {
    lines.push(`  deno task peer ${word ?? ""} ${operands}`.trimEnd());
    lines.push(`      ${help}`);
  }
  lines.push("", "A TARGET or METHOD is a connection method, such as");
  lines.push(
    `${DEFAULT_METHOD}, which is also where "listen" listens by itself.`,
  );
  lines.push("", "Options:");
  for (const { name, value, help, commands } of OPTIONS) {
    const left = `  --${name}${value ? ` ${value}` : ""}`;
    const only = commands ? ` (with ${commands.join(", ")})` : "";
    lines.push(...wrap(left.padEnd(HELP_COLUMN), help + only));
  }
  lines.push("", "At a terminal: /send FILE, /help, /quit.");
  lines.push(
    "Exit status: 0 all went well, 1 failed, 2 misuse, 3 rejected, 130 interrupted.",
  );
  return lines.join("\n");
}

function wrap(left: string, text: string): string[] {
  const lines: string[] = [];
  let line = left;
  for (const word of text.split(" ")) {
    if (line.length + word.length > HELP_WIDTH) {
      lines.push(line.trimEnd());
      line = " ".repeat(HELP_COLUMN);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

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
): Settings | "help" | "version" {
  const unknown: string[] = [];
  const parsed: Record<string, unknown> = parseArgs([...args], {
    boolean: OPTIONS.filter(({ value }) => !value).map(({ name }) => name),
    string: ["_", ...OPTIONS.filter((o) => o.value).map(({ name }) => name)],
    collect: OPTIONS.filter((o) => o.isRepeatable).map(({ name }) => name),
    unknown(arg: string, key?: string): boolean {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  });
  if (unknown.length > 0) {
    throw new Misuse(`There is no option "${quoted(unknown[0]!)}"`);
  }
  if (parsed.help) return "help";
  if (parsed.version) return "version";
  const [first, ...operands] = parsed._ as string[];
  const command = COMMANDS.find(({ word }) => word === first);
  if (!command) throw new Misuse(`There is no command "${quoted(first!)}"`);
  checkOperands(command, operands);
  checkOptions(command, parsed);
  return makeSettings(command.name, operands, parsed, surroundings);
}

function quoted(text: string): string {
  return harmless(text.slice(0, 200));
}

function checkOperands(command: CommandSpec, operands: string[]): void {
  const { name, operandCountMin, operandCountMax } = command;
  const usage = `${name} ${command.operands}`.trim();
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
  parsed: Record<string, unknown>,
): void {
  for (const { name, value, commands } of OPTIONS) {
    const given = parsed[name];
    const values = Array.isArray(given) ? given : [given];
    if (value && values.includes("")) {
      throw new Misuse(`The option --${name} needs a value: ${value}`);
    }
    if (given === true && commands && !commands.includes(command.name)) {
      throw new Misuse(
        `The option --${name} is only for: ${commands.join(", ")}`,
      );
    }
  }
}

function makeSettings(
  command: CommandName,
  operands: string[],
  parsed: Record<string, unknown>,
  surroundings: Surroundings,
): Settings {
  const isConnecting = command === "connect" || command === "send";
  const target = isConnecting ? operands[0]! : DEFAULT_METHOD;
  const methods = command === "listen" && operands.length > 0
    ? operands
    : [DEFAULT_METHOD];
  for (const method of isConnecting ? [target] : methods) checkMethod(method);
  const accept = readPolicy(parsed.accept as string[], surroundings);
  const files = command === "send" ? operands.slice(1) : [];
  if (accept?.asks && files.includes("-")) {
    throw new Misuse('The option "--accept ask" needs the input that "-" is');
  }
  return {
    command,
    methods,
    target,
    files,
    nickname: readNickname(parsed.nick, surroundings),
    acceptIncoming: accept ??
      parsePolicy([surroundings.isTerminal ? "ask" : "none"]),
    acceptAnswering: accept ?? parsePolicy(["all"]),
    saveFolder: parsed.save as string ?? ".",
    isRaw: parsed.raw === true,
    isJson: parsed.json === true,
    isOnce: parsed.once === true,
    limits: readLimits(parsed),
  };
}

function checkMethod(text: string): void {
  try {
    parseMethod(text);
  } catch (error) {
    throw new Misuse(harmless((error as Error).message));
  }
}

function readNickname(value: unknown, surroundings: Surroundings): string {
  const nickname = value as string ?? surroundings.loginName();
  const fault = nicknameFault(nickname);
  if (fault) throw new Misuse(`The nickname "${quoted(nickname)}" ${fault}`);
  return nickname;
}

function readPolicy(
  values: readonly string[],
  surroundings: Surroundings,
): AcceptPolicy | undefined {
  if (values.length === 0) return undefined;
  const entries = values.flatMap((value) => value.split(","));
  for (const entry of entries) {
    const fault = nicknameFault(entry);
    if (fault && !POLICY_WORDS.has(entry)) {
      throw new Misuse(
        `The option --accept names "${
          quoted(entry)
        }": a nickname that ${fault}`,
      );
    }
  }
  const policy = parsePolicy(entries);
  if (policy.asks && !surroundings.isTerminal) {
    throw new Misuse('The option "--accept ask" needs a terminal');
  }
  return policy;
}

function readLimits(parsed: Record<string, unknown>): Partial<Limits> {
  const limits: Partial<Limits> = {};
  const names = [
    ["handshake-timeout", "handshakeTimeoutMs"],
    ["decision-timeout", "decisionTimeoutMs"],
  ] as const;
  for (const [option, limit] of names) {
    const text = parsed[option] as string | undefined;
    if (text === undefined) continue;
    try {
      if (!/^\d*\.?\d+$/.test(text)) throw new Error("not a number");
      limits[limit] = Math.ceil(Number(text) * 1000);
      resolveLimits(limits);
    } catch {
      throw new Misuse(
        `The option --${option} needs a number of seconds, not "${
          quoted(text)
        }"`,
      );
    }
  }
  return limits;
}
