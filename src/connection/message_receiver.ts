/**
 * How messages are handed to the application: one by one, in a loop, or in
 * batches.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Driver } from "./driver.ts";
import { signalError } from "../base/signal.ts";
import type { Message } from "./message.ts";
import type { MakeMessage, PendingReceive } from "./pending_receives.ts";
import { TimeSlice } from "../transport/time_slice.ts";

/** Options of {@linkcode Connection.receive} and {@linkcode Connection.batches}. */
export interface ReceiveOptions {
  /** Cancels waiting: the call rejects with the signal's reason, or with `INVALID_ARGUMENT` where it is none. No message is lost: the next call gets it. */
  signal?: AbortSignal;
}

/** Messages in one batch: more of them at once outgrow the processor's cache (8 % slower). */
const BATCH_COUNT_MAX = 512;

/** Hands the messages of one connection to the application. */
export class MessageReceiver {
  #driver: Driver;
  #makeMessage: MakeMessage;
  #isDraining = false;
  #slice: TimeSlice;
  #isPauseDue = false;

  /** Takes messages from `driver`, and makes what the application gets. */
  constructor(driver: Driver, makeMessage: MakeMessage) {
    this.#driver = driver;
    this.#slice = new TimeSlice(driver.timeOwner);
    this.#makeMessage = makeMessage;
  }

  /** Tells whoever waits, and whoever would, that there are no more messages; what has arrived can still be taken. */
  drain(): void {
    this.#isDraining = true;
    this.#driver.pendingReceives.dismiss();
  }

  /** The next message, or `null` at the end. */
  receive(options?: ReceiveOptions): Promise<Message | null> {
    return this.#receive(false, options?.signal, undefined);
  }

  /** An iterator over single messages. By hand: an async generator takes twice the time for each message. */
  iterate(): AsyncIterator<Message, undefined> {
    const iterator: AsyncIterator<Message, undefined> = {
      next: (): Promise<IteratorResult<Message, undefined>> => {
        const value = this.#tryReceive();
        if (value) return Promise.resolve({ value, done: false });
        return this.#receiveLater(toResult, true, undefined, iterator);
      },
      return: () => this.#leave(iterator),
    };
    return iterator;
  }

  /** An iterator over arrays of messages. */
  batches(
    options?: ReceiveOptions,
  ): AsyncIterableIterator<Message[], undefined> {
    const iterator: AsyncIterableIterator<Message[], undefined> = {
      next: async (): Promise<IteratorResult<Message[], undefined>> => {
        const first = await this.#receive(true, options?.signal, iterator);
        if (!first) return { value: undefined, done: true };
        const value = [first];
        while (value.length < BATCH_COUNT_MAX) {
          const message = this.#driver.tryReceive(this.#makeMessage);
          if (!message) break;
          value.push(message);
        }
        return { value, done: false };
      },
      return: () => this.#leave(iterator),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Gives up what an iterator waits for; it may be taken up again. */
  #leave(owner: object): Promise<IteratorReturnResult<undefined>> {
    this.#driver.pendingReceives.dismiss(owner);
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The next message, where one is ready. Whoever has taken messages for a whole slice waits: others would have no turn until all that are ready were taken. */
  #tryReceive(): Message | undefined {
    if (this.#isPauseDue) {
      this.#isPauseDue = false;
      this.#driver.pauseReceives(this.#slice);
      return undefined;
    }
    const message = this.#driver.tryReceive(this.#makeMessage);
    if (message) this.#isPauseDue = this.#slice.isOverNow();
    return message;
  }

  #receive(
    isEndedByClose: boolean,
    signal: AbortSignal | undefined,
    owner: object | undefined,
  ): Promise<Message | null> {
    if (signal) {
      const unusable = signalError("receive", signal);
      if (unusable) return Promise.reject(unusable);
      if (signal.aborted) return Promise.reject(signal.reason);
    }
    const message = this.#tryReceive();
    if (message) return Promise.resolve(message);
    return this.#receiveLater((next) => next, isEndedByClose, signal, owner);
  }

  /** The next message as `wrap` makes it: a promise for that alone would take another step. */
  #receiveLater<T>(
    wrap: (message: Message | null) => T,
    isEndedByClose: boolean,
    signal: AbortSignal | undefined,
    owner: object | undefined,
  ): Promise<T> {
    if (this.#isDraining) return Promise.resolve(wrap(null));
    return new Promise((resolve, reject) => {
      const receive: PendingReceive = {
        make: this.#makeMessage,
        owner,
        isGivenUp: false,
        close: () =>
          isEndedByClose ? resolve(wrap(null)) : reject(closedError()),
        resolve: (message) => resolve(wrap(message)),
        reject,
      };
      this.#driver.receive(
        signal ? this.#untilAborted(receive, signal) : receive,
      );
    });
  }

  /** The same, given up when `signal` fires; it listens no longer than it waits. */
  #untilAborted(receive: PendingReceive, signal: AbortSignal): PendingReceive {
    const onAbort = (): void => {
      this.#driver.pendingReceives.giveUp(given);
      receive.reject(signal.reason);
    };
    const stop = (): void => signal.removeEventListener("abort", onAbort);
    const given: PendingReceive = {
      ...receive,
      close: () => (stop(), receive.close()),
      resolve: (message) => (stop(), receive.resolve(message)),
      reject: (error) => (stop(), receive.reject(error)),
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return given;
  }
}

function closedError(): LektError {
  return new LektError(
    "CLOSED",
    "Cannot receive: the connection was closed",
  );
}

function toResult(
  message: Message | null,
): IteratorResult<Message, undefined> {
  return message
    ? { value: message, done: false }
    : { value: undefined, done: true };
}
