/**
 * Looks for the other side again, and asks it to go on with the conversation.
 *
 * @module
 */
import { type Connection, LektError, type Message } from "../../../mod.ts";
import { recognize } from "../../talk/receive.ts";
import {
  encodeResume,
  type ResumeAsk,
  type TextId,
} from "../../talk/resume.ts";
import { shownReason } from "../advice.ts";
import type { FirstMessage } from "../exchange.ts";
import { pause } from "../pause.ts";

/** The pause before the first attempt, in milliseconds; it doubles from there. */
const PAUSE_MIN_MS = 500;

/** The longest pause between two attempts, in milliseconds. */
const PAUSE_MAX_MS = 15_000;

/** How much of a pause is left to chance, so that many do not come back at once. */
const SPREAD = 0.25;

/** How long the answer may take, in milliseconds; a program that knows nothing of this says nothing. */
const ANSWER_MS = 10_000;

/** The other side is back. */
export interface Back {
  readonly connection: Connection;
  /** The texts that it says to have taken; left out where it knows nothing of the conversation. */
  readonly taken?: readonly TextId[];
  /** Its first message, where that was none about the conversation. */
  readonly first?: FirstMessage;
}

/** What {@linkcode redial} works with. */
export interface RedialOptions {
  /** Connects to the other side, and to nobody else. */
  readonly dial: (signal: AbortSignal) => Promise<Connection>;
  /** What is said first on each new connection. */
  readonly ask: () => ResumeAsk;
  /** Ends the search. */
  readonly signal: AbortSignal;
  /** The first pause, in milliseconds; 500 where it is left out. */
  readonly pauseMinMs?: number;
}

/**
 * Tries again and again, with longer and longer pauses.
 *
 * @return The other side; why it will not talk any more, where it says so; nothing where the signal has fired.
 */
export async function redial(
  { dial, ask, signal, pauseMinMs = PAUSE_MIN_MS }: RedialOptions,
): Promise<Back | { readonly refusal: string } | undefined> {
  for (let attempt = 0;; attempt++) {
    await pause(pauseMs(attempt, pauseMinMs), signal);
    if (signal.aborted) return undefined;
    try {
      return await askToResume(await dial(signal), ask(), signal);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) return { refusal };
    }
  }
}

/** The pause before an attempt; the first is number 0. */
export function pauseMs(attempt: number, pauseMinMs: number): number {
  const full = Math.min(PAUSE_MAX_MS, pauseMinMs * 2 ** Math.min(attempt, 30));
  return full * (1 - SPREAD * Math.random());
}

async function askToResume(
  connection: Connection,
  ask: ResumeAsk,
  signal: AbortSignal,
): Promise<Back> {
  try {
    await connection.send(encodeResume(ask));
    const message = await firstMessage(connection, ANSWER_MS, signal);
    if (!message) return { connection };
    const { talk } = message;
    if (talk.kind !== "resume") return { connection, first: message };
    return talk.resume.kind === "known"
      ? { connection, taken: talk.resume.taken }
      : { connection };
  } catch (error) {
    await connection.abort();
    throw error;
  }
}

/**
 * The first message of a connection, as far as it must be read to tell what it
 * is; `undefined` where none comes in time.
 *
 * @throws {LektError} Where the connection ends before, or `signal` fires.
 */
export async function firstMessage(
  connection: Connection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<FirstMessage | undefined> {
  const late = new AbortController();
  const stop = () => late.abort(signal.reason);
  const timer = setTimeout(() => late.abort(), timeoutMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let message: Message | null;
  try {
    message = await connection.receive({ signal: late.signal });
  } catch (error) {
    if (late.signal.aborted && !signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
  if (!message) throw new LektError("CLOSED", "The other side has ended");
  return { id: message.id, talk: await recognize(message.body) };
}

/** Why nothing more is to be tried: the other side has decided, or the target cannot be used. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof LektError)) return undefined;
  if (error.code === "INVALID_ARGUMENT") return error.message;
  if (error.code !== "REJECTED" || error.by === "local") return undefined;
  return `it will not talk any more: ${
    shownReason("remote", error.reason ?? "")
  }`;
}
