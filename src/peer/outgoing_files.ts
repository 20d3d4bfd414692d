/**
 * The files that one conversation sends, and the receipts for them.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import type { Receipt } from "../talk/mod.ts";
import { encodeFile } from "../talk/send_file.ts";

/** Receipts that may come before their file is known by its id; there is one file under way at a time. */
const EARLY_RECEIPT_COUNT_MAX = 64;

/** A file to send. */
export interface FileSource {
  /** What the other side is told; a path is cut off. */
  readonly name: string;
  /** Bytes of the content, where they are known. */
  readonly size?: number;
  /** Opens the content. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** What became of a file that was sent. */
export type FileOutcome =
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | { readonly kind: "unconfirmed"; readonly id: number }
  | { readonly kind: "unreadable"; readonly error: Error }
  | { readonly kind: "unsent"; readonly error: unknown };

/** Sends files, one after the other, and waits for the receipt of each. */
export class OutgoingFiles {
  readonly #connection: Connection;
  readonly #waiting = new Map<number, (receipt?: Receipt) => void>();
  readonly #early = new Map<number, Receipt>();
  #sending: AbortController | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isEnded = false;
  #isStopped = false;

  /** Sends over this connection. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Sends a file in the form of the talk convention once those before it are sent.
   *
   * @param source The file.
   * @param onSent Called with the number of bytes of each chunk.
   * @return `sent` resolves when the next file may follow, `outcome` when it is known what became of this one; neither rejects.
   */
  send(
    source: FileSource,
    onSent: (byteCount: number) => void,
  ): { sent: Promise<void>; outcome: Promise<FileOutcome> } {
    const { name, size } = source;
    const sending = this.#enqueue(
      source,
      (content) => encodeFile({ name, size }, content, onSent),
      (id) => this.#receiptOf(id),
    );
    return {
      sent: sending.then(() => {}),
      outcome: sending.then(({ outcome }) => outcome),
    };
  }

  /**
   * Sends a file as a bare message once those before it are sent.
   *
   * @param source The file.
   * @param onSent Called with the number of bytes of each chunk.
   * @return What went wrong; `undefined` where nothing did.
   */
  async sendRaw(
    source: FileSource,
    onSent: (byteCount: number) => void,
  ): Promise<FileOutcome | undefined> {
    const { outcome } = await this.#enqueue(
      source,
      (content) => counted(content, onSent),
      () => undefined,
    );
    return outcome;
  }

  /** Takes a receipt; one that is about no file of ours is nothing. */
  handleReceipt(receipt: Receipt): void {
    const waiter = this.#waiting.get(receipt.id);
    if (waiter) {
      waiter(receipt);
    } else if (this.#sending && this.#early.size < EARLY_RECEIPT_COUNT_MAX) {
      this.#early.set(receipt.id, receipt);
      // Who has refused a file does not want the rest of it.
      if (!receipt.ok) this.#sending.abort(receipt);
    }
  }

  /** The other side can send no more receipts. */
  handleEnd(): void {
    this.#isEnded = true;
    for (const waiter of [...this.#waiting.values()]) waiter();
  }

  /** Gives up what is under way. */
  stop(reason: string): void {
    this.#isStopped = true;
    this.#sending?.abort(new Error(reason));
  }

  #enqueue<T>(
    source: FileSource,
    encode: (content: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
    onSent: (id: number) => T,
  ): Promise<{ outcome: T | FileOutcome }> {
    const sending = this.#last.then(() =>
      this.#sendNow(source, encode, onSent)
    );
    this.#last = sending;
    return sending;
  }

  async #sendNow<T>(
    source: FileSource,
    encode: (content: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
    onSent: (id: number) => T,
  ): Promise<{ outcome: T | FileOutcome }> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#sending = controller;
    this.#early.clear();
    let fault: Error | undefined;

    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* encode(await source.open());
      } catch (error) {
        fault = error as Error;
        throw error;
      }
    }

    try {
      if (this.#isStopped) throw new Error("the conversation has ended");
      const id = await this.#connection.send(body(), { signal });
      // In the same turn, while `#sending` is set: no receipt falls between.
      return { outcome: onSent(id) };
    } catch (error) {
      if (fault) return { outcome: { kind: "unreadable", error: fault } };
      return signal.aborted && !(signal.reason instanceof Error)
        ? { outcome: { kind: "receipt", receipt: signal.reason as Receipt } }
        : { outcome: { kind: "unsent", error } };
    } finally {
      this.#sending = undefined;
    }
  }

  /** Waits for the receipt from this very moment on. */
  #receiptOf(id: number): Promise<FileOutcome> {
    const { promise, resolve } = Promise.withResolvers<FileOutcome>();
    const settle = (receipt?: Receipt) => {
      this.#waiting.delete(id);
      resolve(
        receipt ? { kind: "receipt", receipt } : { kind: "unconfirmed", id },
      );
    };
    const early = this.#early.get(id);
    if (early || this.#isEnded) settle(early);
    else this.#waiting.set(id, settle);
    return promise;
  }
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  onSent: (byteCount: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    yield chunk;
    onSent(chunk.length);
  }
}
