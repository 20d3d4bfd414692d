/**
 * Deno's own WebSocket: `new WebSocket` and `Deno.upgradeWebSocket`.
 *
 * @module
 */
import type { Adapter, Link, Sink } from "../link.ts";

/** More than this and a message in the socket's queue: the sender waits. A longer queue costs more CPU time: 64 B messages 0.8 µs each, with 1 MiB 1.4 µs. */
const QUEUE_SIZE = 64 * 1024;

class WebSocketLink implements Link {
  readonly #socket: WebSocket;
  #sink: Sink | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) =>
      this.#sink!.whole(new Uint8Array(event.data as ArrayBuffer));
    socket.onerror = (event) => {
      throw new Error(`Cannot go on: ${(event as ErrorEvent).message}`);
    };
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    this.#socket.send(payload as Uint8Array<ArrayBuffer>);
    return this.#socket.bufferedAmount < QUEUE_SIZE + payload.length
      ? undefined
      : this.#drain(QUEUE_SIZE / 2 + payload.length);
  }

  flush(): Promise<unknown> {
    return this.#drain(0);
  }

  /** There is no event for this: look again after each turn of the event loop. */
  async #drain(size: number): Promise<void> {
    while (this.#socket.bufferedAmount > size) {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        throw new Error("Cannot send: the WebSocket was closed");
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  receive(sink: Sink): void {
    this.#sink = sink;
  }

  close(): void {
    this.#socket.close();
  }
}

/** Deno's WebSocket. */
export const adapter: Adapter = {
  listen(onLink) {
    return new Promise((resolve) => {
      Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        onListen: ({ port }) => resolve(`ws://127.0.0.1:${port}`),
      }, (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request, {
          idleTimeout: 0,
        });
        const link = new WebSocketLink(socket);
        socket.onopen = () => onLink(link);
        return response;
      });
    });
  },
  dial(address) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address);
      socket.onopen = () => resolve(new WebSocketLink(socket));
      socket.onerror = () => reject(new Error(`Cannot connect to ${address}`));
    });
  },
};
