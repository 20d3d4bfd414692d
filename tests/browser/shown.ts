/**
 * What `browser_process.ts` tells the test that starts it.
 *
 * @module
 */

/** Bytes of the file that the page sends: many packets. */
export const FILE_SIZE = 3_000_000;

/** What the page showed. */
export interface Shown {
  /** The lines of its log. */
  lines: string[];
  /** What went wrong in it. */
  faults: string[];
}
