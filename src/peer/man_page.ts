/**
 * The manual page of the command, made from the same table as its help.
 *
 * @module
 */
import { COMMANDS, OPTIONS, spokenName } from "./command_table.ts";
import { METHOD_HELP } from "./help_text.ts";
import { EXIT } from "./exit_status.ts";

/** Characters of a line of the source, which is filled anew when it is shown. */
const LINE_LENGTH = 78;

const EXIT_TEXTS: readonly (readonly [status: number, text: string])[] = [
  [
    EXIT.ok,
    "All went well; also a listener or a directory that was interrupted.",
  ],
  [EXIT.failed, "Something failed."],
  [EXIT.misuse, "The command line, or a file of options, is wrong."],
  [EXIT.rejected, "One of the two sides said no."],
  [EXIT.interrupted, "Interrupted."],
];

const VARIABLES: readonly (readonly [name: string, text: string])[] = [
  ["LEKT_DIRECTORY", "The directory, where --directory names none."],
  [
    "ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
    "The proxy, where --proxy names none.",
  ],
  ["NO_COLOR", "Where it is set, nothing is coloured."],
  ["TERM", 'Where it is "dumb", as with --plain.'],
  ["XDG_CONFIG_HOME", "The configuration folder, instead of ~/.config."],
];

const FILES: readonly (readonly [name: string, text: string])[] = [
  [
    "~/.config/lekt/config",
    "Options as NAME = VALUE, one a line, under their names on the command line; lines that begin with # are remarks.",
  ],
  [
    "~/.config/lekt/identity.json, certificate.pem",
    "Your keys, readable by you alone.",
  ],
  ["~/.config/lekt/pins.json", "The keys of those whom you have met."],
];

/**
 * The page, as roff with the man macros.
 *
 * @param program What the command is called as.
 * @param version The version of this package.
 */
export function manPage(program: string, version: string): string {
  const name = program.includes(" ") ? "lekt" : program;
  const lines = [
    `.TH ${name.toUpperCase()} 1 "" "lekt ${version}" "User Commands"`,
    ".SH NAME",
    `${
      escaped(name)
    } \\- talk and send files to another program or person directly`,
    ".SH SYNOPSIS",
  ];
  for (const { word, operands } of COMMANDS) {
    const typed = [name, word ?? "", "[OPTION]...", operands];
    lines.push(`.B ${escaped(typed[0]!)}`);
    const rest = typed.slice(1).filter((part) => part !== "").join(" ");
    lines.push(line(rest), ".br");
  }
  lines.pop();
  lines.push(".SH COMMANDS");
  for (const { word, operands, help } of COMMANDS) {
    const typed = [name, word, operands].filter((part) => part).join(" ");
    lines.push(".TP", `.B ${escaped(typed)}`, line(sentence(help)));
  }
  lines.push(".PP", ...METHOD_HELP.map(line));
  lines.push(".SH OPTIONS");
  for (const { name, value, help, commands } of OPTIONS) {
    const head = value
      ? `.BI ${escaped(`--${name}`)} " ${escaped(value)}"`
      : `.B ${escaped(`--${name}`)}`;
    const only = commands
      ? ` For: ${commands.map(spokenName).join(", ")}.`
      : "";
    lines.push(".TP", head, line(sentence(help) + only));
  }
  lines.push(...definitions("FILES", FILES));
  lines.push(...definitions("ENVIRONMENT", VARIABLES));
  lines.push(
    ...definitions(
      "EXIT STATUS",
      EXIT_TEXTS.map(([status, text]) => [String(status), text] as const),
    ),
  );
  return `${lines.join("\n")}\n`;
}

function definitions(
  title: string,
  entries: readonly (readonly [string, string])[],
): string[] {
  const body = entries.flatMap(([name, text]) => [
    ".TP",
    `.B ${escaped(name)}`,
    line(text),
  ]);
  return [`.SH ${title}`, ...body];
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** A text, in lines of which none begins like a request. */
function line(text: string): string {
  const lines = [""];
  for (const word of escaped(text).split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length > LINE_LENGTH) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((each) => /^[.']/.test(each) ? `\\&${each}` : each)
    .join("\n");
}

/** Dashes as they are typed, and no escapes. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
}
