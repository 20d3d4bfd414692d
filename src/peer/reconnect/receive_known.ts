/**
 * A caller who is talked with already: either they go on with a conversation, or
 * they want another one, and ask for that as anybody does.
 *
 * @module
 */
import { type Accept, type Connection, LektError } from "../../../mod.ts";
import type { FirstMessage } from "../exchange.ts";
import type { Comebacks } from "./comebacks.ts";

/** What {@linkcode receiveKnown} works with. */
export interface ReceiveKnownOptions {
  /** Knows the conversations. */
  readonly comebacks: Comebacks;
  /** Decides about a new conversation. */
  readonly decide: Accept;
  /** Told why there is none. */
  readonly onFailure: (error: LektError) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Receives such a caller.
 *
 * @return What a new conversation begins with; nothing where there is none.
 */
export async function receiveKnown(
  connection: Connection,
  { comebacks, decide, onFailure, signal }: ReceiveKnownOptions,
): Promise<{ first?: FirstMessage } | undefined> {
  const gone = new AbortController();
  connection.closed.then(() => gone.abort());
  try {
    const { isBack, first } = await comebacks.lead(connection, signal);
    if (isBack) return undefined;
    const verdict = await decide(connection.remote, { signal: gone.signal });
    if (verdict === true) return first ? { first } : {};
    const reason = verdict === false ? "" : verdict;
    onFailure(
      new LektError("REJECTED", "Rejected", { by: "local", reason }),
    );
    await connection.close(reason);
  } catch {
    // They have left before it was known what they wanted, or this side ends.
    await connection.abort();
  }
  return undefined;
}
