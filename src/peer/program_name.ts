/**
 * What the command was called as, for its help and its errors.
 *
 * @module
 */
import { basename } from "node:path";

/** The published package as `deno run` is given it. */
const PACKAGE = "jsr:@lekt/lekt/peer";

/**
 * How this command was started, as somebody would type it again:
 * `deno task peer`, `deno run jsr:@lekt/lekt/peer`, or the name of a compiled
 * program.
 *
 * @param main The URL of the main module of the process.
 * @param isTask Whether a task runner has started it.
 */
export function programName(main: string, isTask: boolean): string {
  if (Deno.build.standalone) return basename(Deno.execPath());
  const { protocol, pathname } = new URL(main);
  if (protocol !== "file:") return `deno run ${PACKAGE}`;
  return isTask ? "deno task peer" : `deno run ${decodeURI(pathname)}`;
}
