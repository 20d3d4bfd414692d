/**
 * Sending one message that cannot be taken over at once.
 *
 * @module
 */
import { addAbortListener, removeAbortListener } from "./abort_listeners.ts";
import { LektError, messageOf } from "../base/errors.ts";
import type { Driver } from "./driver.ts";
import type { OutgoingMessage } from "../session/outgoing_message.ts";
import {
  letGo,
  letGoPieces,
  pieceBytes,
  pieces,
  resultOf,
  type Sendable,
  wholeBytes,
} from "./sources.ts";

const END = new Uint8Array(0);

/** What a caller may want of a message besides. */
interface SendingOptions {
  signal?: AbortSignal;
  onId?: (id: number) => void;
}

/** Sends what is not a short message, or must wait; returns the message's id. */
export async function sendSlowly(
  driver: Driver,
  data: Sendable,
  options: SendingOptions = {},
): Promise<number> {
  const signal: unknown = options.signal;
  if (signal && !(signal instanceof AbortSignal)) {
    return await refuse(
      data,
      new LektError(
        "INVALID_ARGUMENT",
        "Cannot send with this signal: expected an AbortSignal",
      ),
    );
  }
  const bytes = wholeBytes(data);
  if (bytes) return await sendWhole(driver, bytes, options);
  return await sendPieces(driver, pieces(data), options);
}

/** Rejects with `error`; a source that is refused may have a file open. */
export function refuse(data: Sendable, error: unknown): Promise<never> {
  letGo(data, error);
  return Promise.reject(error);
}

/** Sends bytes that are all there; returns the message's id. */
async function sendWhole(
  driver: Driver,
  bytes: Uint8Array,
  options: SendingOptions,
): Promise<number> {
  const message = driver.session.outbox.queueWhole(bytes);
  const sending = new Sending(driver, message, options.signal);
  try {
    await sending.untilTaken();
    options.onId?.(message.id);
  } finally {
    sending.end();
  }
  return message.id;
}

/** Sends the pieces of a source; returns the message's id. A source that fails aborts the message. */
async function sendPieces(
  driver: Driver,
  source: AsyncIterator<unknown>,
  options: SendingOptions,
): Promise<number> {
  const message = driver.session.outbox.queueOpen();
  const sending = new Sending(driver, message, options.signal);
  let isSourceDone = false;
  let isIdTold = false;
  try {
    while (!isSourceDone) {
      // Resolved: an iterator written by hand may answer without a promise.
      const answer = await sending.until(Promise.resolve(source.next()));
      const { done, value } = resultOf(answer);
      isSourceDone = done;
      const bytes = isSourceDone ? END : pieceBytes(value);
      if (bytes.length === 0 && !isSourceDone) continue;
      message.offer(bytes, isSourceDone);
      await sending.untilTaken();
      if (!isIdTold) options.onId?.(message.id);
      isIdTold = true;
    }
    return message.id;
  } catch (error) {
    sending.giveUp(error);
    if (!isSourceDone) letGoPieces(() => source, error);
    throw error;
  } finally {
    sending.end();
  }
}

/** One message on its way, with all that can stop it. */
class Sending {
  #driver: Driver;
  #message: OutgoingMessage;
  #signal: AbortSignal | undefined;
  #failure: { error: unknown } | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(
    driver: Driver,
    message: OutgoingMessage,
    signal: AbortSignal | undefined,
  ) {
    this.#driver = driver;
    this.#message = message;
    this.#signal = signal;
    message.onFailed = (error): void => this.#fail(error);
    if (signal) addAbortListener(signal, this.#onAbort);
  }

  /** Resolves when the connection has taken what was offered. */
  untilTaken(): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.#message.onTaken = resolve;
    });
    this.#driver.scheduleWrite();
    return this.until(taken);
  }

  /** Waits for `promise`, unless the message fails first. Not a `Promise.race`: that would keep something for each piece until the end. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.#failure) reject(this.#failure.error);
      promise.then(resolve, reject);
    });
  }

  /** Aborts the message; on the wire only where a part of it was sent. */
  giveUp(why: unknown): void {
    const reason = why === undefined || why === null ? "" : messageOf(why);
    this.#driver.session.outbox.abort(this.#message, reason);
    this.#driver.scheduleWrite();
  }

  /** Stops to listen to the signal. */
  end(): void {
    if (this.#signal) removeAbortListener(this.#signal, this.#onAbort);
  }

  #onAbort = (): void => {
    // It was taken over whole: the other side gets it.
    if (this.#message.isEnded) return;
    this.giveUp(this.#signal!.reason);
    this.#fail(this.#signal!.reason);
  };

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reject?.(error);
  }
}
