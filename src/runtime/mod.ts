/**
 * The room of what the runtime gives: sockets, files, the terminal, signals.
 * Deno gives them as they are; on Node and Bun they are made of `node:` modules.
 * The only room that knows which runtime this is.
 *
 * This room imports nothing of the project. Calls come in from the rooms above
 * as they would be made to Deno; bytes go out to the system, and come in from it.
 *
 * @module
 */

/** Whether this is Deno, whose own functions are used then. */
export function isDeno(): boolean {
  return typeof Deno !== "undefined";
}

/** A runtime with its version. */
export interface Runtime {
  /** Which it is. */
  readonly name: "Deno" | "Node" | "Bun";
  /** Such as `2.9.6`. */
  readonly version: string;
}

/**
 * The lowest versions that serve. Below Deno 2.9 closing a connection does not
 * end a pending read; Node 22.13 and Bun 1.4 are the lowest that are tested:
 * Node 20 has no `Promise.withResolvers`, and before 22.13 SQLite needs a flag.
 */
const VERSIONS_MIN = { Deno: [2, 9], Node: [22, 13], Bun: [1, 4] } as const;

/** What runs this program. */
export function runtime(): Runtime {
  if (isDeno()) return { name: "Deno", version: Deno.version.deno };
  const { bun, node = "" } = globalThis.process.versions;
  return bun === undefined
    ? { name: "Node", version: node }
    : { name: "Bun", version: bun };
}

/** Why a runtime does not serve; `undefined` where it does. */
export function runtimeFault({ name, version }: Runtime): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin, minorMin] = VERSIONS_MIN[name];
  if (major > majorMin || (major === majorMin && minor >= minorMin)) {
    return undefined;
  }
  return `This is ${name} ${version}, and lekt needs ${majorMin}.${minorMin} or later`;
}
