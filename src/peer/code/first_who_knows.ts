/**
 * Waits for whoever knows a code, among all who come.
 *
 * @module
 */
import { type Connection, LektError, type Listener } from "../../../mod.ts";
import { type ProofOptions, proveAsResponder, type Proven } from "./prove.ts";

/** So many may be amid their proof at once; all but one of them are strangers. */
const PROVING_COUNT_MAX = 16;

/** Somebody who knows the code. */
export interface Met extends Proven {
  /** The connection with them. */
  readonly connection: Connection;
}

/**
 * Waits for the first who knows the code; one guess, right or wrong, ends that.
 *
 * @param listener Lets everybody in.
 * @param options What this side proves with.
 * @param lifeMs How long the code can be used, in milliseconds.
 * @throws {LektError} `REJECTED` where the guess was wrong; `TIMEOUT` where nobody came; the signal's reason where that fires.
 */
export async function firstWhoKnows(
  listener: Listener,
  options: ProofOptions,
  lifeMs: number,
): Promise<Met> {
  const { signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Met>();
  const proving = new Set<Connection>();
  let isSpent = false;

  async function judge(connection: Connection): Promise<void> {
    let isGuess = false;
    try {
      const proven = await proveAsResponder(connection, options, () => {
        if (isSpent) return false;
        isSpent = isGuess = true;
        return true;
      });
      proving.delete(connection);
      resolve({ connection, ...proven });
    } catch (error) {
      // Who has not guessed has cost nothing.
      if (isGuess) reject(error);
      else void connection.close();
    }
  }

  async function take(): Promise<void> {
    for await (const connection of listener) {
      if (isSpent || proving.size >= PROVING_COUNT_MAX) {
        void connection.abort();
        continue;
      }
      proving.add(connection);
      connection.closed.then(() => proving.delete(connection));
      void judge(connection);
    }
  }

  const late = new LektError(
    "TIMEOUT",
    `Nobody came within ${
      lifeMs / 60_000
    } minutes: the code has lapsed; start again for a new one`,
  );
  const timer = setTimeout(() => reject(late), lifeMs);
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  void take();
  try {
    return await promise;
  } finally {
    isSpent = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    for (const connection of proving) void connection.abort();
  }
}
