/**
 * The receipts that one conversation sends.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import { encodeReceipt, type Receipt } from "../talk/mod.ts";

/** Receipts that may wait because the other side does not read. */
const WAITING_COUNT_MAX = 16_384;

/** Sends receipts in their order, without anybody having to wait for that. */
export class Receipts {
  readonly #connection: Connection;
  #waiting: Receipt[] = [];
  #sending: Promise<void> | undefined;
  #change = Promise.withResolvers<void>();

  /** Sends over this connection. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends a receipt behind those that wait. */
  add(receipt: Receipt): void {
    this.#waiting.push(receipt);
    this.#sending ??= this.#send();
  }

  /** Resolves when no more than may be wait: who takes no receipts is read no further. */
  async ready(): Promise<void> {
    while (this.#waiting.length >= WAITING_COUNT_MAX) {
      await this.#change.promise;
    }
  }

  /** Resolves when all have been taken over. */
  async flush(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const receipts = this.#waiting;
      this.#waiting = [];
      this.#change.resolve();
      this.#change = Promise.withResolvers();
      for (const receipt of receipts) {
        try {
          await this.#connection.send(encodeReceipt(receipt));
        } catch {
          // This side has ended: the file stays unconfirmed.
        }
      }
    }
    this.#sending = undefined;
  }
}
