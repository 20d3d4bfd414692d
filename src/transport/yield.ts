/**
 * Letting others have the event loop.
 *
 * @module
 */

/** Read when it is first needed: in Deno this loads Node's timers, 16 ms that an import need not wait for. */
let immediate: ((run: () => void) => unknown) | null | undefined;

function findImmediate(): typeof immediate {
  const { setImmediate } = globalThis as { setImmediate?: typeof immediate };
  return setImmediate ?? null;
}

/**
 * Resolves when everything else that is ready has had its turn. `setImmediate`
 * takes 2 µs in Deno and Node where `setTimeout(…, 0)` takes 2 ms; browsers
 * have only a message to oneself.
 */
export function yieldToOthers(): Promise<void> {
  return new Promise(onNextTurn);
}

/** Calls `run` in the next turn of the event loop. */
export function onNextTurn(run: () => void): void {
  if (immediate === undefined) immediate = findImmediate();
  if (immediate) {
    immediate(run);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (): void => {
    port1.close();
    port2.close();
    run();
  };
  port2.postMessage(null);
}

/** Microtasks from a message's arrival to its answer's write: the steps of `receive`, of an iteration and of `send`, and a few for the application. */
const ANSWER_STEPS = 8;

/** Resolves when whoever waited for a message and answers it at once has done so. Takes 0.3 µs. */
export async function yieldToAnswer(): Promise<void> {
  for (let step = 0; step < ANSWER_STEPS; step++) await undefined;
}

/** Turns of the event loop: Deno's runtime (tokio) looks for what has arrived in every 61st, while others have something to do. */
const ARRIVAL_TURNS = 64;

/** Those who wait for arrivals, in order; all share the same turns, for each turn costs 1 µs. */
const waiters: { atTurn: number; resolve: () => void }[] = [];
let turn = 0;

/**
 * Resolves when what has already arrived at this machine has been read, where
 * a read waits for it, and others have had their turns with it. Takes 60 µs on
 * an idle machine, where a timer takes 2 ms.
 */
export function yieldToArrivals(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiters.push({ atTurn: turn + ARRIVAL_TURNS, resolve });
  if (waiters.length === 1) onNextTurn(takeTurn);
  return promise;
}

function takeTurn(): void {
  turn++;
  while (waiters.length > 0 && waiters[0]!.atTurn <= turn) {
    waiters.shift()!.resolve();
  }
  if (waiters.length > 0) onNextTurn(takeTurn);
}
