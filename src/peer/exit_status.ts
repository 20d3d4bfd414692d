/**
 * How the command ends.
 *
 * @module
 */

/** Exit statuses of the command. */
export const EXIT = {
  ok: 0,
  failed: 1,
  misuse: 2,
  rejected: 3,
  interrupted: 130,
} as const;
