/**
 * The files that one conversation sends, and the receipts for them.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import { fileReason } from "../base/reasons.ts";
import type { Receipt } from "../talk/mod.ts";
import { encodeFile } from "../talk/send_file.ts";
import { SilenceWatch } from "./silence.ts";
import { isUnwanted, unwantedError } from "./unwanted.ts";

/** Receipts that may come before the file under way is known by its id. */
const EARLY_RECEIPT_COUNT_MAX = 64;

/** How long an outstanding receipt is waited for while nothing happens, in milliseconds: a person may take 60 s to decide about a file. */
export const RECEIPT_TIMEOUT_MS = 75_000;

/** A file to send. */
export interface FileSource {
  /** What the other side is told; a path is cut off. */
  readonly name: string;
  /** Bytes of the content, where they are known. */
  readonly size?: number;
  /** Opens the content. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** The question whether the other side takes offers. */
export interface OffersQuestion {
  /** The version of offers. */
  readonly offers: number;
  /** What the content waits for; fails where the file is to be offered instead. */
  readonly ready: () => Promise<void>;
}

/** Why a file was given up by whoever sent it. */
export class Cancelled extends Error {
  override name = "Cancelled";

  /** The message is what the other side is told. */
  constructor() {
    super("the sender has cancelled it");
  }
}

/** What became of a file that was sent; `id` is that of its message, where one was begun. */
export type FileOutcome =
  | { readonly kind: "receipt"; readonly id: number; readonly receipt: Receipt }
  | {
    readonly kind: "unconfirmed";
    readonly id: number;
    readonly reason: string;
    /** Nothing of it has gone: it was only offered. */
    readonly isUnsent?: true;
    /** It went as part of an offer: sent again, it goes on where it broke off. */
    readonly isOfOffer?: true;
  }
  | {
    readonly kind: "unreadable";
    readonly id?: number | undefined;
    readonly error: Error;
  }
  | {
    readonly kind: "unsent";
    readonly id?: number | undefined;
    readonly error: unknown;
    /** All of it has gone: what failed is what comes behind it. */
    readonly mayBeThere?: true;
    /** It went as part of an offer: sent again, it goes on where it broke off. */
    readonly isOfOffer?: true;
  };

/** The file that is being sent. */
interface Current {
  readonly abort: AbortController;
  /** Known as soon as its first part has gone. */
  id?: number;
  /** What the other side says of it before all of it is sent. */
  receipt?: Receipt;
}

/** How a file is sent. */
interface Way<T> {
  readonly encode: (
    content: AsyncIterable<Uint8Array>,
  ) => AsyncIterable<Uint8Array>;
  /** Makes the outcome of one that was sent. */
  readonly onSent: (id: number, early?: Receipt) => T;
  /** The same of one of which the other side wants no more. */
  readonly onUnwanted?: (id: number, error: unknown) => T;
  /** Whether the other side is asked to confirm that it has taken it. */
  readonly confirm?: boolean;
}

/** Sends files, one after the other, and waits for the receipt of each. */
export class OutgoingFiles {
  readonly #connection: Connection;
  readonly #outstanding = new Map<number, (receipt?: Receipt) => void>();
  readonly #early = new Map<number, Receipt>();
  readonly #silence: SilenceWatch;
  #current: Current | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isEnded = false;
  #isStopped = false;

  /** Sends over this connection; gives receipts up after `receiptTimeoutMs` in which nothing happens. */
  constructor(connection: Connection, receiptTimeoutMs = RECEIPT_TIMEOUT_MS) {
    this.#connection = connection;
    this.#silence = new SilenceWatch(
      receiptTimeoutMs,
      () => this.#giveReceiptsUp(),
    );
  }

