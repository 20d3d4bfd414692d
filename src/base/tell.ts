/**
 * What is done with what the application throws when it is told something.
 *
 * @module
 */

/** Tells the application; what it throws, at once or later, is its own affair and ends nothing here. */
export function tell<Args extends unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  ...args: Args
): void {
  new Promise((resolve) => resolve(listener?.(...args))).catch(() => {});
}
