/**
 * Tests whose whole run is in virtual time.
 *
 * @module
 */
import { useTime, VirtualTime } from "../simulation/virtual_time.ts";
import { Prng } from "./prng.ts";

/** Until then all is over, also what nobody waits for, in milliseconds. */
export const REST_MS = 600_000;

/** Runs a test in a time that passes when nothing else is left to do. */
export async function inVirtualTime(
  run: (time: VirtualTime) => Promise<void>,
): Promise<void> {
  const time = new VirtualTime(new Prng(1));
  useTime(time);
  try {
    let isOver = false;
    const running = run(time).finally(() => isOver = true);
    await Promise.all([running, time.run(() => isOver)]);
    // What is left of it must not wait for a time that never comes.
    await time.run(() => false, time.nowMs + REST_MS);
  } finally {
    useTime(undefined);
  }
}

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
