/**
 * The files and folders that one conversation sends: as offers to programs that
 * know them, otherwise a file at a time.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import type { Receipt } from "../talk/mod.ts";
import { OFFERS_VERSION } from "../talk/offer.ts";
import { readAnswer } from "../talk/offer_answer.ts";
import type { OfferPart } from "../talk/receive.ts";
import type { OfferedItem } from "./offered_items.ts";
import {
  type FileOutcome,
  type FileSource,
  OutgoingFiles,
  RECEIPT_TIMEOUT_MS,
  speaksMinor,
} from "./outgoing_files.ts";
import { type OfferProgress, OutgoingOffers } from "./outgoing_offers.ts";
import { SingleFiles } from "./single_files.ts";

/** So long the content of the first file waits for a word that offers are taken, behind a sign of life of the other side, in milliseconds: who says nothing gets files. */
const INVITE_TIMEOUT_MS = 1_000;

/** So long that sign of life is waited for, in milliseconds. */
const PROBE_TIMEOUT_MS = 30_000;

/** Sends files and folders, one after the other. */
export class OutgoingItems {
  readonly #connection: Connection;
  readonly #files: OutgoingFiles;
  readonly #offers: OutgoingOffers;
  readonly #mayOffer: boolean;
  readonly #invited = Promise.withResolvers<void>();
  readonly #inviteTimeoutMs: number;
  #takesOffers: boolean | undefined;
  #isReading = false;
  #last: Promise<unknown> = Promise.resolve();

  /** Sends over this connection; the times are in milliseconds. */
  constructor(
    connection: Connection,
    receiptTimeoutMs = RECEIPT_TIMEOUT_MS,
    inviteTimeoutMs = INVITE_TIMEOUT_MS,
  ) {
    this.#connection = connection;
    this.#files = new OutgoingFiles(connection, receiptTimeoutMs);
    this.#offers = new OutgoingOffers(connection, receiptTimeoutMs);
    this.#mayOffer = speaksMinor(connection.remote.version, 1);
    this.#inviteTimeoutMs = inviteTimeoutMs;
  }

  /**
   * Sends items once those before them are sent, compressed with `isZstd`
   * where the other side can and it pays.
   *
   * @return `sent` resolves when nothing more is to be sent, `outcomes` with what has become of each item; neither rejects.
   */
  send(
    items: readonly OfferedItem[],
    progress: OfferProgress,
    isZstd: boolean,
  ): { sent: Promise<void>; outcomes: Promise<FileOutcome[]> } {
    const sending = this.#last.then(() =>
      this.#sendNow(items, progress, isZstd)
    );
    this.#last = sending.then(({ over }) => over);
    return {
      sent: sending.then(({ sent }) => sent),
      outcomes: sending.then(({ outcomes }) => outcomes),
    };
  }

  /** Sends a file as a bare message once those before it are sent. */
  async sendRaw(
    source: FileSource,
    onSent: (byteCount: number) => void,
  ): Promise<FileOutcome> {
    return await this.#files.sendRaw(source, onSent);
  }

  /** Takes a receipt. */
  handleReceipt(receipt: Receipt): void {
    this.#files.handleReceipt(receipt);
  }

  /** Takes an answer or a result. */
  async handle(part: OfferPart, body: ByteReader): Promise<void> {
    if (this.#takesOffers) return await this.#offers.handle(part, body);
    // One at a time: what is read has a limit, and so has all of it.
    if (part !== "answer" || this.#isReading) return await body.cancel();
    this.#isReading = true;
    try {
      const answer = await readAnswer(body);
      if (answer?.kind === "invite") this.noteOffers();
    } finally {
      this.#isReading = false;
    }
  }

  /** The other side has said that it knows offers. */
  noteOffers(): void {
    this.#takesOffers = this.#mayOffer;
    this.#invited.resolve();
  }

  /** The other side can say nothing more. */
  handleEnd(): void {
    this.#files.handleEnd();
    this.#offers.handleEnd();
  }

  /** Gives up what is being sent; tells whether there is something. */
  cancel(): boolean {
    const isFile = this.#files.cancel();
    return this.#offers.cancel() || isFile;
  }

  /** Gives up what is under way. */
  stop(reason: string): void {
    this.#files.stop(reason);
    this.#offers.stop(reason);
  }

  async #sendNow(
    items: readonly OfferedItem[],
    progress: OfferProgress,
    isZstd: boolean,
  ): Promise<Sending> {
    if (this.#takesOffers) return this.#offer(items, progress, isZstd);
    const files = new SingleFiles(this.#files, items, progress);
    if (!this.#mayOffer || this.#takesOffers === false) {
      return files.sendAll();
    }
    // The first file asks whether offers are known: its content waits a little.
    const isTaken = await files.sendFirst(
      OFFERS_VERSION,
      () => this.#isInvited(),
    );
    if (isTaken) return this.#offer(items, progress, isZstd);
    this.#takesOffers ??= false;
    return files.sendAll();
  }

  #offer(
    items: readonly OfferedItem[],
    progress: OfferProgress,
    isZstd: boolean,
  ): Sending {
    const sending = this.#offers.send(items, progress, isZstd);
    const outcomes = sending.outcomes.then((each) => each.map(ofOffer));
    return { ...sending, outcomes };
  }

  /** Waits for an invitation; one that comes later is for what follows. */
  async #isInvited(): Promise<boolean> {
    const waiting = new AbortController();
    const isInvited = await Promise.race([
      this.#invited.promise.then(() => true),
      this.#untilLate(waiting.signal).then(() => false),
    ]);
    waiting.abort();
    return isInvited;
  }

  /** Resolves when an invitation would be here: on a long line it takes as long as a Pong, and behind that only its program has to have its turn. */
  async #untilLate(signal: AbortSignal): Promise<void> {
    // Who does not answer is not waited for any longer.
    await this.#connection.probe(PROBE_TIMEOUT_MS).catch(() => {});
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#inviteTimeoutMs);
    signal.addEventListener("abort", () => clearTimeout(timer));
    await promise;
  }
}

function ofOffer(outcome: FileOutcome): FileOutcome {
  const { kind } = outcome;
  return kind === "unsent" || kind === "unconfirmed"
    ? { ...outcome, isOfOffer: true }
    : outcome;
}

/** Something on its way. */
interface Sending {
  readonly sent: Promise<void>;
  readonly outcomes: Promise<FileOutcome[]>;
  /** Settles when the next may follow. */
  readonly over: Promise<unknown>;
}
