/**
 * What the command was called as, for its help and its errors.
 *
 * @module
 */
import { basename } from "node:path";
import { system } from "../runtime/system.ts";
import type { ReadVariable } from "./environment.ts";

/** The published package as `deno run` is given it. */
const PACKAGE = "jsr:@lekt/lekt/peer";

/** What the command is called where it has no name of its own. */
export const NAME = "lekt";

/** Bytes of the largest script that `deno install` may have written. */
const SCRIPT_SIZE_MAX = 16 * 1024;

/**
 * How this command was started, as somebody would type it again: `lekt` where
 * it is installed under that name, `deno task peer`, `deno run
 * jsr:@lekt/lekt/peer`, or the name of a compiled program.
 *
 * @param main The URL of the main module of the process.
 * @param isTask Whether a task runner has started it.
 * @param read Tells an environment variable. Default: there are none.
 */
export function programName(
  main: string,
  isTask: boolean,
  read: ReadVariable = () => undefined,
): string {
  if (system.build.standalone) return basename(system.execPath());
  const { protocol, pathname } = new URL(main);
  const isFile = protocol === "file:";
  const installed = installedName(read("_") ?? "", isFile ? main : PACKAGE);
  if (installed) return installed;
  if (isTask) return "deno task peer";
  return `deno run ${isFile ? decodeURI(pathname) : PACKAGE}`;
}

/** The name as one word, for what cannot do with more: completion and the manual page. */
export function shortName(program: string): string {
  return program.includes(" ") ? NAME : program;
}

/**
 * The name that `deno install` has given the command. Shells tell in the
 * variable `_` what they have started: the script that it wrote, which names the
 * module.
 */
function installedName(
  started: string,
  specifier: string,
): string | undefined {
  try {
    const { isFile, size } = system.statSync(started);
    if (!isFile || size > SCRIPT_SIZE_MAX) return undefined;
    const script = system.readTextFileSync(started);
    if (!script.startsWith("#!") || !script.includes(specifier)) {
      return undefined;
    }
    return basename(started);
  } catch {
    // It cannot be read: then it has no name that is known.
    return undefined;
  }
}
