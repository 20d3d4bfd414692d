/**
 * A relay between a client and a listener, whose cable can be pulled.
 *
 * @module
 */

/** What a pulled cable does with what is written to it: it takes it in and drops it, as a proxy that hangs, or takes no more, as TCP that waits for acknowledgements. */
export type Pulled = "swallows" | "blocks";

/** Relays bytes between its own method and another one, until it is pulled. */
export class Relay implements AsyncDisposable {
  /** Where clients connect, in the form of the other method. */
  readonly method: string;
  /** Bytes that clients have sent. */
  clientSize = 0;
  #grown = Promise.withResolvers<void>();
  #listener: Deno.Listener;
  #target: string;
  #pulled: Pulled | undefined;
  #sockets: Deno.Conn[] = [];
  #pumps: Promise<void>[] = [];
  #accepting: Promise<void>;

  /** Opens a relay to a method of a listener on this machine; `path` is where the relay of a `unix` method stands. */
  constructor(target: string, path: string) {
    this.#target = target;
    if (target.startsWith("unix:")) {
      this.#listener = Deno.listen({
        transport: "unix",
        path,
      }) as Deno.Listener;
      this.method = `unix:${path}`;
    } else {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      this.#listener = listener;
      this.method = target.replace(/:\d+/, `:${listener.addr.port}`);
    }
    this.#accepting = this.#accept();
  }

  /** From now on nothing comes through, and neither side is told. */
  pull(how: Pulled): void {
    this.#pulled = how;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) close(socket);
    await this.#accepting;
    await Promise.all(this.#pumps);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#sockets.push(client);
      if (this.#pulled) continue;
      const server = await this.#dial().catch(() => undefined);
      if (!server) {
        // The listener has gone, as its clients would hear without a relay.
        close(client);
        continue;
      }
      this.#sockets.push(server);
      const count = (size: number) => this.#count(size);
      this.#pumps.push(
        this.#pump(client, server, count),
        this.#pump(server, client),
      );
    }
  }

  /** Resolves when clients have sent so many bytes. */
  async reached(size: number): Promise<void> {
    while (this.clientSize < size) await this.#grown.promise;
  }

  #count(size: number): void {
    this.clientSize += size;
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  #dial(): Promise<Deno.Conn> {
    if (this.#target.startsWith("unix:")) {
      const path = this.#target.slice("unix:".length);
      return Deno.connect({ transport: "unix", path });
    }
    const port = Number(/:(\d+)/.exec(this.#target)![1]);
    return Deno.connect({ hostname: "127.0.0.1", port });
  }

  async #pump(
    from: Deno.Conn,
    to: Deno.Conn,
    onRead?: (size: number) => void,
  ): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      while (this.#pulled !== "blocks") {
        const size = await from.read(buffer);
        if (size === null) break;
        onRead?.(size);
        for (let at = 0; at < size && !this.#pulled;) {
          at += await to.write(buffer.subarray(at, size));
        }
      }
      if (!this.#pulled) await (to as Deno.TcpConn).closeWrite();
    } catch {
      // A side has gone, and where the cable is whole the other one hears of it.
      if (!this.#pulled) close(to);
    }
  }
}

function close(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // It is closed already.
  }
}
