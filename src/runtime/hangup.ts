/**
 * The end of the terminal, which `nohup` keeps away from a program.
 *
 * @module
 */
import { system } from "./system.ts";

/** SIGHUP among the signals of a mask: the lowest bit is signal 1. */
const HANGUP_BIT = 1n;

/**
 * Goes on ignoring SIGHUP where whoever started this program has switched it
 * off: Deno switches it on with the first listener for any signal. To be called
 * before that. Only Linux tells, and Deno lets it be read only with all
 * permissions; Node and Bun have switched it on before any code runs.
 *
 * @return Whether it is ignored.
 */
export function keepIgnoringHangup(): boolean {
  const isIgnored = isHangupIgnored();
  if (isIgnored) system.addSignalListener("SIGHUP", () => {});
  return isIgnored;
}

function isHangupIgnored(): boolean {
  try {
    const status = system.readTextFileSync("/proc/self/status");
    const [, mask] = /^SigIgn:\s*([\da-f]+)$/m.exec(status) ?? [];
    return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP_BIT) !== 0n;
  } catch {
    return false;
  }
}
