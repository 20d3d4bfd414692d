/**
 * What every alternative looks like to the bench: one small adapter each,
 * behind the same three interfaces. These files run under Deno and, with their
 * types stripped, under Node.
 *
 * @module
 */

/** How the application takes messages: whole and kept, as streams of pieces, one after the other or all at once, or by the batch. */
export type Mode = "collect" | "stream" | "concurrent" | "batch";

/** Takes the pieces of one message, in order. */
export interface PartSink {
  /** The next piece; its memory is the adapter's again as soon as this returns. */
  part(bytes: Uint8Array): void;
  /** There are no more pieces. */
  end(): void;
}

/** The receiving application: takes what arrives on a link and verifies it. */
export interface Sink {
  /** Bytes of each message, for adapters whose wire does not say. */
  readonly size: number;
  /** How the application wants its messages. */
  readonly mode: Mode;
  /** One whole message, which the application keeps. */
  whole(bytes: Uint8Array): void;
  /** One whole message in memory that the adapter will use again. */
  lent(memory: Uint8Array, start: number): void;
  /** A message that arrives in pieces. */
  open(): PartSink;
}

/** One connection, either end. */
export interface Link {
  /** Sends one message. `undefined`: go on at once; a promise: wait for it first. `payload` stays as it is until {@linkcode flush} is done. */
  send(payload: Uint8Array): Promise<unknown> | undefined;
  /** Hands everything over that {@linkcode send} has taken. */
  flush(): Promise<unknown> | undefined;
  /** Sends one message of which only a piece exists at a time; absent where the alternative needs it whole. */
  sendStream?(
    chunks: AsyncIterable<Uint8Array>,
    size: number,
  ): Promise<unknown>;
  /** From now on, each message goes to `sink`. */
  receive(sink: Sink): void;
  /** Sends one message and waits for one, where that can be done faster than with a sink. */
  ask?(payload: Uint8Array): Promise<void>;
  /** Answers every message with itself, where that can be done faster than with a sink. */
  echo?(size: number): void;
  /** Ends the connection. */
  close(): Promise<unknown> | void;
}

/** One alternative. */
export interface Adapter {
  /**
   * Waits on a free port of the loopback interface; resolves with an address for
   * {@linkcode dial}. `size`: that of the messages to come, where queues are
   * counted in messages.
   */
  listen(onLink: (link: Link) => void, size: number): Promise<string>;
  /** Opens one connection, up to the point where messages can be sent. */
  dial(address: string, size: number): Promise<Link>;
}

/** Runs a loop that nobody awaits: what it throws ends the process, loudly. */
export function background(work: Promise<unknown>): void {
  work.catch((error) =>
    queueMicrotask(() => {
      throw error;
    })
  );
}
