/**
 * The variables of the environment, behind a function: tests name others
 * without changing those of the process.
 *
 * @module
 */

/** Tells an environment variable. */
export type ReadVariable = (name: string) => string | undefined;

/** Tells one of this process. */
export function readVariable(name: string): string | undefined {
  return Deno.env.get(name);
}
