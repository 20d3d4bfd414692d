/**
 * Waiting that ends.
 *
 * @module
 */

/** How long anything may take before a test calls it hanging, in milliseconds. */
export const DEADLINE_MS = 30_000;

/** The same as `promise`, but rejects where it takes too long. */
export async function within<T>(
  promise: PromiseLike<T>,
  what: string,
  deadlineMs: number = DEADLINE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Waited in vain for ${what}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `promise` is settled by now, all that is ready having had its turn: to show that it is not. That it is, `within` shows. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await turns();
  return settled;
}

/** More turns of the event loop than whoever may go on waits for: `yieldToArrivals()` takes 64, and a connection waits so twice in a row at most. */
const MANY_TURNS = 300;

/** Lets everything that is ready have its turn, several times; no time passes. To show that nothing happens: what is to happen must be waited for, by `until` or `within`. */
export async function turns(count = MANY_TURNS): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Resolves when `value` has stayed the same for so long that nobody can be about to change it. */
export async function untilStill(value: () => number): Promise<void> {
  let latest = value();
  for (let count = 0; count < MANY_TURNS; count++) {
    await turns(1);
    if (value() === latest) continue;
    latest = value();
    count = 0;
  }
}

/** So many turns `until` looks without letting time pass; then it leaves the processor to whom it waits for. */
const EAGER_TURNS = 1_000;

/** Between two looks of `until` from then on, in milliseconds. */
const LOOK_MS = 2;

/** Resolves when `isTrue` is. */
export async function until(
  isTrue: () => boolean,
  what: string,
  deadlineMs: number = DEADLINE_MS,
): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  for (let turn = 0; !isTrue(); turn++) {
    if (performance.now() > endMs) {
      throw new Error(`Waited in vain until ${what}`);
    }
    if (turn < EAGER_TURNS) await turns(1);
    else await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
