/**
 * A SOCKS5 and HTTP CONNECT proxy in this process: it passes half-closes on,
 * knows host names of its own, and can misbehave.
 *
 * @module
 */
import { encodeBase64, readerOf } from "./socket_reader.ts";

/** How a proxy behaves. */
export interface ProxyServerOptions {
  /** What it speaks. */
  scheme: "socks5" | "http";
  /** `USER:PASSWORD` that it asks for. Default: it asks for nothing. */
  login?: string;
  /** What it answers to the request to connect, in place of connecting. */
  answer?: Uint8Array | string;
  /** What it says as soon as somebody has connected, or `silence` for ever. */
  greeting?: Uint8Array | "silence";
}

/** The only host name that it knows, besides addresses: nobody else does. */
export const PROXIED_HOST = "bob.proxied.test";

/** A proxy on a free port. */
export class ProxyServer implements AsyncDisposable {
  /** The targets that it was asked for, as `HOST:PORT`. */
  readonly targets: string[] = [];
  /** Where port 80 of {@linkcode PROXIED_HOST} leads. */
  port80 = 80;
  readonly #options: ProxyServerOptions;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #running: Promise<void>;

  /** Begins to listen. */
  constructor(options: ProxyServerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Its `HOST:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Its URL, with a login or without. */
  url(login?: string): string {
    const { scheme } = this.#options;
    return `${scheme}://${login === undefined ? "" : `${login}@`}${this.host}`;
  }

  /** Ends it and all that goes through it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const each of this.#open) each.close();
    this.#open.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    const served: Promise<void>[] = [];
    for (;;) {
      try {
        const client = await this.#listener.accept();
        this.#open.add(client);
        served.push(this.#serve(client).catch(() => {}));
      } catch {
        await Promise.all(served);
        return;
      }
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    try {
      const { greeting, scheme } = this.#options;
      if (greeting === "silence") {
        await readerOf(client).toEnd();
        return;
      }
      if (greeting) {
        await client.write(greeting);
        return;
      }
      const target = scheme === "socks5"
        ? await this.#askSocks(client)
        : await this.#askHttp(client);
      if (target) await this.#pass(client, target);
    } finally {
      this.#close(client);
    }
  }

  async #askSocks(client: Deno.Conn): Promise<Deno.Conn | undefined> {
    const reader = readerOf(client);
    const [, count] = await reader.bytes(2);
    const methods = await reader.bytes(count!);
    const { login } = this.#options;
    const method = login === undefined ? 0 : 2;
    if (!methods.includes(method)) {
      await client.write(Uint8Array.of(5, 0xff));
      return;
    }
    await client.write(Uint8Array.of(5, method));
    if (login !== undefined) {
      const [, size] = await reader.bytes(2);
      const user = await reader.text(size!);
      const password = await reader.text((await reader.bytes(1))[0]!);
      const isRight = `${user}:${password}` === login;
      await client.write(Uint8Array.of(1, isRight ? 0 : 1));
      if (!isRight) return;
    }
    const [, , , kind] = await reader.bytes(4);
    const host = kind === 1
      ? (await reader.bytes(4)).join(".")
      : kind === 4
      ? [...await reader.bytes(16)].join(",")
      : await reader.text((await reader.bytes(1))[0]!);
    const [high, low] = await reader.bytes(2);
    return await this.#connect(client, host, high! * 256 + low!, (code) =>
      // The address of a reply may be of any kind: here a name.
      Uint8Array.of(5, code, 0, 3, 2, 0x61, 0x62, 0, 0));
  }

  async #askHttp(client: Deno.Conn): Promise<Deno.Conn | undefined> {
    const head = await readerOf(client).head();
    const [, host, port] = /^CONNECT \[?([^\s\]]+)\]?:(\d+) HTTP/.exec(head)!;
    const { login } = this.#options;
    const expected = `\r\nProxy-Authorization: Basic ${
      encodeBase64(login ?? "")
    }\r\n`;
    if (login !== undefined && !head.includes(expected)) {
      await client.write(text("HTTP/1.1 407 Who are you?\r\n\r\n"));
      return;
    }
    return await this.#connect(client, host!, Number(port), (code) =>
      text(
        code === 0
          ? "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nVia: here\r\n\r\n"
          : "HTTP/1.1 502 Bad Gateway\r\n\r\n",
      ));
  }

  async #connect(
    client: Deno.Conn,
    host: string,
    port: number,
    reply: (code: number) => Uint8Array,
  ): Promise<Deno.Conn | undefined> {
    this.targets.push(`${host}:${port}`);
    const { answer } = this.#options;
    if (answer !== undefined) {
      await client.write(typeof answer === "string" ? text(answer) : answer);
      return undefined;
    }
    const isKnown = host === PROXIED_HOST || /^[\d.]+$/.test(host);
    const hostname = host === PROXIED_HOST ? "127.0.0.1" : host;
    try {
      if (!isKnown) throw new Error("there is no such host");
      const target = await Deno.connect({
        hostname,
        port: port === 80 ? this.port80 : port,
      });
      this.#open.add(target);
      await client.write(reply(0));
      return target;
    } catch {
      await client.write(reply(isKnown ? 5 : 4));
      return undefined;
    }
  }

  /** Passes bytes and ends on, each direction by itself. */
  async #pass(client: Deno.Conn, target: Deno.Conn): Promise<void> {
    await Promise.allSettled([pump(client, target), pump(target, client)]);
    this.#close(target);
  }

  #close(connection: Deno.Conn): void {
    if (this.#open.delete(connection)) connection.close();
  }
}

async function pump(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(64 * 1024);
  for (;;) {
    const size = await from.read(bytes);
    if (size === null) return await to.closeWrite();
    let offset = 0;
    while (offset < size) {
      offset += await to.write(bytes.subarray(offset, size));
    }
  }
}

function text(string: string): Uint8Array {
  return new TextEncoder().encode(string);
}
