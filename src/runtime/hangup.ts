/**
 * The end of the terminal, which `nohup` keeps away from a program.
 *
 * @module
 */
import { isDeno } from "./mod.ts";
import { system } from "./system.ts";

/** SIGHUP among the signals of a mask: the lowest bit is signal 1. */
const HANGUP_BIT = 1n;

/** Looked at when this is loaded: a moment later Deno may have switched it on already. */
const IS_IGNORED = isHangupIgnored();

/**
 * Goes on ignoring SIGHUP where whoever started this program has switched it
 * off: Deno switches it on. Only Linux tells, and Deno lets it be read only
 * with all permissions; Node and Bun have switched it on before any code runs.
 *
 * @return Whether it is ignored.
 */
export function keepIgnoringHangup(): boolean {
  if (IS_IGNORED) system.addSignalListener("SIGHUP", () => {});
  return IS_IGNORED;
}

function isHangupIgnored(): boolean {
  if (!isDeno() || !mayDoAll()) return false;
  try {
    const status = system.readTextFileSync("/proc/self/status");
    const [, mask] = /^SigIgn:\s*([\da-f]+)$/m.exec(status) ?? [];
    return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP_BIT) !== 0n;
  } catch {
    return false;
  }
}

/** Whether all is permitted, as far as it can be asked: a person must not be asked about this. */
function mayDoAll(): boolean {
  return (["run", "ffi", "read"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}
