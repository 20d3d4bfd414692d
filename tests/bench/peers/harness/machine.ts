/**
 * Where figures come from.
 *
 * @module
 */
import { cpus, release, totalmem, type } from "node:os";
import { nodeVersion, npmVersions } from "./node_runtime.ts";

/** Machine and versions. */
export interface Machine {
  cpu: string;
  cores: number;
  memory: number;
  system: string;
  deno: string;
  v8: string;
  node: string | null;
  npm: Record<string, string>;
  /** The highest number of files that a process may raise its own limit to; `null` where the system does not tell. */
  openFiles: number | null;
}

/** Finds out where this runs. */
export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: navigator.hardwareConcurrency,
    memory: totalmem(),
    system: `${type()} ${release()}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    node: await nodeVersion() ?? null,
    npm: await npmVersions(),
    openFiles: await openFilesMax(),
  };
}

async function openFilesMax(): Promise<number | null> {
  if (Deno.build.os !== "linux") return null;
  const text = await Deno.readTextFile("/proc/self/limits");
  return Number(text.match(/^Max open files\s+\d+\s+(\d+)/m)?.[1] ?? NaN);
}
