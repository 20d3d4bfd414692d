/**
 * What has arrived over a WebSocket and was not read yet; the rules of the
 * byte stream (`PROTOCOL.md`, sections 5 and 6). Runs in browsers, too.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { breakError, CLOSED_EARLY } from "./faults.ts";

/** The subprotocol that both sides name. */
export const SUBPROTOCOL = "lekt";

/** Bytes of one WebSocket message when sending. */
export const SEND_SIZE_MAX = 64 * 1024;

/** Close codes (RFC 6455, section 7.4.1). */
export const CLOSE_NORMAL = 1000;

/** There was no Close frame; it is never sent. */
const CLOSE_ABNORMAL = 1006;

/** The other side broke a rule of the byte stream: text, or bytes behind its end. */
export const CLOSE_UNSUPPORTED = 1003;

/** A queue from the WebSocket's events to one reader. */
export class WebSocketInbox {
  readonly #address: string;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #hasEnded = false;
  #failure: LektError | undefined;
  #changed: (() => void) | undefined;

  /** `address` is for the texts of errors. */
  constructor(address: string) {
    this.#address = address;
  }

  /** Bytes that wait to be read. */
  get size(): number {
    return this.#size;
  }

  /** Whether the empty message has arrived that ends the other side's stream. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Takes a WebSocket message; returns the fault where it breaks a rule. */
  push(data: Uint8Array | string): LektError | undefined {
    if (typeof data === "string") {
      return this.#fault(
        "S-4",
        "a text message has arrived, expected binary",
      );
    }
    if (this.#hasEnded) {
      return this.#fault(
        "S-6",
        "a message has arrived behind the end of the stream",
      );
    }
    if (data.byteLength === 0) {
      this.#hasEnded = true;
    } else {
      this.#chunks.push(data);
      this.#size += data.byteLength;
    }
    this.#changed?.();
    return undefined;
  }

  /** What {@linkcode read} rejects with once it has come to where the stream broke; the first one counts. */
  fail(error: LektError): void {
    this.#failure ??= error;
    this.#changed?.();
  }

  /**
   * The WebSocket is closed: a break, unless the other side's stream has ended
   * before. Of several calls the first counts: Deno tells of a silent peer twice.
   */
  closed(code: number): void {
    if (this.#hasEnded) return;
    // Deno gives 0 where there was no Close.
    const shown = code === 0 ? CLOSE_ABNORMAL : code;
    const said =
      `the WebSocket was closed with code ${shown}, without an empty message`;
    const reason = `${CLOSED_EARLY} (${said})`;
    this.fail(
      breakError("read from", this.#address, reason, new Error(said)),
    );
  }

  /** Drops what waits, and rejects a pending {@linkcode read}. */
  drop(error: LektError): void {
    this.#chunks.length = 0;
    this.#size = 0;
    this.#failure = error;
    this.#hasEnded = false;
    this.#changed?.();
  }

  /** Waits until there is anything to read: bytes, the end or a failure. */
  async wait(): Promise<void> {
    while (
      this.#size === 0 && !this.#hasEnded && this.#failure === undefined
    ) {
      const changed = Promise.withResolvers<void>();
      this.#changed = changed.resolve;
      await changed.promise;
      this.#changed = undefined;
    }
  }

  /** What there is to read now; see `Transport.read`. */
  take(into: Uint8Array): number | null {
    if (this.#chunks.length === 0) {
      if (this.#hasEnded) return null;
      throw this.#failure;
    }
    let filled = 0;
    let count = 0;
    // All that have room: one read for each would cost more than many chunks have bytes.
    for (const chunk of this.#chunks) {
      const some = chunk.subarray(0, into.byteLength - filled);
      into.set(some, filled);
      filled += some.byteLength;
      if (some.byteLength < chunk.byteLength) {
        this.#chunks[count] = chunk.subarray(some.byteLength);
        break;
      }
      count++;
    }
    this.#chunks.splice(0, count);
    this.#size -= filled;
    return filled;
  }

  #fault(ruleId: string, what: string): LektError {
    const error = new LektError(
      "PROTOCOL",
      `Cannot read from ${this.#address}: ${what}`,
      { ruleId },
    );
    this.#hasEnded = false;
    this.fail(error);
    return error;
  }
}
