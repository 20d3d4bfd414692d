/**
 * Ports for programs that are told on which to listen.
 *
 * @module
 */

/** Below those that systems hand out by themselves (Linux: from 32768): nobody is given one between here and its use. */
const FIRST_PORT = 16_384;
const PORT_COUNT = 16_000;

/** A port of loopback that nothing listens on now, and so it is with the port `above` it, where a program takes both. */
export function freePort(above = 0): number {
  for (;;) {
    const count = PORT_COUNT - above;
    const port = FIRST_PORT + Math.floor(Math.random() * count);
    if (isFree(port) && isFree(port + above)) return port;
  }
}

function isFree(port: number): boolean {
  try {
    using _ = Deno.listen({ hostname: "127.0.0.1", port });
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    return false;
  }
}
