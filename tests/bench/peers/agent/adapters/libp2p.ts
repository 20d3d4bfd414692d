/**
 * js-libp2p over TCP without encryption, multiplexed by yamux. Messages are
 * length-prefixed on one stream, as libp2p's own protocols do; those too large
 * for that get a stream each.
 *
 * @module
 */
import { createLibp2p, type Libp2p } from "libp2p";
import { tcp } from "@libp2p/tcp";
import { plaintext } from "@libp2p/plaintext";
import { yamux } from "@chainsafe/libp2p-yamux";
import { decode, encode } from "it-length-prefixed";
import type { Connection, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { type Adapter, background, type Link, type Sink } from "../link.ts";

/** What libp2p uses and Node 20 does not have. */
Promise.withResolvers ??= function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>["resolve"];
  let reject!: PromiseWithResolvers<T>["reject"];
  const promise = new Promise<T>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
};

const SMALL = "/lekt-bench/small/1";
const LARGE = "/lekt-bench/large/1";
/** The largest message that `it-length-prefixed` takes by default. */
const SMALL_SIZE_MAX = 4 * 1024 * 1024;
const CHUNK_SIZE = 256 * 1024;
/** Bytes that may wait in a stream when its sender goes on. */
const WAITING_SIZE_MAX = CHUNK_SIZE;
const STREAM_OPTIONS = {
  maxInboundStreams: 20_000,
  maxOutboundStreams: 20_000,
};

class Libp2pLink implements Link {
  readonly #connection: Connection;
  readonly #stream: Stream;
  #sink: Sink | undefined;

  constructor(connection: Connection, stream: Stream) {
    this.#connection = connection;
    this.#stream = stream;
    background(this.#receiveSmall());
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    if (payload.length > SMALL_SIZE_MAX) {
      return this.sendStream(piecesOf(payload));
    }
    return this.#stream.send(encode.single(payload))
      ? undefined
      : drained(this.#stream);
  }

  async sendStream(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const stream = await this.#connection.newStream(LARGE, STREAM_OPTIONS);
    for await (const chunk of chunks) {
      if (!stream.send(chunk)) await drained(stream);
    }
    await stream.close();
  }

  flush(): undefined {}

  receive(sink: Sink): void {
    this.#sink = sink;
  }

  async #receiveSmall(): Promise<void> {
    for await (const message of decode(this.#stream)) {
      this.#sink!.whole(message.subarray());
    }
  }

  async receiveLarge(stream: Stream): Promise<void> {
    const sink = this.#sink!;
    if (sink.mode === "collect") return sink.whole(await collect(stream));
    const parts = sink.open();
    for await (const piece of piecesFrom(stream)) parts.part(piece);
    parts.end();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** Resolves when few bytes wait. The stream's `onDrain()` gives one and the same promise for ever, so that it holds nobody back the second time. */
async function drained(stream: Stream): Promise<void> {
  while (stream.writeBufferLength > WAITING_SIZE_MAX) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = new AbortController();
    const { signal } = stop;
    stream.addEventListener("drain", () => resolve(), { signal });
    stream.addEventListener(
      "close",
      ({ error }) => reject(error ?? new Error("The stream has closed")),
      { signal },
    );
    await promise.finally(() => stop.abort());
  }
}

async function* piecesFrom(stream: Stream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (chunk instanceof Uint8Array) yield chunk;
    else yield* chunk;
  }
}

async function collect(stream: Stream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of piecesFrom(stream)) pieces.push(piece);
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(size);
  let filled = 0;
  for (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}

async function* piecesOf(payload: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < payload.length; at += CHUNK_SIZE) {
    yield payload.subarray(at, at + CHUNK_SIZE);
  }
}

function createNode(listen: string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [plaintext()],
    streamMuxers: [yamux(STREAM_OPTIONS)],
    connectionManager: {
      maxConnections: 20_000,
      maxIncomingPendingConnections: 20_000,
      inboundConnectionThreshold: 1_000_000,
    },
  });
}

let dialer: Promise<Libp2p> | undefined;

/** js-libp2p. */
export const adapter: Adapter = {
  async listen(onLink) {
    const node = await createNode(["/ip4/127.0.0.1/tcp/0"]);
    const links = new WeakMap<Connection, Libp2pLink>();
    await node.handle(SMALL, (stream, connection) => {
      const link = new Libp2pLink(connection, stream);
      links.set(connection, link);
      onLink(link);
    }, STREAM_OPTIONS);
    await node.handle(
      LARGE,
      (stream, connection) =>
        background(links.get(connection)!.receiveLarge(stream)),
      STREAM_OPTIONS,
    );
    return node.getMultiaddrs()[0]!.toString();
  },
  async dial(address) {
    const node = await (dialer ??= createNode([]));
    const connection = await node.dial(multiaddr(address), { force: true });
    const stream = await connection.newStream(SMALL, STREAM_OPTIONS);
    return new Libp2pLink(connection, stream);
  },
};
