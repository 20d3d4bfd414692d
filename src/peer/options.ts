/**
 * The parser of the command line of `peer`.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { parseArgs } from "@std/cli/parse-args";
import { type Limits, resolveLimits } from "../base/limits.ts";
import { isDigest, parsePeerName } from "../directory/names.ts";
import { hasMethodScheme } from "../transport/method.ts";
import { harmless, nicknameFault } from "../base/text.ts";
import {
  type CommandName,
  COMMANDS,
  type CommandSpec,
  DEFAULT_METHOD,
  OPTIONS,
  spokenName,
} from "./command_table.ts";
import {
  checkMethod,
  type DirectoryServerSettings,
  type DirectoryUseSettings,
  type ParsedOptions,
  readServerSettings,
  readUseSettings,
} from "./directory_settings.ts";
import {
  FILE_POLICY_WORDS,
  type FilePolicyWord,
  isFilePolicyWord,
} from "./file_policy.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import type { ReadVariable } from "./environment.ts";
import { readProxy } from "./proxy_settings.ts";
import { checkSwitches, withValues } from "./arguments.ts";
import { receivedFilesFolder } from "./user_folder.ts";
import { Misuse } from "./misuse.ts";
import { type AcceptPolicy, parsePolicy, POLICY_WORDS } from "./policy.ts";

export { helpText } from "./command_table.ts";
export { Misuse } from "./misuse.ts";

/** The commands that talk to others. */
type TalkCommand = Exclude<CommandName, "directory">;

/** What the command line asks for. */
export interface Settings {
  /** What to do. */
  readonly command: TalkCommand;
  /** The methods to listen on. */
  readonly methods: readonly string[];
  /** The method, or with a directory the nickname, to connect to. */
  readonly target: string;
  /** The files to send; `-` is standard input. */
  readonly files: readonly string[];
  /** Own nickname. */
  readonly nickname: string;
  /** Who may talk to us when we listen. */
  readonly acceptIncoming: AcceptPolicy;
  /** Who may talk to us when we connect. */
  readonly acceptAnswering: AcceptPolicy;
  /** The folder that received files go to; `undefined` where nothing names one. */
  readonly saveFolder: string | undefined;
  /** Whether the command line names that folder. */
  readonly isSaveNamed: boolean;
  /** Which files are taken. */
  readonly acceptFiles: FilePolicyWord;
  /** Where all received bytes go as they are: a file, or `-` for standard output. */
  readonly output?: string;
  /** Files are sent as bare messages. */
  readonly isRaw: boolean;
  /** Machine-readable output. */
  readonly isJson: boolean;
  /** End with the first conversation. */
  readonly isOnce: boolean;
  /** Times that differ from the module's defaults. */
  readonly limits: Partial<Limits>;
  /** The directory to use. */
  readonly directory?: DirectoryUseSettings;
  /** The key that the target has to prove. */
  readonly pinnedKey?: string;
  /** The proxy that others and the directory are reached through. */
  readonly proxy?: ProxyOption;
}

