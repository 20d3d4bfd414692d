/**
 * What a command line that talks to others asks for.
 *
 * @module
 */
import { type Limits, resolveLimits } from "../base/limits.ts";
import { nicknameFault } from "../base/text.ts";
import { type Code, readCode } from "./code/code.ts";
import {
  type CommandName,
  DEFAULT_METHOD,
  LAN_METHOD,
} from "./command_table.ts";
import type { ConfigText } from "./config_file.ts";
import {
  checkMethod,
  type DirectoryUseSettings,
  type ParsedOptions,
  readUseSettings,
} from "./directory_settings.ts";
import type { ReadVariable } from "./environment.ts";
import {
  FILE_POLICY_WORDS,
  type FilePolicyWord,
  isFilePolicyWord,
} from "./file_policy_words.ts";
import { Misuse, quoted, UselessOptions } from "./misuse.ts";
import { type AcceptPolicy, parsePolicy, POLICY_WORDS } from "./policy.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import { readProxy } from "./proxy_settings.ts";
import { readRelayUse, type RelayUseSettings } from "./relay_settings.ts";
import { checkTarget, readPin, readSendOperands } from "./targets.ts";
import { hasMethodScheme } from "../transport/method.ts";
import { receivedFilesFolder } from "./user_folder.ts";

/** The commands that talk to others. */
export type TalkCommand = Exclude<
  CommandName,
  "directory" | "relay" | "completion" | "man"
>;

/** What the command line asks for. */
export interface Settings {
  /** What to do. */
  readonly command: TalkCommand;
  /** The methods to listen on. */
  readonly methods: readonly string[];
  /** The method, or with a directory the nickname, to connect to; empty where a code leads there. */
  readonly target: string;
  /** With `receive`: the code that was given; left out where it is asked for. */
  readonly code?: Code;
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
  /** What is sent is compressed where that is possible and pays. */
  readonly isZstd: boolean;
  /** Machine-readable output. */
  readonly isJson: boolean;
  /** Nothing on the screen is drawn again. */
  readonly isPlain: boolean;
  /** End with the first conversation. */
  readonly isOnce: boolean;
  /** How long the other side is looked for after the connection was lost, in milliseconds; 0: not at all. */
  readonly reconnectMs: number;
  /** Times that differ from the module's defaults. */
  readonly limits: Partial<Limits>;
  /** Whether to be found in the local network, or to look for the target there. */
  readonly isLan: boolean;
  /** The directory to use. */
  readonly directory?: DirectoryUseSettings;
  /** The key that the target has to prove. */
  readonly pinnedKey?: string;
  /** The proxy that others and the directory are reached through. */
  readonly proxy?: ProxyOption;
  /** Which relay to be reached through, or none. */
  readonly relay: RelayUseSettings;
}

/** What the parser has to know about where it runs. */
export interface Surroundings {
  /** Whether a person is at standard input. */
  readonly isTerminal: boolean;
  /** The nickname where none is given. */
  loginName(): string;
  /** Tells an environment variable. Default: there are none. */
  readonly variable?: ReadVariable;
  /** Whether there is a file or folder of this name. Default: there is none. */
  isFile?(path: string): boolean;
  /** Reads the file of options that the command line names, or where it names none the usual one. Default: there is none. */
  readConfig?(path: string | undefined): ConfigText | undefined;
}

/**
 * Reads the options of a command that talks to others.
 *
 * @throws {Misuse} Where they cannot be followed.
 */
export function makeSettings(
  command: TalkCommand,
  operands: string[],
  parsed: ParsedOptions,
  surroundings: Surroundings,
): Settings {
  const { variable = () => undefined } = surroundings;
  const isLan = parsed["lan"] === true;
  const methods = readMethods(command, operands, isLan);
  const directory = readDirectoryUse(command, parsed, variable);
  const { target, files, code } = readOperands(
    command,
    operands,
    surroundings,
  );
  checkLan(isLan, command, { methods, target });
  if (target === "") checkCodeUse(parsed, directory !== undefined);
  else if (command === "connect" || command === "send") {
    checkTarget(target, command, directory !== undefined || isLan);
  }
  for (const method of methods) checkMethod(method);
  const accept = readPolicy(parsed, surroundings, directory !== undefined);
  const proxy = readProxy(parsed["proxy"] as string | undefined, variable);
  checkFiles(files, parsed, accept);
  return {
    command,
    methods,
    target,
    files,
    ...(code === undefined ? {} : { code }),
    nickname: readNickname(parsed["nick"], surroundings),
    acceptIncoming: accept ??
      parsePolicy([surroundings.isTerminal ? "ask" : "none"]),
    acceptAnswering: accept ?? parsePolicy(["all"]),
    saveFolder: parsed["save"] as string ?? receivedFilesFolder(),
    isSaveNamed: parsed["save"] !== undefined,
    acceptFiles: readFilePolicy(command, parsed, surroundings),
    ...readOutput(parsed),
    isRaw: parsed["raw"] === true,
    isZstd: parsed["zstd"] === true,
    isJson: parsed["json"] === true,
    isPlain: parsed["plain"] === true,
    isOnce: parsed["once"] === true,
    isLan,
    // What was written cannot be taken back: part of a message would stand there twice.
    reconnectMs: parsed["output"] === undefined
      ? readReconnect(parsed["reconnect"])
      : 0,
    limits: readLimits(parsed),
    ...(directory ? { directory } : {}),
    ...readPin(parsed["pin"], target),
    ...(proxy === undefined ? {} : { proxy }),
    relay: readRelayUse(parsed),
  };
}

