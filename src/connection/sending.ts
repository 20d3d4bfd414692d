/**
 * Sending one message that cannot be taken over at once.
 *
 * @module
 */
import { addAbortListener, removeAbortListener } from "./abort_listeners.ts";
import { LektError, messageOf } from "../base/errors.ts";
import type { Driver } from "./driver.ts";
import { signalError } from "../base/signal.ts";
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

const PRIORITIES: readonly unknown[] = ["high", "normal", "low"];

/** Options of `Connection.send`. */
export interface SendOptions {
  /** Aborts this message; the connection goes on. */
  signal?: AbortSignal;
  /** Called once with the message's id, when its first part has been taken over: before `send` resolves, and also where it will reject later. `send` waits for a promise that it returns. What it throws, or rejects with, rejects `send`, and aborts the message unless all of it was taken over. */
  onId?: (id: number) => unknown;
  /**
   * Resolve only when the other side's application has taken the whole message:
   * sent is not received. Rejects with `CANCELLED` where it was dropped there,
   * with the error of the connection where that is not known, with
   * `UNSUPPORTED` where the other side speaks version 1.0. At most 1,024 wait
   * at once; further ones are sent when a place is free. Default: `false`.
   */
  confirm?: boolean;
  /**
   * Which of several messages has more turns. While messages of all three
   * priorities wait, of 21 parts (`limits.maxPartBytes` each, at most) `"high"`
   * gets 16, `"normal"` 4 and `"low"` one; those of one priority take turns.
   * Messages of one part with another priority than `"normal"`, the default,
   * take turns as well, and do not keep their order.
   */
  priority?: "high" | "normal" | "low";
}

/** Sends what is not a short message, or must wait; returns the message's id. */
export async function sendSlowly(
  driver: Driver,
  data: Sendable,
  options: SendOptions = {},
): Promise<number> {
  const unusable = signalError("send", options.signal);
  if (unusable) return await refuse(data, unusable);
  const { confirm = false, priority = "normal" } = options;
  if (!PRIORITIES.includes(priority)) {
    return await refuse(
      data,
      new LektError(
        "INVALID_ARGUMENT",
        `Cannot send with priority ${
          messageOf(priority)
        }: expected "high", "normal" or "low"`,
      ),
    );
  }
  if (confirm) return await sendConfirmed(driver, data, options);
  return await sendData(driver, data, options);
}

/** Sends it when there is a place, and waits until the other side's application has taken it. */
async function sendConfirmed(
  driver: Driver,
  data: Sendable,
  options: SendOptions,
): Promise<number> {
  if (driver.session.versionMinor === 0) {
    return await refuse(
      data,
      new LektError(
        "UNSUPPORTED",
        "Cannot have the message confirmed: the other side speaks version 1.0 of the protocol",
      ),
    );
  }
  // At once where there is a place: what is sent before this side ends is sent.
  const turn = driver.confirmPlaces.take(options.signal);
  if (!turn) return await sendData(driver, data, options);
  try {
    await turn;
  } catch (reason) {
    return await refuse(data, reason);
  }
  const error = driver.sendError;
  const { signal } = options;
  if (!error && !signal?.aborted) return await sendData(driver, data, options);
  driver.confirmPlaces.give();
  return await refuse(data, error ?? signal?.reason);
}

async function sendData(
  driver: Driver,
  data: Sendable,
  options: SendOptions,
): Promise<number> {
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
  options: SendOptions,
): Promise<number> {
  const message = driver.session.outbox.queueWhole(bytes, options);
  const sending = new Sending(driver, message, options.signal);
  try {
    if (options.onId) sending.tellId(options.onId);
    await sending.untilTaken();
    await sending.untilDone();
  } finally {
    sending.end();
  }
  return message.id;
}

/** Sends the pieces of a source; returns the message's id. A source that fails aborts the message. */
async function sendPieces(
  driver: Driver,
  source: AsyncIterator<unknown>,
  options: SendOptions,
): Promise<number> {
  const message = driver.session.outbox.queueOpen(options);
  const sending = new Sending(driver, message, options.signal);
  let isSourceDone = false;
  if (options.onId) sending.tellId(options.onId);
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
    }
    await sending.untilDone();
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
  #isConfirmed: PromiseWithResolvers<boolean> | undefined;
  #told: Promise<void> | undefined;

  constructor(
    driver: Driver,
    message: OutgoingMessage,
    signal: AbortSignal | undefined,
  ) {
    this.#driver = driver;
    this.#message = message;
    this.#signal = signal;
    message.onFailed = (error): void => this.#fail(error);
    if (message.isConfirmWanted) this.#expectConfirmation();
    if (signal) addAbortListener(signal, this.#onAbort);
  }

  /** Has `onId` called when the first part was taken; not amid the turns of the outbox, in which the application may send. */
  tellId(onId: NonNullable<SendOptions["onId"]>): void {
    const message = this.#message;
    async function tell(): Promise<void> {
      await undefined;
      await onId(message.id);
    }
    message.onBegun = (): void => {
      this.#told = tell().catch((error) => {
        this.giveUp(error);
        this.#fail(error);
      });
    };
  }

  /** Resolves when the connection has taken what was offered. */
  untilTaken(): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.#message.onTaken = resolve;
    });
    this.#driver.scheduleWrite();
    return this.until(taken);
  }

  /** Resolves when `onId` has, and when the other side's application has taken the message, where that is waited for; the latter may be given up by the signal. */
  async untilDone(): Promise<void> {
    if (this.#told) await this.until(this.#told);
    const confirmed = this.#isConfirmed?.promise;
    if (!confirmed || await this.until(confirmed)) return;
    const messageId = this.#message.id;
    throw new LektError(
      "CANCELLED",
      `Message ${messageId} was sent, and the other side has dropped it`,
      { messageId },
    );
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
    const reason = messageOf(why ?? "");
    this.#driver.session.outbox.abort(this.#message, reason);
    this.#driver.scheduleWrite();
  }

  /** Stops to listen to the signal. */
  end(): void {
    if (this.#signal) removeAbortListener(this.#signal, this.#onAbort);
  }

  #onAbort = (): void => {
    // It was taken over whole: the other side gets it.
    if (this.#message.isEnded && !this.#isConfirmed) return;
    this.giveUp(this.#signal!.reason);
    this.#fail(this.#signal!.reason);
  };

  /** The place is free again with the answer, or where there will be none. */
  #expectConfirmation(): void {
    const answer = Promise.withResolvers<boolean>();
    this.#isConfirmed = answer;
    this.#message.onConfirmed = (isTaken): void => {
      this.#message.onConfirmed = undefined;
      this.#driver.confirmPlaces.give();
      if (isTaken !== undefined) answer.resolve(isTaken);
    };
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reject?.(error);
  }
}
