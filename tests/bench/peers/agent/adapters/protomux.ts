/**
 * protomux over a framed stream over `node:net`.
 *
 * @module
 */
import net from "node:net";
import Protomux from "protomux";
import FramedStream from "framed-stream";
import type { Adapter, Link, Sink } from "../link.ts";

interface State {
  start: number;
  end: number;
  buffer: Uint8Array;
}

/** Messages are bytes: nothing is encoded. */
const BYTES = {
  preencode(state: State, bytes: Uint8Array): void {
    state.end += bytes.length;
  },
  encode(state: State, bytes: Uint8Array): void {
    state.buffer.set(bytes, state.start);
    state.start += bytes.length;
  },
  decode(state: State): Uint8Array {
    const bytes = state.buffer.subarray(state.start, state.end);
    state.start = state.end;
    return bytes;
  },
};

class ProtomuxLink implements Link {
  readonly #socket: net.Socket;
  readonly #message: { send(bytes: Uint8Array): boolean };
  readonly opened: Promise<void>;
  #sink: Sink | undefined;
  #drainers: (() => void)[] = [];

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay();
    let opened: () => void;
    this.opened = new Promise((resolve) => opened = resolve);
    const channel = new Protomux(new FramedStream(socket)).createChannel({
      protocol: "lekt-bench",
      onopen: () => opened(),
      ondrain: () => this.#drainers.splice(0).forEach((resume) => resume()),
    });
    this.#message = channel.addMessage({
      encoding: BYTES,
      onmessage: (bytes: Uint8Array) => this.#sink!.whole(bytes),
    });
    channel.open();
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    if (this.#message.send(payload)) return undefined;
    return new Promise<void>((resolve) => this.#drainers.push(resolve));
  }

  flush(): undefined {}

  receive(sink: Sink): void {
    this.#sink = sink;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** protomux. */
export const adapter: Adapter = {
  async listen(onLink) {
    const server = net.createServer((socket) => {
      const link = new ProtomuxLink(socket);
      void link.opened.then(() => onLink(link));
    });
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve())
    );
    return String((server.address() as net.AddressInfo).port);
  },
  async dial(address) {
    const socket = net.connect(Number(address), "127.0.0.1");
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    const link = new ProtomuxLink(socket);
    await link.opened;
    return link;
  },
};
