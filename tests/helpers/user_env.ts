/**
 * The command's user within the process of a test: what the environment says
 * of them.
 *
 * @module
 */
import { replacing } from "./replaced_system.ts";

/** Runs something as a user whose configuration is in a folder; there are no other variables. */
export function asUserOf(
  folder: string,
  run: () => Promise<void>,
): Promise<void> {
  const get = (name: string) => name === "XDG_CONFIG_HOME" ? folder : undefined;
  return replacing({ env: { ...Deno.env, get } as typeof Deno.env }, run);
}
