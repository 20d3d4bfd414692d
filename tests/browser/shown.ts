/**
 * What `browser_process.ts` tells the test that starts it.
 *
 * @module
 */

/** The file that one person drops on the page. */
export const FILE_NAME = "pictures.zip";

/** Bytes of it: many packets. */
export const FILE_SIZE = 3_000_000;

/** The line that asks the test to kill the example. */
export const KILL = "kill the room";

/** What the example's page showed. */
export interface Shown {
  /** Its states, with how it came to them. */
  states: string[];
  /** The SHA-256 of the file, as it was received. */
  digest: string;
  /** What went wrong. */
  faults: string[];
}
