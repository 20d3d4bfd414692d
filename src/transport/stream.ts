/**
 * The byte stream of a socket of the system: TCP and Unix sockets.
 *
 * @module
 */
import type { StreamSocket } from "../runtime/sockets.ts";
import type { Transport } from "./transport.ts";
import { brokenError, closedError } from "./failure.ts";

/**
 * A {@linkcode Transport} over a socket of the system. What the system reports
 * as a broken connection becomes `TRUNCATED`; all that is under way at
 * `close()`, or comes after it, rejects with `CLOSED`.
 *
 * A closed socket and a half-closed one look the same to the other side: the
 * layers above tell a cut by their packets. (No runtime resets a connection here:
 * the stream ends first, also where input was left unread.)
 */
export class StreamTransport implements Transport {
  readonly address: string;
  readonly tellsCut = false;
  readonly #socket: StreamSocket;
  #isClosed = false;

  /** `socket` is owned from now on; `address` is that of the other side. */
  constructor(socket: StreamSocket, address: string) {
    this.#socket = socket;
    this.address = address;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#isClosed) throw closedError("read from", this.address);
    try {
      return await this.#socket.read(into);
    } catch (cause) {
      throw this.#failure("read from", cause);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#isClosed) throw closedError("write to", this.address);
    try {
      return await this.#socket.write(bytes);
    } catch (cause) {
      throw this.#failure("write to", cause);
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#isClosed) throw closedError("end the stream to", this.address);
    try {
      await this.#socket.closeWrite();
    } catch (cause) {
      throw this.#failure("end the stream to", cause);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#socket.close();
  }

  #failure(action: string, cause: unknown): Error {
    return this.#isClosed
      ? closedError(action, this.address)
      : brokenError(action, this.address, cause);
  }
}
