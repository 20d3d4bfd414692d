/**
 * Leaves the processor to others for a moment.
 *
 * @module
 */

/** Resolves when all who are ready have had their turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
