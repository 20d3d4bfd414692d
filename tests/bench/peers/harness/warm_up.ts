/**
 * What runs unmeasured before a round, so that the round is at full speed.
 *
 * @module
 */

/** A warm-up takes so many seconds at least: V8 goes on optimizing that long, and TCP looks for its speed (lekt, 1 MiB streamed: 2.2 GB/s in the first second, 3.0 from the fifth on; raw 2.9 and 4.7). */
export const WARM_UP_SECONDS = 6;

/** Runs again and again until so many seconds are over; not at all where there are none. */
export async function repeatFor(
  seconds: number,
  run: () => Promise<unknown>,
): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) await run();
}
