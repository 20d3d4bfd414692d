/**
 * Ports for programs that are told on which to listen.
 *
 * @module
 */

/** Below those that systems hand out by themselves (Linux: from 32768): nobody is given one between here and its use. */
const FIRST_PORT = 16_384;
const PORT_COUNT = 16_000;

/** A port of loopback that nothing listens on now. */
export function freePort(): number {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    try {
      using _ = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
