/**
 * npm `zeromq`: bindings to libzmq, which reads and writes in threads of its
 * own. Its sockets take one send at a time.
 *
 * @module
 */
import { Pair } from "zeromq";
import { type Adapter, background, type Link, type Sink } from "../link.ts";

/** Queues are counted in messages: so many bytes of them on each side, and never more than libzmq's default. */
const QUEUE_SIZE = 64 * 1024 * 1024;
const QUEUE_COUNT_MAX = 1000;
const LARGE_SIZE = 1024 * 1024;

class ZeroMqLink implements Link {
  readonly #socket: Pair;
  #sink: Sink | undefined;
  #latest: Promise<unknown> | undefined;

  constructor(socket: Pair) {
    this.#socket = socket;
  }

  /** Small messages are awaited one by one; behind a large one they queue here. */
  send(payload: Uint8Array): Promise<unknown> {
    if (this.#latest === undefined && payload.length < LARGE_SIZE) {
      return this.#socket.send(payload);
    }
    this.#latest = Promise.resolve(this.#latest)
      .then(() => this.#socket.send(payload));
    return this.#latest;
  }

  flush(): undefined {}

  receive(sink: Sink): void {
    const running = this.#sink !== undefined;
    this.#sink = sink;
    if (!running) background(this.#receiveAll());
  }

  async #receiveAll(): Promise<void> {
    for await (const [bytes] of this.#socket) this.#sink!.whole(bytes!);
  }

  close(): void {
    this.#socket.close();
  }
}

function createSocket(size: number): Pair {
  const count = Math.ceil(QUEUE_SIZE / size);
  const highWaterMark = Math.min(QUEUE_COUNT_MAX, Math.max(1, count));
  return new Pair({
    sendHighWaterMark: highWaterMark,
    receiveHighWaterMark: highWaterMark,
  });
}

/** ZeroMQ. */
export const adapter: Adapter = {
  async listen(onLink, size) {
    const socket = createSocket(size);
    await socket.bind("tcp://127.0.0.1:0");
    onLink(new ZeroMqLink(socket));
    return socket.lastEndpoint!;
  },
  dial(address, size) {
    const socket = createSocket(size);
    socket.connect(address);
    return Promise.resolve(new ZeroMqLink(socket));
  },
};
