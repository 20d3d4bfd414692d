/**
 * The commands and options of `peer` as tables, of which the help, completion
 * and the manual page are made.
 *
 * @module
 */

/** The method that is used where none is named: the default port of this machine. */
export const DEFAULT_METHOD = "tcp://127.0.0.1:15358";

/** Where `--lan` listens where no method is named: the default port of all addresses, with a key that others can pin. */
export const LAN_METHOD = "tls://0.0.0.0:15358";

/** What `peer` can be asked to do. */
export type CommandName =
  | "meet"
  | "listen"
  | "connect"
  | "send"
  | "receive"
  | "directory"
  | "relay"
  | "completion"
  | "man";

/** The commands that talk to others. */
export const TALKING: readonly CommandName[] = [
  "meet",
  "listen",
  "connect",
  "send",
  "receive",
];

/** The shells that there is completion for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

/** Tells whether there is completion for a shell. */
export function isShell(text: string): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

/** The commands that serve others. */
const SERVING: readonly CommandName[] = ["directory", "relay"];

/** One command. */
export interface CommandSpec {
  readonly name: CommandName;
  /** What is typed for it: nothing for the first. */
  readonly word?: string;
  readonly operands: string;
  readonly operandCountMin: number;
  readonly operandCountMax: number;
  /** What its operands are, where a shell can complete them. */
  readonly operandKind?: "file" | "code";
  /** All that an operand can be, where that is a few words. */
  readonly operandChoices?: readonly string[];
  readonly help: string;
}

/** All commands. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "meet",
    operands: "",
    operandCountMin: 0,
    operandCountMax: 0,
    help: `listen on ${DEFAULT_METHOD}, or connect to whoever listens there`,
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
    help: "talk to whoever listens at TARGET",
  },
  {
    name: "send",
    word: "send",
    operands: "[TARGET] FILE...",
    operandCountMin: 1,
    operandCountMax: Infinity,
    operandKind: "file",
    help:
      'send files and folders ("-": standard input); without TARGET by a code',
  },
  {
    name: "receive",
    word: "receive",
    operands: "[CODE]",
    operandCountMin: 0,
    operandCountMax: Infinity,
    operandKind: "code",
    help: "take what somebody sends who gave you the code, which is asked for",
  },
  {
    name: "directory",
    word: "directory",
    operands: "",
    operandCountMin: 0,
    operandCountMax: 0,
    help: "run a directory, in which others find each other by nickname",
  },
  {
    name: "relay",
    word: "relay",
    operands: "",
    operandCountMin: 0,
    operandCountMax: 0,
    help: "run a relay, which passes on what others cannot send each other",
  },
  {
    name: "completion",
    word: "completion",
    operands: "SHELL",
    operandCountMin: 1,
    operandCountMax: 1,
    operandChoices: SHELLS,
    help: "print a script with which bash, zsh or fish completes this command",
  },
  {
    name: "man",
    word: "man",
    operands: "",
    operandCountMin: 0,
    operandCountMax: 0,
    help: 'print the manual page, for "man -l -"',
  },
];

/** One option. */
export interface OptionSpec {
  readonly name: string;
  /** What the value is called in the help; an option without it is a switch. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  /** What the value names, where a shell can complete it. */
  readonly kind?: "file" | "folder";
  /** Words that the value can be. */
  readonly choices?: readonly string[];
  /** Whether some commands take it without a value. */
  readonly isValueOptional?: boolean;
  /** The commands that the option is for; all where it is left out. */
  readonly commands?: readonly CommandName[];
  readonly help: string;
}

