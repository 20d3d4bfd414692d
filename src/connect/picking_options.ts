/**
 * What the picking of a connection method is told.
 *
 * @module
 */
import type { Method } from "../transport/method.ts";
import type { Transport } from "../transport/transport.ts";

/** Time, so that tests need none. */
export interface PickingClock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls back after that many milliseconds, unless what it returns is called before. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** How to pick. */
export interface PickingOptions<T> {
  /**
   * Makes a connection of an open byte stream, which it owns once it has
   * resolved; before, and when it rejects, the byte stream is closed from here.
   * `REJECTED` and `INVALID_ARGUMENT` end the search, anything else is a
   * failure of that method. It calls `onAnswer` when the other side has answered.
   */
  handshake: (
    transport: Transport,
    method: Method,
    signal: AbortSignal,
    onAnswer: () => void,
  ) => Promise<T>;
  /**
   * Finds out whether the program that a method leads to answers, without
   * asking whoever decides there. Default: it is taken to.
   */
  isAnswering?: (method: Method, signal: AbortSignal) => Promise<boolean>;
  /** Cancels the search. */
  signal?: AbortSignal;
  /** Milliseconds for one byte stream to open. */
  dialTimeoutMs: number;
  /** Opens a byte stream. */
  dial: (method: Method, signal: AbortSignal) => Promise<Transport>;
  /** Why a method cannot be dialled here at all; `undefined` where it can. */
  dialFault: (method: Method) => string | undefined;
  /** Default: the clock of the system. */
  clock?: PickingClock;
}
