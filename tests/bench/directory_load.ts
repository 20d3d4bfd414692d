/**
 * The load of `directory.ts`, in a process of its own: signs registrations
 * first, then sends them, then looks nicknames up, and prints what it counted
 * as JSON. Arguments: the address of the directory, how many nicknames
 * `peer-0`, `peer-1`, … it holds, and for how many seconds to do each.
 *
 * @module
 */
import { createIdentity, type Identity } from "../../src/directory/mod.ts";
import { payload, signAnything } from "../helpers/directory.ts";

/** Connections that are open at once, each with one request under way. */
const CONNECTION_COUNT = 64;

/** Keys that sign in turn. */
const IDENTITY_COUNT = 500;

/** Registrations that are signed for each second: more than any directory takes. */
const SIGNED_PER_SECOND = 12_000;

/** What one kind of request came to. */
export interface LoadFigures {
  /** Requests that were answered as they should be, for each second. */
  perSecond: number;
  /** Half of them were answered within so many milliseconds. */
  p50Ms: number;
  /** 99 of 100 were. */
  p99Ms: number;
  /** Requests that were answered otherwise. */
  failureCount: number;
}

/** What the load came to. */
export interface DirectoryLoad {
  /** Signed registrations. */
  register: LoadFigures;
  /** Lookups. */
  lookup: LoadFigures;
}

async function load(
  url: string,
  size: number,
  seconds: number,
): Promise<DirectoryLoad> {
  const host = new URL(url).host;
  const registrations = await signAll(url, host, seconds);
  const register = await send(url, seconds, (index) => registrations[index]);
  const lookup = await send(url, seconds, () => {
    const nickname = `peer-${Math.floor(Math.random() * size)}`;
    return request("GET", host, nickname);
  });
  return { register, lookup };
}

async function signAll(
  url: string,
  host: string,
  seconds: number,
): Promise<Uint8Array[]> {
  const identities = await Promise.all(
    Array.from({ length: IDENTITY_COUNT }, createIdentity),
  );
  const requests: Uint8Array[] = [];
  while (requests.length < SIGNED_PER_SECOND * seconds) {
    const signed = await Promise.all(
      identities.map((identity, index) =>
        sign(url, host, identity, `load-${index}`, requests.length + 1)
      ),
    );
    requests.push(...signed);
  }
  return requests;
}

async function sign(
  audience: string,
  host: string,
  identity: Identity,
  nickname: string,
  seq: number,
): Promise<Uint8Array> {
  const token = await signAnything(
    identity,
    payload({ audience, nickname, seq }),
  );
  return request("PUT", host, nickname, token);
}

function request(
  method: string,
  host: string,
  nickname: string,
  token = "",
): Uint8Array {
  return new TextEncoder().encode(
    `${method} /v1/peers/${nickname} HTTP/1.1\r\nhost: ${host}\r\n` +
      `content-type: application/jwt\r\ncontent-length: ${token.length}\r\n\r\n${token}`,
  );
}

/** Sends requests for so many seconds, or until there are none left. */
async function send(
  url: string,
  seconds: number,
  next: (index: number) => Uint8Array | undefined,
): Promise<LoadFigures> {
  const times: number[] = [];
  let failureCount = 0;
  let index = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  async function work(): Promise<void> {
    using client = await RawClient.connect(url);
    while (performance.now() < end) {
      const bytes = next(index++);
      if (!bytes) return;
      const sent = performance.now();
      const status = await client.ask(bytes);
      if (status === 200 || status === 201) {
        times.push(performance.now() - sent);
      } else failureCount++;
    }
  }
  await Promise.all(Array.from({ length: CONNECTION_COUNT }, work));
  const elapsed = (performance.now() - start) / 1_000;
  times.sort((one, other) => one - other);
  return {
    perSecond: Math.round(times.length / elapsed),
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    failureCount,
  };
}

function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.floor(sorted.length * share)] ?? 0;
  return Math.round(value * 100) / 100;
}

/** HTTP with as little work as can be: the load shares the machine with what it measures. */
class RawClient {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(32 * 1024);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    connection.setNoDelay();
  }

  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    return new RawClient(
      await Deno.connect({ hostname, port: Number(port) }),
    );
  }

  /** Sends a request, reads its answer to the end, and gives the status. */
  async ask(request: Uint8Array): Promise<number> {
    await this.#connection.write(request);
    let size = 0;
    while (true) {
      const read = await this.#connection.read(this.#buffer.subarray(size));
      if (read === null) throw new Error("The directory hung up");
      size += read;
      const text = new TextDecoder().decode(this.#buffer.subarray(0, size));
      const head = text.indexOf("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
      if (head >= 0 && text.length >= head + 4 + Number(length)) {
        return Number(text.slice(9, 12));
      }
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

if (import.meta.main) {
  const [url = "", size = "", seconds = ""] = Deno.args;
  console.log(JSON.stringify(await load(url, Number(size), Number(seconds))));
}
