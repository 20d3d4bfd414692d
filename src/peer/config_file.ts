/**
 * The file in which a person keeps options, under the names that they have on
 * the command line.
 *
 * @module
 */
import { fileReason } from "../base/reasons.ts";
import { harmless } from "../base/text.ts";
import { isSystemError } from "../runtime/errors.ts";
import { system } from "../runtime/system.ts";
import { OPTIONS, type OptionSpec } from "./command_table.ts";
import { Misuse } from "./misuse.ts";
import { meantText } from "./slips.ts";

/** Bytes of the largest file that is read. */
const FILE_SIZE_MAX = 64 * 1024;

/** Characters of a line that an error quotes. */
const QUOTED_MAX = 100;

/** What a file cannot say of itself, or of one run alone. */
const NOT_IN_FILES = ["config", "no-config", "help", "version"];

const NAMES_IN_FILES = OPTIONS.map(({ name }) => name)
  .filter((name) => !NOT_IN_FILES.includes(name));

/** What says that there is no such file, or none that Deno would ever give. */
const ABSENCES = ["NotFound", "NotADirectory", "NotCapable"] as const;

/** A file of options, as it was read. */
export interface ConfigText {
  /** Where it is. */
  readonly path: string;
  /** What it holds. */
  readonly text: string;
}

/** One option that a file names. */
export interface ConfigEntry {
  /** Which one. */
  readonly option: OptionSpec;
  /** Its value; `true` or `false` for a switch. */
  readonly value: string | boolean;
  /** Where it stands, for errors: the file and the line. */
  readonly place: string;
}

/**
 * Reads a file of options.
 *
 * @param path Where it is; `undefined` where there is no place for one.
 * @param isNamed Whether the command line names it; another one may be missing.
 * @throws {Misuse} Where it cannot be read.
 */
export function readConfigText(
  path: string | undefined,
  isNamed: boolean,
): ConfigText | undefined {
  if (path === undefined) return undefined;
  try {
    const { isFile, size } = system.statSync(path);
    if (!isFile) throw new Error("it is not a file");
    if (size > FILE_SIZE_MAX) {
      throw new Error(`it has more than ${FILE_SIZE_MAX} bytes`);
    }
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return { path, text: decoder.decode(system.readFileSync(path)) };
  } catch (error) {
    if (!isNamed && isSystemError(error, ...ABSENCES)) {
      return undefined;
    }
    const why = error instanceof TypeError
      ? "it is no text in UTF-8"
      : fileReason(error);
    throw new Misuse(
      `Cannot read the options in ${harmless(path)}: ${why}`,
      { cause: error },
    );
  }
}

/**
 * Takes a file of options apart: `NAME = VALUE` on each line, or a switch by its
 * name alone; what follows `#` at the beginning of a line is a remark. As in a
 * shell, a path that begins with `~/` is one in the `home` folder.
 *
 * @throws {Misuse} Where a line is none of these, or names no option, or one that stands there already; it says which line.
 */
export function parseConfig(
  { path, text }: ConfigText,
  home?: string,
): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const lines = new Map<OptionSpec, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const place = `${harmless(path)}, line ${index + 1}`;
    const entry = parseLine(content, place, home);
    const { option } = entry;
    const before = lines.get(option);
    if (before !== undefined && !option.isRepeatable) {
      throw new Misuse(
        `${option.name} stands on line ${before} already (${place})`,
      );
    }
    lines.set(option, index + 1);
    entries.push(entry);
  }
  return entries;
}

function parseLine(
  content: string,
  place: string,
  home: string | undefined,
): ConfigEntry {
  const { name, value } =
    /^(?<name>[^=\s]+)(?:\s*=\s*(?<value>.*))?$/.exec(content)?.groups ?? {};
  if (name === undefined) {
    const quoted = harmless(content.slice(0, QUOTED_MAX));
    throw new Misuse(`"${quoted}" is not NAME = VALUE (${place})`);
  }
  const option = OPTIONS.find((each) => each.name === name);
  if (!option || NOT_IN_FILES.includes(name)) {
    const quoted = harmless(name.slice(0, QUOTED_MAX));
    const what = option
      ? `The option "${quoted}" has no place in a file`
      : `There is no option "${quoted}"${meantText(name, NAMES_IN_FILES)}`;
    throw new Misuse(`${what} (${place})`);
  }
  if (option.value) {
    if (value) {
      const isPath = option.kind === "file" || option.kind === "folder";
      const isInHome = isPath && home !== undefined && value.startsWith("~/");
      return {
        option,
        value: isInHome ? `${home}${value.slice(1)}` : value,
        place,
      };
    }
    throw new Misuse(`${name} needs a value: ${option.value} (${place})`);
  }
  if (value !== undefined && !/^(?:true|false)$/.test(value)) {
    throw new Misuse(`${name} is true or false (${place})`);
  }
  return { option, value: value !== "false", place };
}