/** All options. */
export const OPTIONS: readonly OptionSpec[] = [
  {
    name: "nick",
    value: "NAME",
    commands: TALKING,
    help: "your nickname (default: the login name)",
  },
  {
    name: "accept",
    value: "WHO",
    isRepeatable: true,
    choices: ["ask", "all", "none"],
    commands: TALKING,
    help:
      "who may talk to you: ask, all, none, or nicknames, separated by commas " +
      "(default: ask at a terminal, none elsewhere; all for connect and send)",
  },
  {
    name: "save",
    value: "DIR",
    kind: "folder",
    commands: TALKING,
    help: "where received files go (default: ~/Downloads/lekt)",
  },
  {
    name: "accept-files",
    value: "WHICH",
    choices: ["all", "ask", "none"],
    commands: TALKING,
    help:
      "which files to take: all, ask, none (default: ask at a terminal, all " +
      "elsewhere; none for send)",
  },
  {
    name: "output",
    value: "FILE",
    kind: "file",
    commands: ["listen", "connect", "meet", "receive"],
    help:
      'write all bytes that arrive to FILE ("-": standard output) exactly as ' +
      "they are, of messages and of files; also -o FILE",
  },
  {
    name: "raw",
    commands: ["send"],
    help: "send each FILE as a bare message, with nothing added",
  },
  {
    name: "zstd",
    commands: ["send"],
    help: "compress where the other side can, too, and it pays",
  },
  {
    name: "json",
    help: "for programs: one JSON object a line on standard output",
  },
  {
    name: "plain",
    commands: TALKING,
    help:
      "one line an event and nothing that moves, for screen readers (default " +
      "where TERM is dumb)",
  },
  {
    name: "once",
    commands: ["listen", "meet"],
    help: "end when the first conversation has ended",
  },
  {
    name: "reconnect",
    value: "S",
    commands: ["listen", "connect", "meet"],
    help:
      "seconds to look for a proven other side again when the connection is " +
      "lost (default: 300; 0: end then)",
  },
  {
    name: "handshake-timeout",
    value: "S",
    commands: TALKING,
    help: "seconds for the other side to introduce itself (default: 10)",
  },
  {
    name: "decision-timeout",
    value: "S",
    commands: TALKING,
    help: "seconds for your decision; the other side has 15 more (default: 60)",
  },
  {
    name: "directory",
    value: "URL",
    commands: TALKING,
    help:
      "register there while listening; look nicknames and codes up there; say " +
      "who has proved their nickname (default: LEKT_DIRECTORY; or none)",
  },
  {
    name: "lan",
    commands: ["listen", "connect", "send"],
    help:
      "be found, or find TARGET, in the local network: everybody there is told " +
      "your nickname, key and port (default: nobody is)",
  },
  {
    name: "advertise",
    value: "METHOD",
    isRepeatable: true,
    commands: ["listen", "meet", "send"],
    help: "register METHOD, best first, instead of those you listen on",
  },
  {
    name: "allow-local",
    commands: ["connect", "send", "receive"],
    help: "let a directory elsewhere lead to addresses of this machine",
  },
  {
    name: "pin",
    value: "KEY",
    commands: ["connect", "send"],
    help: "the key that TARGET, a tls, wss or relay method, must prove",
  },
  {
    name: "relay",
    value: "URL",
    isRepeatable: true,
    isValueOptional: true,
    commands: ["listen", "meet", "send", "directory"],
    help:
      "be reached through the relay at URL, too (default: the directory's); with " +
      "directory: relay for others, or name the relay at URL to them",
  },
  {
    name: "no-relay",
    commands: [...TALKING, "directory"],
    help: "do without relays",
  },
  {
    name: "limit",
    value: "SETTING",
    isRepeatable: true,
    commands: SERVING,
    help: "a limit of the relay: NAME=N, such as bytesPerSecond=0 (no bound)",
  },
  {
    name: "proxy",
    value: "URL",
    commands: TALKING,
    help:
      "reach others and the directory through socks5://[USER:PW@]HOST:PORT or " +
      "http://..., or none (default: ALL_PROXY but for NO_PROXY)",
  },
  {
    name: "host",
    value: "ADDRESS",
    commands: SERVING,
    help: "where to listen (default: 127.0.0.1)",
  },
  {
    name: "port",
    value: "N",
    commands: SERVING,
    help: "where to listen (default: 15359, a relay 15360; 0: a free one)",
  },
  {
    name: "store",
    value: "STORE",
    kind: "file",
    commands: ["directory"],
    help: "memory, an SQLite FILE, or redis://HOST:PORT (default: memory)",
  },
  {
    name: "origin",
    value: "URL",
    isRepeatable: true,
    commands: SERVING,
    help: "what others call it (default: where it listens)",
  },
  {
    name: "address-header",
    value: "NAME",
    commands: SERVING,
    help: "the header in which a proxy passes on the client's address",
  },
  {
    name: "config",
    value: "FILE",
    kind: "file",
    help:
      "read options from FILE, as NAME = VALUE lines (default: lekt/config in " +
      "your configuration folder)",
  },
  { name: "no-config", help: "read options from no file" },
  { name: "help", help: "show this help; also -h" },
  { name: "version", help: "show the version" },
];

/** What a command is called in texts: the first has no word of its own. */
export function spokenName(command: CommandName): string {
  return command === "meet" ? "no command" : command;
}
