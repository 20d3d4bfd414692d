/**
 * What the local system refuses, in words that help.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";

/**
 * Says why the local system refused something. Deno opens files in `/dev`,
 * `/proc` and `/sys` to programs with all rights only, and advises to give
 * them; this command is not run so.
 *
 * @param error What was thrown.
 */
export function systemFaultText(error: unknown): string {
  return error instanceof Deno.errors.NotCapable
    ? 'this command may not use what belongs to the system, such as /dev and /proc (standard input is "-")'
    : messageOf(error);
}
