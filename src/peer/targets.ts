/**
 * Whom the command line names: a method, a nickname, or nobody yet, where a
 * code will tell.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { isDigest, parsePeerName } from "../directory/names.ts";
import { hasMethodScheme } from "../transport/method.ts";
import { checkMethod } from "./directory_settings.ts";
import { Misuse, quoted, UselessOptions } from "./misuse.ts";

/** What the operands of `send` name. */
export interface SendOperands {
  /** To whom; left out where whoever is given the code gets it. */
  readonly target?: string;
  /** The files; `-` is standard input. */
  readonly files: readonly string[];
}

/**
 * Takes the operands of `send` apart. The first names whom to send to where it
 * is a method or has an identity behind `#`, or where it is no file and others
 * follow; else all are files.
 *
 * @param isFile Whether there is a file or folder of this name.
 * @throws {Misuse} Where there are no files.
 */
export function readSendOperands(
  operands: readonly string[],
  isFile: (path: string) => boolean,
): SendOperands {
  const [first = "", ...others] = operands;
  const isTarget = hasMethodScheme(first) ||
    isDigest(first.slice(first.lastIndexOf("#") + 1));
  if (isTarget && others.length === 0) {
    throw new Misuse("An operand is missing: send [TARGET] FILE...");
  }
  const isAddressed = isTarget ||
    (others.length > 0 && first !== "-" && !isFile(first));
  if (isAddressed) return { target: first, files: others };
  const late = others.find((each) => hasMethodScheme(each) && !isFile(each));
  if (late !== undefined) {
    throw new Misuse(
      `"${quoted(late)}" is no file; a TARGET comes first: send TARGET FILE...`,
    );
  }
  return { files: operands };
}

/** What there is to say besides of one who is to be sent to and cannot be found: it may have been meant for a file. */
export const NO_SUCH_FILE = "; there is no file of that name either";

/**
 * Checks whom to connect to.
 *
 * @throws {Misuse} Where that is neither a method nor, with a directory, a nickname.
 */
export function checkTarget(
  text: string,
  command: "connect" | "send",
  hasDirectory: boolean,
): void {
  if (hasMethodScheme(text)) return checkMethod(text);
  if (!hasDirectory) {
    const orFile = command === "send" ? NO_SUCH_FILE : "";
    return checkMethod(text, adviceOn(text) + orFile);
  }
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
    ? "; a nickname needs --directory or --lan"
    : `; is ${quoted(meant)} meant?`;
}

/**
 * Reads the option `--pin`.
 *
 * @throws {Misuse} Where it is no key, or the target cannot prove one.
 */
export function readPin(
  value: unknown,
  target: string,
): { pinnedKey?: string } {
  if (value === undefined) return {};
  if (!/^(?:tls|wss|relay(?:\+ws)?):/i.test(target)) {
    throw new UselessOptions(
      "The option --pin needs a tls, wss or relay method as TARGET",
      ["pin"],
    );
  }
  const pinnedKey = String(value);
  if (isDigest(pinnedKey)) return { pinnedKey };
  throw new Misuse(
    `The option --pin needs the 43 characters of a key, not "${
      quoted(pinnedKey)
    }"`,
  );
}
