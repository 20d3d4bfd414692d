/**
 * Chooses what gives files, the terminal, signals and the environment: `Deno`
 * itself on Deno, `node:` modules elsewhere. The names are Deno's.
 *
 * @module
 */
import { isDeno } from "./mod.ts";
import type { Files } from "./files.ts";
import { nodeFiles } from "./node_files.ts";
import { nodeProcess } from "./node_process.ts";
import type { Process } from "./process.ts";

/** What the system gives to a program. */
export type System = Files & Process;

/** What the system gives to this one. Nothing is asked of it at import. */
export const system: System = isDeno() ? Deno : nodeSystem();

function nodeSystem(): System {
  const members = {
    ...Object.getOwnPropertyDescriptors(nodeFiles()),
    ...Object.getOwnPropertyDescriptors(nodeProcess()),
  };
  return Object.defineProperties({}, members) as System;
}

/** The addresses of this machine, as far as the process may know them. */
export function ownAddresses(): string[] {
  if (!isDeno()) return nodeProcess().ownAddresses();
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  if (state !== "granted") return [];
  return Deno.networkInterfaces().map(({ address }) => address);
}

/** The process need not live for a timer. */
export function unrefTimer(timer: ReturnType<typeof setTimeout>): void {
  if (isDeno()) Deno.unrefTimer(timer);
  else (timer as unknown as { unref(): void }).unref();
}
