/**
 * What the adapters over bare Deno TCP share: the sending half, which frames
 * nothing where both ends know the size, and the ways to connect.
 *
 * @module
 */
import { type Adapter, background, type Link, type Sink } from "../link.ts";
import { HEADER_SIZE, PartWriter, putHeader, writeAll } from "./raw_parts.ts";

/** Smaller messages are written together: each write wakes the receiver, which costs more than a copy (64 KiB: 1.7 GB/s one by one, 2.7 in 256 KiB, 3.4 in 1 MiB, 3.7 in 2 MiB, where 1 MiB then falls from 5.3 to 2.6). */
export const JOIN_SIZE = 1024 * 1024;
const JOIN_SIZE_MIN = 4 * 1024;

/** Reads all that comes and hands it to the sink of the time. */
export type ReadAll = (
  conn: Deno.TcpConn,
  sink: () => Sink,
) => Promise<void>;

/** One end of a bare TCP connection. */
class RawLink implements Link {
  readonly #conn: Deno.TcpConn;
  readonly #ways: RawWays;
  #parts: PartWriter | undefined;
  /** Grows as it is needed: many connections, and idle ones, are measured, too. */
  #joined = new Uint8Array();
  #used = 0;
  #sink: Sink | undefined;

  /** Owns `conn`, which has been greeted. */
  constructor(conn: Deno.TcpConn, ways: RawWays) {
    this.#conn = conn;
    this.#ways = ways;
    conn.setNoDelay();
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    if (payload.length >= JOIN_SIZE) return this.#write(payload);
    const used = this.#used + this.#headerSize + payload.length;
    if (used > JOIN_SIZE) return this.#sendAfterFlush(payload);
    if (used > this.#joined.length) this.#grow(used);
    this.#put(payload);
    return undefined;
  }

  get #headerSize(): number {
    return this.#ways.isFramed ? HEADER_SIZE : 0;
  }

  #put(payload: Uint8Array): void {
    if (this.#ways.isFramed) putHeader(this.#joined, this.#used, payload);
    this.#used += this.#headerSize;
    this.#joined.set(payload, this.#used);
    this.#used += payload.length;
  }

  #grow(used: number): void {
    const previous = this.#joined;
    this.#joined = new Uint8Array(
      Math.min(JOIN_SIZE, Math.max(JOIN_SIZE_MIN, used * 2)),
    );
    this.#joined.set(previous.subarray(0, this.#used));
  }

  async #sendAfterFlush(payload: Uint8Array): Promise<void> {
    await this.flush();
    this.#put(payload);
  }

  flush(): Promise<unknown> | undefined {
    if (this.#used === 0) return undefined;
    const joined = this.#joined.subarray(0, this.#used);
    this.#used = 0;
    return writeAll(this.#conn, joined);
  }

  async sendStream(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) await this.#write(chunk);
  }

  #write(payload: Uint8Array): Promise<void> {
    if (!this.#ways.isFramed) return writeAll(this.#conn, payload);
    this.#parts ??= new PartWriter(this.#conn);
    return this.#parts.write(payload);
  }

  receive(sink: Sink): void {
    const running = this.#sink !== undefined;
    this.#sink = sink;
    if (!running) background(this.#receiveAll());
  }

  async #receiveAll(): Promise<void> {
    try {
      await this.#ways.readAll(this.#conn, () => this.#sink!);
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) throw error;
    }
    this.#closeBoth();
  }

  close(): Promise<void> | void {
    if (this.#ways.isOrderly) return this.#conn.closeWrite();
    this.#closeBoth();
  }

  #closeBoth(): void {
    try {
      this.#conn.close();
    } catch {
      // closed already
    }
  }
}

/** The same, asking and answering with nothing between a write and a read. */
class DirectRawLink extends RawLink {
  readonly #conn: Deno.TcpConn;
  #answer = new Uint8Array();

  constructor(conn: Deno.TcpConn, ways: RawWays) {
    super(conn, ways);
    this.#conn = conn;
  }

  async ask(payload: Uint8Array): Promise<void> {
    await writeAll(this.#conn, payload);
    if (this.#answer.length < payload.length) {
      this.#answer = new Uint8Array(payload.length);
    }
    let received = 0;
    while (received < payload.length) {
      received += await this.#conn.read(this.#answer) ?? Infinity;
    }
  }

  echo(size: number): void {
    background(this.#echoAll(size));
  }

  async #echoAll(size: number): Promise<void> {
    const memory = new Uint8Array(size);
    for (;;) {
      const received = await this.#conn.read(memory);
      if (received === null) return;
      await writeAll(this.#conn, memory.subarray(0, received));
    }
  }
}

/** Where contestants differ. */
export interface RawWays {
  readAll: ReadAll;
  /** Messages have headers; longer ones than are written together have one for each part, and so has what is streamed. Default: false. */
  isFramed?: boolean;
  /** Each message passes through {@linkcode readAll}, also in a round trip. Default: false. */
  isIndirect?: boolean;
  /** What happens at both ends before messages can be sent. Default: nothing. */
  greet?: Greet;
  /** Ends its own direction only, and all when the other side has ended its own. Default: false. */
  isOrderly?: boolean;
}

/** What happens at both ends before messages can be sent. */
export type Greet = (
  conn: Deno.TcpConn,
  role: "dialler" | "listener",
) => Promise<void>;

/** An adapter over bare TCP. */
export function rawAdapter(ways: RawWays): Adapter {
  return tcpAdapter(
    (conn) =>
      ways.isIndirect ? new RawLink(conn, ways) : new DirectRawLink(conn, ways),
    ways.greet,
  );
}

/** An adapter over TCP whose links `makeLink` makes. */
export function tcpAdapter(
  makeLink: (conn: Deno.TcpConn) => Link,
  greet?: Greet,
): Adapter {
  async function take(
    conn: Deno.TcpConn,
    onLink: (link: Link) => void,
  ): Promise<void> {
    await greet?.(conn, "listener");
    onLink(makeLink(conn));
  }
  async function acceptAll(
    listener: Deno.TcpListener,
    onLink: (link: Link) => void,
  ): Promise<void> {
    for (;;) background(take(await listener.accept(), onLink));
  }
  return {
    listen(onLink) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      background(acceptAll(listener, onLink));
      return Promise.resolve(String(listener.addr.port));
    },
    async dial(address) {
      const port = Number(address);
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await greet?.(conn, "dialler");
      return makeLink(conn);
    },
  };
}