  /**
   * Sends a file in the form of the talk convention once those before it are sent.
   *
   * @param source The file.
   * @param onSent Called with the number of bytes of each chunk.
   * @param question The version of offers that its header speaks of, and what its content waits for then.
   * @return `sent` resolves when the next file may follow, `outcome` when it is known what became of this one; neither rejects.
   */
  send(
    source: FileSource,
    onSent: (byteCount: number) => void,
    question?: OffersQuestion,
  ): { sent: Promise<void>; outcome: Promise<FileOutcome> } {
    const { name, size } = source;
    const header = { name, size, offers: question?.offers };
    const sending = this.#enqueue(source, {
      encode: (content) =>
        encodeFile(header, content, (byteCount) => {
          this.#silence.touch();
          onSent(byteCount);
        }, question?.ready),
      onSent: (id, early) => this.#receiptOf(id, early),
      onUnwanted: (id, error) => this.#refusalOf(id, error),
    });
    return {
      sent: sending.then(() => {}),
      outcome: sending.then(({ outcome }) => outcome),
    };
  }

  /**
   * Sends a file as a bare message once those before it are sent. Where the
   * protocol can say so (version 1.1), the outcome is a receipt: the other
   * side's program has taken it.
   *
   * @param source The file.
   * @param onSent Called with the number of bytes of each chunk.
   * @return What became of it.
   */
  async sendRaw(
    source: FileSource,
    onSent: (byteCount: number) => void,
  ): Promise<FileOutcome> {
    const confirm = speaksMinor(this.#connection.remote.version, 1);
    const { outcome } = await this.#enqueue<FileOutcome>(source, {
      encode: (content) => counted(content, onSent),
      onSent: (id) =>
        confirm ? { kind: "receipt", id, receipt: { id, ok: true } } : {
          kind: "unconfirmed",
          id,
          reason: "sent without asking for a receipt",
        },
      confirm,
    });
    return outcome;
  }

  /** Takes a receipt; one for a file that is not waited for is nothing (`PROTOCOL.md`, section 9). */
  handleReceipt(receipt: Receipt): void {
    const settle = this.#outstanding.get(receipt.id);
    if (settle) {
      this.#silence.touch();
      return settle(receipt);
    }
    const current = this.#current;
    if (current?.id === receipt.id) {
      takeEarly(current, receipt);
    } else if (current && current.id === undefined) {
      if (this.#early.size >= EARLY_RECEIPT_COUNT_MAX) return;
      if (!this.#early.has(receipt.id)) this.#early.set(receipt.id, receipt);
    }
  }

  /** The other side can send no more receipts. */
  handleEnd(): void {
    this.#isEnded = true;
    this.#giveReceiptsUp();
  }

  /** Gives up the file that is being sent, also where its first byte is still waited for; tells whether there is one. */
  cancel(): boolean {
    this.#current?.abort.abort(new Cancelled());
    return this.#current !== undefined;
  }

  /** Gives up what is under way. */
  stop(reason: string): void {
    this.#isStopped = true;
    this.#current?.abort.abort(new Error(reason));
  }

  #giveReceiptsUp(): void {
    this.#silence.stop();
    for (const settle of [...this.#outstanding.values()]) settle();
  }

  #enqueue<T>(
    source: FileSource,
    way: Way<T>,
  ): Promise<{ outcome: T | FileOutcome }> {
    const sending = this.#last.then(() => this.#sendNow(source, way));
    this.#last = sending;
    return sending;
  }

  async #sendNow<T>(
    source: FileSource,
    { encode, onSent, onUnwanted, confirm = false }: Way<T>,
  ): Promise<{ outcome: T | FileOutcome }> {
    const current: Current = { abort: new AbortController() };
    const { signal } = current.abort;
    this.#current = current;
    let fault: Error | undefined;

    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* encode(await source.open());
      } catch (error) {
        fault = error as Error;
        // The other side is told why, but not where the file lies.
        throw new Error(fileReason(error), { cause: error });
      }
    }

    try {
      if (this.#isStopped) throw new Error("the conversation has ended");
      const id = await this.#connection.send(body(), {
        signal,
        confirm,
        onId: (id) => this.#handleId(current, id),
      });
      // In the same turn, while `#current` is set: no receipt falls between.
      return { outcome: onSent(id, current.receipt) };
    } catch (error) {
      const { id, receipt } = current;
      if (fault) return { outcome: { kind: "unreadable", id, error: fault } };
      if (receipt && signal.reason === receipt) {
        return { outcome: { kind: "receipt", id: receipt.id, receipt } };
      }
      if (id !== undefined && onUnwanted && isUnwanted(error)) {
        return { outcome: onUnwanted(id, error) };
      }
      return { outcome: { kind: "unsent", id, error } };
    } finally {
      this.#current = undefined;
      this.#early.clear();
    }
  }

  #handleId(current: Current, id: number): void {
    if (this.#outstanding.has(id)) {
      // After 4,294,967,296 messages: a receipt could be about either file.
      return current.abort.abort(
        new Error("its message id waits for the receipt of another file"),
      );
    }
    current.id = id;
    const early = this.#early.get(id);
    this.#early.clear();
    if (early) takeEarly(current, early);
  }

  /** Why the other side wants no more of a file, if it says so. */
  async #refusalOf(id: number, error: unknown): Promise<FileOutcome> {
    const outcome = await this.#receiptOf(id);
    const isTold = outcome.kind === "receipt" && !outcome.receipt.ok;
    if (isTold) return outcome;
    return { kind: "unsent", id, error: unwantedError(error) };
  }

  /** Waits for the receipt from this very moment on. */
  #receiptOf(id: number, early?: Receipt): Promise<FileOutcome> {
    const { promise, resolve } = Promise.withResolvers<FileOutcome>();
    const settle = (receipt?: Receipt) => {
      this.#outstanding.delete(id);
      if (this.#outstanding.size === 0) this.#silence.stop();
      resolve(
        receipt
          ? { kind: "receipt", id, receipt }
          : { kind: "unconfirmed", id, reason: "no receipt came" },
      );
    };
    if (early || this.#isEnded) {
      settle(early);
    } else {
      this.#outstanding.set(id, settle);
      this.#silence.start();
      this.#silence.touch();
    }
    return promise;
  }
}

/** Whether a version such as `1.1.0` has this minor number at least. */
export function speaksMinor(version: string, minor: number): boolean {
  return Number(version.split(".")[1]) >= minor;
}

/** The first receipt counts; who has refused a file does not want the rest of it. */
function takeEarly(current: Current, receipt: Receipt): void {
  if (current.receipt) return;
  current.receipt = receipt;
  if (!receipt.ok) current.abort.abort(receipt);
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
