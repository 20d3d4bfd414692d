/**
 * One message there, one back, one at a time.
 *
 * @module
 */
import type { Link, PartSink, Sink } from "./link.ts";
import { Payloads } from "./pattern.ts";

/** How long the round trips took, in milliseconds. */
export interface RoundTrips {
  p50: number;
  p99: number;
  count: number;
}

/** Hands each message over as it comes, whichever way the adapter does it. */
export class MessageSink implements Sink {
  readonly mode = "collect";
  readonly size: number;
  readonly #take: (message: Uint8Array) => void;

  /** Messages of `size` bytes go to `take`. */
  constructor(size: number, take: (message: Uint8Array) => void) {
    this.size = size;
    this.#take = take;
  }

  whole(bytes: Uint8Array): void {
    this.#take(bytes);
  }

  lent(memory: Uint8Array, start: number): void {
    this.#take(memory.subarray(start, start + this.size));
  }

  open(): PartSink {
    throw new Error("Cannot take parts: only small messages were expected");
  }
}

/** Answers each message with itself, from now on. */
export function echo(link: Link, size: number): void {
  if (link.echo) return link.echo(size);
  link.receive(
    new MessageSink(size, (message) => {
      void link.send(message);
      void link.flush();
    }),
  );
}

/** Asks `count` times. */
export async function pingPong(
  link: Link,
  size: number,
  count: number,
): Promise<RoundTrips> {
  const payload = new Payloads(size).at(0);
  const ask = link.ask
    ? (bytes: Uint8Array) => link.ask!(bytes)
    : asker(link, size);
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await ask(payload);
    times[i] = performance.now() - start;
  }
  times.sort();
  return {
    p50: times[Math.floor(count * 0.5)]!,
    p99: times[Math.floor(count * 0.99)]!,
    count,
  };
}

function asker(
  link: Link,
  size: number,
): (payload: Uint8Array) => Promise<void> {
  let answered: () => void;
  let asked: Uint8Array;
  link.receive(
    new MessageSink(size, (answer) => {
      if (
        answer.length !== asked.length || answer.at(-1) !== asked.at(-1)
      ) throw new Error("Cannot verify the answer: it differs");
      answered();
    }),
  );
  return (payload) =>
    new Promise((resolve) => {
      answered = resolve;
      asked = payload;
      void link.send(payload);
      void link.flush();
    });
}
