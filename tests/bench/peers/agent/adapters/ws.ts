/**
 * npm `ws`, on Node and on Deno. `bufferutil`, its native masking, is used by
 * itself where it loads.
 *
 * @module
 */
// @ts-types="@types/ws"
import { type RawData, WebSocket, WebSocketServer } from "ws";
import type { AddressInfo } from "node:net";
import type { Adapter, Link, Sink } from "../link.ts";

/** More than this in the socket's queue: the sender waits. */
const QUEUE_SIZE = 1024 * 1024;
const MESSAGE_SIZE_MAX = 2 ** 31;
const OPTIONS = { perMessageDeflate: false, maxPayload: MESSAGE_SIZE_MAX };

class WsLink implements Link {
  readonly #socket: WebSocket;
  #sink: Sink | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: RawData) => {
      this.#sink!.whole(data as Buffer);
    });
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    if (
      payload.length < QUEUE_SIZE && this.#socket.bufferedAmount < QUEUE_SIZE
    ) {
      this.#socket.send(payload);
      return undefined;
    }
    return new Promise((resolve, reject) =>
      this.#socket.send(
        payload,
        (error) => error ? reject(error) : resolve(error),
      )
    );
  }

  flush(): undefined {}

  receive(sink: Sink): void {
    this.#sink = sink;
  }

  close(): void {
    this.#socket.close();
  }
}

/** npm `ws`. */
export const adapter: Adapter = {
  async listen(onLink) {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      clientTracking: false,
      ...OPTIONS,
    });
    server.on("connection", (socket) => onLink(new WsLink(socket)));
    await new Promise((resolve) => server.once("listening", resolve));
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  dial(address) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address, OPTIONS);
      const link = new WsLink(socket);
      socket.once("open", () => resolve(link));
      socket.once("error", reject);
    });
  },
};
