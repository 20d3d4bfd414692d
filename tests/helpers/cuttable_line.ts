/**
 * A line between two programs that a test cuts and mends: everything goes
 * through a port of its own.
 *
 * @module
 */

/** Passes TCP connections on to another port of this machine. */
export class CuttableLine implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>;
  #port: number | undefined;
  #isSilent = false;
  #refusedCount = 0;
  #droppedSize = 0;
  #change = Promise.withResolvers<void>();

  /** Refuses everybody until it is {@linkcode mend}ed. */
  constructor() {
    this.#serving = this.#serve();
  }

  /** Where programs connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Passes new connections on to this port. */
  mend(port: number): void {
    this.#port = port;
    this.#isSilent = false;
  }

  /** Closes all connections, and refuses new ones. */
  cut(): void {
    this.#port = undefined;
    for (const socket of this.#open) close(socket);
    this.#open.clear();
  }

  /** Lets nothing through any more, without a word; new connections are passed on. */
  silence(): void {
    this.#isSilent = true;
    this.#droppedSize = 0;
  }

  /** Resolves when so many were refused in all. */
  async refused(count: number): Promise<void> {
    while (this.#refusedCount < count) await this.#change.promise;
  }

  /** Resolves when something was dropped since the last {@linkcode silence}. */
  async dropped(): Promise<void> {
    while (this.#droppedSize === 0) await this.#change.promise;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    for (;;) {
      let near: Deno.TcpConn;
      try {
        near = await this.#listener.accept();
      } catch {
        return;
      }
      void this.#pass(near);
    }
  }

  async #pass(near: Deno.TcpConn): Promise<void> {
    const port = this.#port;
    if (port === undefined) {
      close(near);
      this.#refusedCount++;
      return this.#changed();
    }
    this.#open.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port })
      .catch(() => undefined);
    if (!far) return close(near);
    this.#open.add(far);
    await Promise.all([this.#copy(near, far), this.#copy(far, near)]);
    for (const socket of [near, far]) {
      this.#open.delete(socket);
      close(socket);
    }
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const size = await from.read(buffer);
        if (size === null) break;
        if (this.#isSilent) {
          this.#droppedSize += size;
          this.#changed();
          continue;
        }
        for (let offset = 0; offset < size;) {
          offset += await to.write(buffer.subarray(offset, size));
        }
      }
      if (!this.#isSilent) await to.closeWrite();
    } catch {
      // It was cut.
      close(to);
    }
  }
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // It was closed before.
  }
}
