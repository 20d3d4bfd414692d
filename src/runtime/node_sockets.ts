/**
 * Sockets by `node:net` and `node:tls`, for Node and Bun.
 *
 * @module
 */
import {
  type AddressInfo,
  connect,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type {
  SocketAddress,
  SocketListener,
  StreamSocket,
  TcpListenPlace,
  TcpSocket,
  TcpSocketListener,
} from "./sockets.ts";

/** Both directions end on their own; what nobody has asked for yet is not read. */
const SERVER_OPTIONS = { allowHalfOpen: true, pauseOnConnect: true } as const;

/** Clients whom Node has accepted, as it does without being asked, and nobody has taken; further ones are closed. */
const UNTAKEN_MAX = 1_024;

/** Milliseconds for a TLS handshake. */
const TLS_HANDSHAKE_MS = 10_000;

/** Connects over TCP; see {@linkcode Sockets.connectTcp}. */
export async function connectTcp(
  { hostname, port, signal }: SocketAddress & {
    signal?: AbortSignal | undefined;
  },
): Promise<TcpSocket> {
  const socket = connect({ host: hostname, port, allowHalfOpen: true });
  return await connected(socket, signal);
}

/** Connects to a Unix socket; see {@linkcode Sockets.connectUnix}. */
export async function connectUnix(path: string): Promise<StreamSocket> {
  return await connected(connect({ path, allowHalfOpen: true }));
}

/** Listens on TCP; see {@linkcode Sockets.listenTcp}. */
export function listenTcp(place: TcpListenPlace): Promise<TcpSocketListener> {
  return listening(createServer(SERVER_OPTIONS), "connection", place);
}

/** Listens on TCP with TLS; see {@linkcode Sockets.listenTls}. */
export function listenTls(
  { cert, key, ...place }: TcpListenPlace & { cert: string; key: string },
): Promise<TcpSocketListener> {
  const server = createTlsServer({
    ...SERVER_OPTIONS,
    pauseOnConnect: false,
    cert,
    key,
    handshakeTimeout: TLS_HANDSHAKE_MS,
  });
  return listening(server, "secureConnection", place);
}

/** Listens on a Unix socket; see {@linkcode Sockets.listenUnix}. */
export async function listenUnix(
  path: string,
): Promise<SocketListener<StreamSocket>> {
  const server = createServer(SERVER_OPTIONS);
  await bind(server, { path });
  return new NodeListener(server, "connection");
}

/** Two sockets that are each other's other side, for what works on sockets of the system alone. */
export async function socketPair(): Promise<[NodeSocket, NodeSocket]> {
  const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  try {
    const near = await connectTcp(listener.addr) as NodeSocket;
    for (;;) {
      const far = await listener.accept() as NodeSocket;
      // Other programs of this machine can connect, too.
      if (far.remoteAddr.port === near.localAddr.port) return [near, far];
      far.close();
    }
  } finally {
    listener.close();
  }
}

async function connected(
  socket: Socket,
  signal?: AbortSignal,
): Promise<NodeSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal!.reason);
  socket.once("connect", resolve);
  socket.once("error", reject);
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    await promise;
    return new NodeSocket(socket);
  } catch (error) {
    socket.on("error", ignore);
    socket.destroy();
    throw error;
  } finally {
    socket.off("error", reject);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function listening(
  server: Server,
  event: "connection" | "secureConnection",
  { hostname, port, tcpBacklog }: TcpListenPlace,
): Promise<TcpSocketListener> {
  await bind(server, {
    host: hostname,
    port,
    ...(tcpBacklog === undefined ? {} : { backlog: tcpBacklog }),
  });
  return new NodeListener(server, event);
}

async function bind(server: Server, options: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(options, resolve);
  await promise;
  server.off("error", reject);
}

/** A socket that is read when somebody asks, over one that pushes. */
export class NodeSocket implements TcpSocket {
  readonly localAddr: SocketAddress;
  readonly remoteAddr: SocketAddress;
  readonly #socket: Socket;
  /** What was read and not asked for yet. */
  #rest: Uint8Array | undefined;
  #isRead = false;
  #hasEnded = false;
  #isClosed = false;
  #failure: Error | undefined;
  #isWriting = false;
  #wake: () => void = ignore;
  readonly #onReadable = () => this.#wake();
  readonly #onEnd = () => {
    this.#hasEnded = true;
    this.#wake();
  };
  readonly #onError = (error: Error) => {
    this.#failure ??= error;
    this.#wake();
  };
  readonly #onClose = () => this.#onError(new Error("the socket is closed"));

  /** Takes the socket over. */
  constructor(socket: Socket) {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    this.localAddr = { hostname: localAddress ?? "", port: localPort ?? 0 };
    this.remoteAddr = { hostname: remoteAddress ?? "", port: remotePort ?? 0 };
    this.#socket = socket;
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  /** The socket, for somebody else to read and write; this can only close it from now on. */
  release(): Socket {
    const socket = this.#socket;
    socket.on("error", ignore);
    socket.off("readable", this.#onReadable);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    if (this.#rest !== undefined) throw new Error("something came too early");
    return socket;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (!this.#isRead) {
      this.#isRead = true;
      this.#socket.on("readable", this.#onReadable);
    }
    for (;;) {
      if (this.#isClosed) throw new Error("the socket is closed");
      // What arrived before a failure counts.
      const chunk = this.#rest ?? this.#socket.read() as Uint8Array | null;
      if (chunk !== null) return this.#take(chunk, into);
      if (this.#hasEnded) return null;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.#isWriting = true;
    try {
      await settled((done) => this.#socket.write(bytes, done));
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      this.#isWriting = false;
    }
    return bytes.byteLength;
  }

  async closeWrite(): Promise<void> {
    await settled((done) => this.#socket.end(done));
  }

  close(): void {
    this.#isClosed = true;
    this.#rest = undefined;
    this.#wake();
    // As on Deno, the stream ends before the socket goes: else what is unread would make the system take back what was sent.
    const canEnd = !this.#isWriting && this.#socket.writable;
    if (canEnd) this.#socket.end(() => this.#socket.destroy());
    else this.#socket.destroy();
  }

  setNoDelay(isOn: boolean): void {
    this.#socket.setNoDelay(isOn);
  }

  setKeepAlive(isOn: boolean): void {
    this.#socket.setKeepAlive(isOn);
  }

  #take(chunk: Uint8Array, into: Uint8Array): number {
    const size = Math.min(chunk.byteLength, into.byteLength);
    into.set(chunk.subarray(0, size));
    this.#rest = size < chunk.byteLength ? chunk.subarray(size) : undefined;
    return size;
  }
}

/** A listener that is asked for clients, over one that pushes them. */
class NodeListener implements TcpSocketListener {
  readonly addr: SocketAddress;
  readonly #server: Server;
  readonly #untaken: NodeSocket[] = [];
  #taker: PromiseWithResolvers<NodeSocket> | undefined;

  constructor(server: Server, event: "connection" | "secureConnection") {
    const { address, port } = (server.address() ?? {}) as Partial<AddressInfo>;
    this.addr = { hostname: address ?? "", port: port ?? 0 };
    this.#server = server;
    server.on(event, (socket: Socket) => this.#push(socket));
    // A client that could not be accepted: the next one may be.
    server.on("error", ignore);
  }

  accept(): Promise<NodeSocket> {
    const first = this.#untaken.shift();
    if (first) return Promise.resolve(first);
    if (!this.#server.listening) {
      return Promise.reject(new Error("the listener is closed"));
    }
    this.#taker = Promise.withResolvers();
    return this.#taker.promise;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#untaken.splice(0)) socket.close();
    this.#taker?.reject(new Error("the listener is closed"));
    this.#taker = undefined;
  }

  #push(socket: Socket): void {
    socket.on("error", ignore);
    if (this.#untaken.length >= UNTAKEN_MAX || socket.destroyed) {
      socket.destroy();
      return;
    }
    const taken = new NodeSocket(socket);
    if (this.#taker) {
      this.#taker.resolve(taken);
      this.#taker = undefined;
    } else {
      this.#untaken.push(taken);
    }
  }
}

/** Calls something that takes a callback, and waits for that. */
function settled(
  run: (done: (error?: Error | null) => void) => unknown,
): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => error ? reject(error) : resolve());
  });
}

function ignore(): void {}
