/**
 * A byte stream to which something happens at one byte.
 *
 * @module
 */
import { LektError } from "../../src/base/errors.ts";
import type { Transport } from "../../src/transport/transport.ts";

/** What happens. */
export const FAULT_KINDS = [
  "end",
  "reset",
  "stall",
  "short",
  "throw",
] as const;

/** From here on nothing comes and nothing arrives, and nobody is told: as where a cable was pulled. To notice it takes time. */
export const VANISH = "vanish";

/** Kinds of which nobody may notice anything. */
export const HARMLESS_KINDS: readonly string[] = ["stall", "short"];

/** A fault: `end` is an end of the stream, `stall` a pause, `short` a read or write that goes just so far, `throw` an error that is none of the module's, `vanish` an end of everything of which nobody is told. */
export interface FaultPoint {
  kind: typeof FAULT_KINDS[number] | typeof VANISH;
  action: "read" | "write";
  /** Behind so many bytes that were read, or written. */
  offset: number;
}

const STALL_MS = 30;

/** By then whoever is on the other side of what has vanished must have noticed by itself. */
const VANISHED_MS = 20_000;

/** Passes everything on to another transport, but for the fault. */
export class FaultyTransport implements Transport {
  readonly address: string;
  readonly tellsCut: boolean;
  /** Bytes that went through. */
  readonly sizes = { read: 0, write: 0 };
  /** When everything has vanished. */
  vanishedMs: number | undefined;
  #closed = Promise.withResolvers<never>();
  #inner: Transport;
  #fault: FaultPoint | undefined;
  #hasEnded = false;
  #isSwallowing = false;

  constructor(inner: Transport, fault?: FaultPoint) {
    this.#inner = inner;
    this.#fault = fault;
    this.address = inner.address;
    this.tellsCut = inner.tellsCut;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const { offset } = await this.#reach("read");
    if (this.#hasEnded) return null;
    const room = Math.min(into.length, offset - this.sizes.read);
    const size = await this.#inner.read(into.subarray(0, room));
    if (this.vanishedMs !== undefined) return this.#closed.promise;
    this.sizes.read += size ?? 0;
    return size;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const { offset } = await this.#reach("write");
    if (this.#isSwallowing) return bytes.length;
    const room = Math.min(bytes.length, offset - this.sizes.write);
    const size = await this.#inner.write(bytes.subarray(0, room));
    this.sizes.write += size;
    return size;
  }

  async closeWrite(): Promise<void> {
    if (!this.#isSwallowing) await this.#inner.closeWrite();
  }

  admit(): void {
    this.#inner.admit?.();
  }

  close(): void | Promise<void> {
    this.#closed.promise.catch(() => {});
    this.#closed.reject(new LektError("CLOSED", "Cannot read: it was closed"));
    if (this.vanishedMs === undefined) return this.#inner.close();
    setTimeout(() => this.#inner.close(), VANISHED_MS);
  }

  /** Where the fault is reached it happens; returns how far the next bytes may go. */
  async #reach(action: FaultPoint["action"]): Promise<{ offset: number }> {
    const fault = this.#fault;
    if (fault?.action !== action) return { offset: Infinity };
    const { offset, kind } = fault;
    if (this.sizes[action] < offset) return { offset };
    this.#fault = undefined;
    switch (kind) {
      case "end":
        if (action === "read") this.#hasEnded = true;
        else await this.#inner.closeWrite();
        this.#isSwallowing = action === "write";
        break;
      case "reset":
        this.#inner.close();
        throw new LektError("TRUNCATED", `Cannot ${action}: it was reset`);
      case "throw":
        throw new TypeError(`the ${action} has failed`);
      case VANISH:
        this.vanishedMs = performance.now();
        this.#isSwallowing = true;
        if (action === "read") return this.#closed.promise;
        break;
      case "stall":
        await new Promise((resolve) => void setTimeout(resolve, STALL_MS));
    }
    return { offset: Infinity };
  }
}
