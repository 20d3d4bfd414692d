/**
 * Notices that a directory has lost the slot of a code, as one does that keeps
 * all in memory and is started anew: nobody could come any more.
 *
 * @module
 */
import { LektError } from "../../../mod.ts";
import type { OwnSlot } from "../../directory/slot_client.ts";
import { markFault } from "../faults.ts";
import { pause } from "../pause.ts";

/** How often the directory is asked, in milliseconds: it counts questions about slots. */
const CHECK_MS = 30_000;

/** What {@linkcode whileHeld} works with. */
export interface HoldOptions {
  /** The directory, as people know it. */
  readonly url: string;
  /** Ends what runs. */
  readonly signal: AbortSignal;
  /** How long the code can be used, in milliseconds: behind that its slot is gone in any case. */
  readonly lifeMs: number;
  /** How often the directory is asked, in milliseconds. */
  readonly checkMs?: number;
}

/**
 * Runs `run` while the directory has a slot; the signal that it is given fires
 * where that is lost.
 *
 * @throws What `run` throws.
 */
export async function whileHeld<T>(
  slot: OwnSlot,
  options: HoldOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  untilLost(slot, options, AbortSignal.any([signal, over.signal]))
    .then((isLost) => {
      if (isLost) lost.abort(forgotten(options.url));
    });
  try {
    return await run(signal);
  } finally {
    over.abort();
  }
}

/** Asks for the slot again and again; tells whether it was lost. */
async function untilLost(
  slot: OwnSlot,
  { lifeMs, checkMs = CHECK_MS }: HoldOptions,
  signal: AbortSignal,
): Promise<boolean> {
  for (let ageMs = checkMs; ageMs < lifeMs; ageMs += checkMs) {
    await pause(checkMs, signal);
    if (signal.aborted) return false;
    // Where it does not answer, it may still have it.
    if (!await slot.isThere(signal).catch(() => true)) return !signal.aborted;
  }
  return false;
}

function forgotten(url: string): unknown {
  return markFault(
    new LektError(
      "UNREACHABLE",
      `The directory ${url} does not know the code any more, as after a restart: start again for a new one`,
    ),
  );
}
