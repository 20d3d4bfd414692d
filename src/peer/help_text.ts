/**
 * The help, made of the tables of commands and options.
 *
 * @module
 */
import {
  COMMANDS,
  DEFAULT_METHOD,
  OPTIONS,
  spokenName,
  TALKING,
} from "./command_table.ts";

const HELP_COLUMN = 26;
const HELP_WIDTH = 80;

/** What methods and targets are. */
export const METHOD_HELP: readonly string[] = [
  "A METHOD is tcp://HOST:PORT, tls://HOST:PORT, ws://HOST:PORT/PATH, wss://...,",
  "unix:/PATH or, to connect, relay://HOST/IDENTITY; of several the first is the",
  "best. Where none is named it is",
  `${DEFAULT_METHOD}. A TARGET is a METHOD or, with --directory, a`,
  "nickname or NICKNAME#IDENTITY, with --lan a nickname or NICKNAME#KEY. Your key,",
  "certificate and pins are in the folder lekt of your configuration, and are made",
  "when they are first needed.",
];

/**
 * The text that `--help` shows.
 *
 * @param program What the command was called as.
 */
export function helpText(program = "peer"): string {
  const lines = ["Talk to another program or person directly.", "", "Usage:"];
  for (const { word, operands, help } of COMMANDS) {
    lines.push(`  ${program} ${word ?? ""} ${operands}`.trimEnd());
    lines.push(`      ${help}`);
  }
  lines.push("", ...METHOD_HELP);
  lines.push("", "Options:");
  for (const { name, value, help, commands } of OPTIONS) {
    const left = `  --${name}${value ? ` ${value}` : ""}`;
    const isSpecial = commands !== undefined && commands !== TALKING;
    const only = isSpecial
      ? ` (with ${commands.map(spokenName).join(", ")})`
      : "";
    lines.push(...wrap(left.padEnd(HELP_COLUMN), help + only));
  }
  lines.push(
    "",
    "At a terminal, what you type goes to the other side; /help lists commands.",
  );
  lines.push(
    "Exit status: 0 all went well, 1 failed, 2 misuse, 3 rejected, 130 interrupted.",
    "A listener or a directory that is interrupted ends with 0.",
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