/** What the parser has to know about where it runs. */
export interface Surroundings {
  /** Whether a person is at standard input. */
  readonly isTerminal: boolean;
  /** The nickname where none is given. */
  loginName(): string;
  /** Tells an environment variable. Default: there are none. */
  readonly variable?: ReadVariable;
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
): Settings | DirectoryServerSettings | "help" | "version" {
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
    throw new Misuse(`There is no option "${quoted(unknown[0]!)}"`);
  }
  if (parsed.help) return "help";
  if (parsed.version) return "version";
  const [first, ...operands] = parsed._ as string[];
  const command = COMMANDS.find(({ word }) => word === first);
  if (!command) throw new Misuse(`There is no command "${quoted(first!)}"`);
  checkOperands(command, operands);
  checkOptions(command, parsed);
  checkSwitches(joined);
  if (command.name === "directory") return readServerSettings(parsed);
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
  parsed: ParsedOptions,
): void {
  for (const { name, value, commands } of OPTIONS) {
    const given = parsed[name];
    const values = Array.isArray(given) ? given : [given];
    if (value && values.includes("")) {
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

function makeSettings(
  command: TalkCommand,
  operands: string[],
  parsed: ParsedOptions,
  surroundings: Surroundings,
): Settings {
  const isConnecting = command === "connect" || command === "send";
  const target = isConnecting ? operands[0]! : DEFAULT_METHOD;
  const methods = command === "listen" && operands.length > 0
    ? operands
    : [DEFAULT_METHOD];
  const directory = readUseSettings(parsed);
  if (isConnecting) checkTarget(target, directory !== undefined);
  for (const method of methods) checkMethod(method);
  const accept = readPolicy(parsed, surroundings);
  const files = command === "send" ? operands.slice(1) : [];
  const proxy = readProxy(
    parsed.proxy as string | undefined,
    surroundings.variable ?? (() => undefined),
  );
  if (files.indexOf("-") !== files.lastIndexOf("-")) {
    throw new Misuse(
      'The file "-" is named twice: there is one standard input',
    );
  }
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
    saveFolder: parsed.save as string ?? receivedFilesFolder(),
    isSaveNamed: parsed.save !== undefined,
    acceptFiles: readFilePolicy(command, parsed, surroundings),
    ...readOutput(parsed),
    isRaw: parsed.raw === true,
    isJson: parsed.json === true,
    isOnce: parsed.once === true,
    limits: readLimits(parsed),
    ...(directory ? { directory } : {}),
    ...readPin(parsed.pin, target),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** Who only sends takes nothing unasked; a person is asked; a script takes all, into a folder of their own. */
function readFilePolicy(
  command: TalkCommand,
  parsed: ParsedOptions,
  { isTerminal }: Surroundings,
): FilePolicyWord {
  const word = parsed["accept-files"] as string | undefined;
  if (word === undefined) {
    if (command === "send") return "none";
    return isTerminal ? "ask" : "all";
  }
  if (!isFilePolicyWord(word)) {
    throw new Misuse(
      `The option --accept-files takes ${FILE_POLICY_WORDS.join(", ")}, not "${
        quoted(word)
      }"`,
    );
  }
  if (word === "ask" && (command === "send" || !isTerminal)) {
    throw new Misuse(
      'The option "--accept-files ask" needs a conversation at a terminal',
    );
  }
  return word;
}

function readOutput(parsed: ParsedOptions): { output?: string } {
  const output = parsed.output as string | undefined;
  if (output === undefined) return {};
  if (output === "-" && parsed.json === true) {
    throw new Misuse('The options "--output -" and --json share one output');
  }
  return { output };
}

function checkTarget(text: string, hasDirectory: boolean): void {
  if (hasMethodScheme(text)) return checkMethod(text);
  if (!hasDirectory) return checkMethod(text, adviceOn(text));
  try {
    parsePeerName(text);
  } catch (error) {
    throw new Misuse(messageOf(error));
  }
}

/** What may be meant by a target that is no method. */
function adviceOn(text: string): string {
  const meant = /^https?:\/\//i.test(text)
    ? text.replace(/^http/i, "ws")
    : /^[\w.-]+:\d+$|^\[[\da-f:]+\](?::\d+)?$/i.test(text)
    ? `tcp://${text}`
    : undefined;
  return meant === undefined
    ? "; a nickname needs --directory"
    : `; is ${quoted(meant)} meant?`;
}

function readPin(value: unknown, target: string): { pinnedKey?: string } {
  if (value === undefined) return {};
  if (!/^(?:tls|wss):/i.test(target)) {
    throw new Misuse("The option --pin needs a tls or wss method as TARGET");
  }
  const pinnedKey = String(value);
  if (isDigest(pinnedKey)) return { pinnedKey };
  throw new Misuse(
    `The option --pin needs the 43 characters of a key, not "${
      quoted(pinnedKey)
    }"`,
  );
}

function readNickname(value: unknown, surroundings: Surroundings): string {
  const nickname = value as string ?? surroundings.loginName();
  const fault = nicknameFault(nickname);
  if (fault) throw new Misuse(`The nickname "${quoted(nickname)}" ${fault}`);
  return nickname;
}

function readPolicy(
  parsed: ParsedOptions,
  surroundings: Surroundings,
): AcceptPolicy | undefined {
  const values = parsed.accept as string[];
  if (values.length === 0) return undefined;
  const entries = values.flatMap((value) => value.split(","))
    .map((entry) => entry.trim());
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
  if (policy.identities.size > 0 && parsed.directory === undefined) {
    throw new Misuse(
      "The option --accept names an identity: that needs --directory",
    );
  }
  if (policy.asks && !surroundings.isTerminal) {
    throw new Misuse('The option "--accept ask" needs a terminal');
  }
  return policy;
}

/** What a timer of the system can wait for, in seconds. */
const TIME_MAX_S = 2_147_483;

function readLimits(parsed: ParsedOptions): Partial<Limits> {
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
        `The option --${option} needs a number of seconds from 0.001 to ${TIME_MAX_S}, not "${
          quoted(text)
        }"`,
      );
    }
  }
  return limits;
}
