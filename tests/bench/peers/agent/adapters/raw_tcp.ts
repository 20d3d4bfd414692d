/**
 * The limit of the runtime: bare `Deno.connect`, reused buffers, no framing
 * (both ends know the size).
 *
 * @module
 */
import { type Adapter, background, type Link, type Sink } from "../link.ts";

/** Smaller messages are written together: each write wakes the receiver, which costs more than a copy (64 KiB: 1.7 GB/s one by one, 2.5 GB/s in fours). */
const JOIN_SIZE = 256 * 1024;
const READ_SIZE = 256 * 1024;
/** A read brings at most so many messages: where only a byte is to come, as on an idle connection, little memory is set aside. */
const READ_COUNT = 1024;
/** Messages from this size on are taken in pieces. */
const LARGE_SIZE = 16 * 1024;

class RawLink implements Link {
  readonly #conn: Deno.TcpConn;
  /** Set up when first needed: idle connections are measured, too. */
  #joined: Uint8Array | undefined;
  #used = 0;
  #sink: Sink | undefined;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay();
  }

  send(payload: Uint8Array): Promise<unknown> | undefined {
    if (payload.length >= JOIN_SIZE) return writeAll(this.#conn, payload);
    const free = JOIN_SIZE - this.#used;
    if (payload.length > free) return this.#sendAfterFlush(payload);
    this.#joined ??= new Uint8Array(JOIN_SIZE);
    this.#joined.set(payload, this.#used);
    this.#used += payload.length;
    return undefined;
  }

  async #sendAfterFlush(payload: Uint8Array): Promise<void> {
    await this.flush();
    this.#joined!.set(payload, 0);
    this.#used = payload.length;
  }

  flush(): Promise<unknown> | undefined {
    if (this.#used === 0) return undefined;
    const joined = this.#joined!.subarray(0, this.#used);
    this.#used = 0;
    return writeAll(this.#conn, joined);
  }

  async sendStream(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) await writeAll(this.#conn, chunk);
  }

  receive(sink: Sink): void {
    const running = this.#sink !== undefined;
    this.#sink = sink;
    if (!running) background(this.#receiveAll());
  }

  async #receiveAll(): Promise<void> {
    try {
      await this.#readAll();
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) throw error;
    }
    this.close();
  }

  async #readAll(): Promise<void> {
    let memory = new Uint8Array();
    let held = 0;
    while (true) {
      const wanted = Math.min(READ_SIZE, READ_COUNT * this.#sink!.size);
      if (held === 0 && memory.length < wanted) memory = new Uint8Array(wanted);
      const size = await this.#conn.read(memory.subarray(held));
      if (size === null) return;
      held = this.#sink!.size >= LARGE_SIZE
        ? this.#takeParts(memory, size)
        : takeWhole(this.#sink!, memory, held + size);
    }
  }

  #part: { sink: ReturnType<Sink["open"]>; missing: number } | undefined;

  #takeParts(memory: Uint8Array, end: number): number {
    let at = 0;
    while (at < end) {
      this.#part ??= { sink: this.#sink!.open(), missing: this.#sink!.size };
      const part = this.#part;
      const size = Math.min(part.missing, end - at);
      part.sink.part(memory.subarray(at, at + size));
      at += size;
      part.missing -= size;
      if (part.missing === 0) {
        this.#part = undefined;
        part.sink.end();
      }
    }
    return 0;
  }

  async ask(payload: Uint8Array): Promise<void> {
    await writeAll(this.#conn, payload);
    this.#joined ??= new Uint8Array(JOIN_SIZE);
    let received = 0;
    while (received < payload.length) {
      received += await this.#conn.read(this.#joined) ?? Infinity;
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

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // closed already
    }
  }
}

function takeWhole(sink: Sink, memory: Uint8Array, end: number): number {
  const size = sink.size;
  let at = 0;
  for (; end - at >= size; at += size) sink.lent(memory, at);
  memory.copyWithin(0, at, end);
  return end - at;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  let written = await conn.write(bytes);
  while (written < bytes.length) {
    written += await conn.write(bytes.subarray(written));
  }
}

async function acceptAll(
  listener: Deno.TcpListener,
  onLink: (link: Link) => void,
): Promise<void> {
  for (;;) onLink(new RawLink(await listener.accept()));
}

/** Raw Deno TCP. */
export const adapter: Adapter = {
  listen(onLink) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    background(acceptAll(listener, onLink));
    return Promise.resolve(String(listener.addr.port));
  },
  async dial(address) {
    const port = Number(address);
    return new RawLink(await Deno.connect({ hostname: "127.0.0.1", port }));
  },
};
