/**
 * Tests in which time passes as they say.
 *
 * @module
 */
import { useTime, VirtualTime } from "../simulation/virtual_time.ts";
import { Prng } from "./prng.ts";

/** How long time goes on for, in milliseconds. */
const END_MS = 600_000;

/** A time that begins at 0, and does not pass by itself. */
export interface TestTime {
  /** The present moment, in milliseconds. */
  readonly nowMs: number;
  /** Does something at a moment. */
  at(atMs: number, run: () => void): void;
}

/** Runs `begin`, and then all that waits for a time, in the order of the times; resolves with how much still waits behind ten minutes. */
export async function inTime(begin: (time: TestTime) => void): Promise<number> {
  const time = new VirtualTime(new Prng(1));
  const startMs = time.nowMs;
  useTime(time);
  try {
    begin({
      get nowMs(): number {
        return time.nowMs - startMs;
      },
      at: (atMs, run) => void time.schedule(run, startMs + atMs - time.nowMs),
    });
    await time.run(() => false, startMs + END_MS);
    return time.pendingCount;
  } finally {
    useTime(undefined);
  }
}
