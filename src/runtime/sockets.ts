/**
 * Sockets, as every runtime gives them here; the names are Deno's.
 *
 * @module
 */

/** A byte stream of the system: what of a `Deno.Conn` is used. */
export interface StreamSocket {
  /** Reads into `into`, at least one byte; `null` at the end of the stream. Rejects at {@linkcode close}. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`, at least one, and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends this side's stream; the other direction goes on. */
  closeWrite(): Promise<void>;
  /** Closes both directions. Not to be called again. What it returns tells, where that is not at once, when all is free. */
  close(): void | Promise<void>;
}

/** Where one end of a TCP connection is. */
export interface SocketAddress {
  /** The address; IPv6 without brackets. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** A TCP connection. */
export interface TcpSocket extends StreamSocket {
  /** This side's end. */
  readonly localAddr: SocketAddress;
  /** The other side's end. */
  readonly remoteAddr: SocketAddress;
  /** Whether packets go out at once. */
  setNoDelay(isOn: boolean): void;
  /** Whether the system looks for a dead other side. */
  setKeepAlive(isOn: boolean): void;
}

/** Waits for others. */
export interface SocketListener<Socket> {
  /** The next client; rejects at {@linkcode close}, and where the system fails. */
  accept(): Promise<Socket>;
  /** Stops listening. Not to be called again. */
  close(): void;
}

/** Waits for others on a port. */
export interface TcpSocketListener extends SocketListener<TcpSocket> {
  /** Where. */
  readonly addr: SocketAddress;
}

/** Where to listen on TCP. */
export interface TcpListenPlace {
  /** The address, or a name of this machine. */
  hostname: string;
  /** The port; 0 for any that is free. */
  port: number;
  /** Clients that the system's queue may hold. Default: the system's. */
  tcpBacklog?: number;
}

/** What opens sockets. */
export interface Sockets {
  /** Connects over TCP, to whichever address of a name answers. */
  connectTcp(
    to: SocketAddress & { signal?: AbortSignal | undefined },
  ): Promise<TcpSocket>;
  /** Connects to a Unix socket. */
  connectUnix(path: string): Promise<StreamSocket>;
  /** Listens on TCP. */
  listenTcp(place: TcpListenPlace): Promise<TcpSocketListener>;
  /** Listens on TCP, and speaks TLS with whoever comes. */
  listenTls(
    place: TcpListenPlace & { cert: string; key: string },
  ): Promise<TcpSocketListener>;
  /** Listens on a Unix socket, whose file is removed at the end. */
  listenUnix(path: string): Promise<SocketListener<StreamSocket>>;
}
