/**
 * What is said to a proxy before it passes bytes on: bounded in time and size,
 * and not one byte further than its answer.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import type { StreamSocket } from "../runtime/sockets.ts";

/** How long a proxy may take, in milliseconds. */
export interface TunnelTimes {
  /** To answer for itself. */
  readonly answerMs: number;
  /** To have connected, or given up. */
  readonly connectMs: number;
}

const TIMES: TunnelTimes = { answerMs: 5_000, connectMs: 30_000 };

/** Bytes of the longest head of an HTTP answer. */
const HEAD_SIZE_MAX = 8 * 1024;

/** What {@linkcode Tunnel} reads and writes. */
export type TunnelSocket = Pick<StreamSocket, "read" | "write" | "close">;

/** Speaks with a proxy. What it throws are sentences about the proxy, without a subject. */
export class Tunnel {
  readonly #socket: TunnelSocket;
  readonly #signal: AbortSignal | undefined;
  readonly #times: TunnelTimes;
  readonly #onAbort = () => this.#cut();
  #isCut = false;

  /** The socket is closed when `signal` fires, or the proxy takes too long. */
  constructor(socket: TunnelSocket, signal?: AbortSignal, times = TIMES) {
    this.#socket = socket;
    this.#times = times;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#cut();
  }

  /** The socket is somebody else's from now on. */
  end(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Sends all of it. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#bounded(this.#times.answerMs, "took no request", async () => {
      let offset = 0;
      while (offset < bytes.byteLength) {
        offset += await this.#socket.write(bytes.subarray(offset));
      }
    });
  }

  /** The next `size` bytes, which the proxy owes for itself. */
  async read(size: number): Promise<Uint8Array> {
    return await this.#bounded(
      this.#times.answerMs,
      "does not answer",
      () => this.#readWhole(size),
    );
  }

  /** The next `size` bytes, for which the proxy may have to connect first. */
  async readOutcome(size: number): Promise<Uint8Array> {
    return await this.#bounded(
      this.#times.connectMs,
      "comes to no answer",
      () => this.#readWhole(size),
    );
  }

  /** All up to an empty line, in Latin 1. Byte by byte, as what follows belongs to the other side. */
  async readHead(): Promise<string> {
    return await this.#bounded(
      this.#times.connectMs,
      "comes to no answer",
      async () => {
        let head = "";
        while (!/\r?\n\r?\n$/.test(head)) {
          if (head.length === HEAD_SIZE_MAX) {
            throw new Error(
              `answers with a head of more than ${HEAD_SIZE_MAX} bytes`,
            );
          }
          const [byte] = await this.#readWhole(1);
          head += String.fromCharCode(byte!);
        }
        return head;
      },
    );
  }

  async #readWhole(size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const count = await this.#socket.read(bytes.subarray(filled));
      if (count === null) throw new Error("closes without an answer");
      filled += count;
    }
    return bytes;
  }

  async #bounded<T>(
    limitMs: number,
    lateness: string,
    run: () => Promise<T>,
  ): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#cut();
    }, limitMs);
    try {
      return await run();
    } catch (cause) {
      if (isLate) throw new Error(`${lateness} within ${limitMs} ms`);
      if (isSystemError(cause)) {
        throw new Error(`breaks the connection off (${messageOf(cause)})`, {
          cause,
        });
      }
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  }

  #cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#socket.close();
  }
}

/** Errors of the system have classes of their own in Deno, and codes in Node. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error &&
    (error.constructor !== Error || "code" in error);
}
