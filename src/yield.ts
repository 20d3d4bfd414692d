/**
 * Letting others have the event loop.
 *
 * @module
 */

const immediate = (globalThis as {
  setImmediate?: (run: () => void) => unknown;
}).setImmediate;

/**
 * Resolves when everything else that is ready has had its turn. `setImmediate`
 * takes 2 µs in Deno and Node where `setTimeout(…, 0)` takes 2 ms; browsers
 * have only a message to oneself.
 */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate) {
      immediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (): void => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Turns of the event loop: Deno's runtime (tokio) looks for what has arrived in every 61st, while others have something to do. */
const ARRIVAL_TURNS = 64;

/**
 * Resolves when what has already arrived at this machine has been read, where
 * a read waits for it, and others have had their turns with it. Takes 60 µs on
 * an idle machine, where a timer takes 2 ms.
 */
export async function yieldToArrivals(): Promise<void> {
  for (let turn = 0; turn < ARRIVAL_TURNS; turn++) await yieldToOthers();
}
