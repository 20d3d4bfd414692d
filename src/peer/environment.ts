/**
 * The variables of the environment, behind a function: tests name others
 * without changing those of the process.
 *
 * @module
 */
import { system } from "../runtime/system.ts";

/** Tells an environment variable. */
export type ReadVariable = (name: string) => string | undefined;

/** Tells one of this process. */
export function readVariable(name: string): string | undefined {
  return system.env.get(name);
}
