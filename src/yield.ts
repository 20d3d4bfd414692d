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
