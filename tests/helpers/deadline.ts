/**
 * Waiting that ends.
 *
 * @module
 */

/** How long anything may take before a test calls it hanging, in milliseconds. */
export const DEADLINE_MS = 8_000;

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

/** Whether `promise` is settled by now, all that is ready having had its turn. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await turns();
  return settled;
}

/** Lets everything that is ready have its turn, several times; no time passes. */
export async function turns(count = 100): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Resolves when `isTrue` is. */
export async function until(
  isTrue: () => boolean,
  what: string,
  deadlineMs: number = DEADLINE_MS,
): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!isTrue()) {
    if (performance.now() > endMs) {
      throw new Error(`Waited in vain until ${what}`);
    }
    await turns(1);
  }
}
