/**
 * Modules of Node that are asked for when they are needed: an import at the top
 * would have bundlers for browsers look for them.
 *
 * @module
 */
import type * as diagnostics from "node:diagnostics_channel";
import type * as fs from "node:fs";
import type * as os from "node:os";
import type * as stream from "node:stream";
import type * as tty from "node:tty";

interface Builtins {
  "node:diagnostics_channel": typeof diagnostics;
  "node:fs": typeof fs;
  "node:os": typeof os;
  "node:stream": typeof stream;
  "node:tty": typeof tty;
}

/** A module of Node, which Bun has too. */
export function builtin<Name extends keyof Builtins>(
  name: Name,
): Builtins[Name] {
  const found = globalThis.process?.getBuiltinModule?.(name);
  if (found === undefined) {
    throw new Error(
      `Cannot find ${name}: this needs Deno 2.9, Node 22.3 or Bun 1.2, or later`,
    );
  }
  return found as unknown as Builtins[Name];
}

/** The channels of diagnostics. Deno loads nothing else with them; to ask `process` for a module, as above, has it load all of `process` first, 40 ms. */
export function openDiagnosticsChannel(): Promise<typeof diagnostics> {
  return import("node:diagnostics_channel");
}
