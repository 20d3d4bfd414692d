/**
 * What the sides of the floor have in common: TCP without lekt.
 *
 * @module
 */

/** The scheme that stands for it. */
export const BARE_PROTOCOL = "bare:";

/** The first byte that an honest client sends. */
export const BARE_HONEST = 1;

/** The first byte that a flooder sends. */
export const BARE_FLOOD = 0;

/** Writes all of `bytes`. */
export async function writeAll(
  socket: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    rest = rest.subarray(await socket.write(rest));
  }
}