/** Refuses files that cannot be sent together, or as the options say. */
function checkFiles(
  files: readonly string[],
  parsed: ParsedOptions,
  accept: AcceptPolicy | undefined,
): void {
  if (files.indexOf("-") !== files.lastIndexOf("-")) {
    throw new Misuse(
      'The file "-" is named twice: there is one standard input',
    );
  }
  if (parsed["raw"] === true && parsed["zstd"] === true) {
    throw new UselessOptions(
      "The options --raw and --zstd exclude each other",
      ["raw", "zstd"],
    );
  }
  if (accept?.asks && files.includes("-")) {
    throw new Misuse('The option "--accept ask" needs the input that "-" is');
  }
}

/** Whom the operands name, and what to send; `target` is empty where a code leads there. */
function readOperands(
  command: TalkCommand,
  operands: string[],
  { isFile = () => false, isTerminal }: Surroundings,
): { target: string; files: readonly string[]; code?: Code } {
  switch (command) {
    case "connect":
      return { target: operands[0]!, files: [] };
    case "send":
      return { target: "", ...readSendOperands(operands, isFile) };
    case "receive":
      return { target: "", files: [], ...readGivenCode(operands, isTerminal) };
    default:
      return { target: DEFAULT_METHOD, files: [] };
  }
}

/** The code; nothing where a person can be asked for it. */
function readGivenCode(
  operands: readonly string[],
  isTerminal: boolean,
): { code?: Code } {
  if (operands.length > 0) return { code: readCode(operands.join("-")) };
  if (isTerminal) return {};
  throw new Misuse("An operand is missing: receive CODE");
}

/** Where to listen. */
function readMethods(
  command: TalkCommand,
  operands: readonly string[],
  isLan: boolean,
): readonly string[] {
  if (command === "listen" && operands.length > 0) return operands;
  return [isLan ? LAN_METHOD : DEFAULT_METHOD];
}

/** Whoever looks for somebody in the local network does not look in a directory. */
function readDirectoryUse(
  command: TalkCommand,
  parsed: ParsedOptions,
  variable: ReadVariable,
): DirectoryUseSettings | undefined {
  const named = readUseSettings(parsed, variable);
  return parsed["lan"] === true && command !== "listen" ? undefined : named;
}

function checkLan(
  isLan: boolean,
  command: TalkCommand,
  { methods, target }: { methods: readonly string[]; target: string },
): void {
  if (!isLan) return;
  const fault = command === "listen"
    ? methods.some((method) => /^tls:/i.test(method))
      ? undefined
      : "needs a tls METHOD: others pin the key that it shows"
    : target === "" || hasMethodScheme(target)
    ? "needs a nickname as TARGET"
    : undefined;
  if (fault === undefined) return;
  throw new UselessOptions(`The option --lan ${fault}`, ["lan"]);
}

function checkCodeUse(parsed: ParsedOptions, hasDirectory: boolean): void {
  if (!hasDirectory) {
    throw new Misuse(
      "A code needs a directory, the same on both sides: --directory URL, or the variable LEKT_DIRECTORY",
    );
  }
  if ((parsed["accept"] as string[]).length > 0) {
    throw new UselessOptions(
      "The option --accept has no use with a code: whoever knows it is let in",
      ["accept"],
    );
  }
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
    const text =
      'The option "--accept-files ask" needs a conversation at a terminal';
    // Without it a script would take all, and who only sends takes nothing.
    throw command === "send"
      ? new UselessOptions(text, ["accept-files"])
      : new Misuse(text);
  }
  return word;
}

function readOutput(parsed: ParsedOptions): { output?: string } {
  const output = parsed["output"] as string | undefined;
  if (output === undefined) return {};
  if (output === "-" && parsed["json"] === true) {
    throw new UselessOptions(
      'The options "--output -" and --json share one output',
      ["output", "json"],
    );
  }
  return { output };
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
  hasDirectory: boolean,
): AcceptPolicy | undefined {
  const values = parsed["accept"] as string[];
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
  if (policy.identities.size > 0 && !hasDirectory) {
    throw new Misuse(
      "The option --accept names an identity: that needs --directory, or the variable LEKT_DIRECTORY",
    );
  }
  if (policy.asks && !surroundings.isTerminal) {
    throw new Misuse('The option "--accept ask" needs a terminal');
  }
  return policy;
}

/** What a timer of the system can wait for, in seconds. */
const TIME_MAX_S = 2_147_483;

/** How long the other side is looked for where no option says so, in seconds. */
const RECONNECT_S = 300;

function readReconnect(value: unknown): number {
  if (value === undefined) return RECONNECT_S * 1000;
  const text = String(value);
  const seconds = Number(text);
  if (/^\d*\.?\d+$/.test(text) && seconds <= TIME_MAX_S) {
    return Math.ceil(seconds * 1000);
  }
  throw new Misuse(
    `The option --reconnect needs a number of seconds up to ${TIME_MAX_S}, or 0, not "${
      quoted(text)
    }"`,
  );
}

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
