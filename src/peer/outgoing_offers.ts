/**
 * The offers that one conversation makes: several files and folders at once,
 * of which the other side takes what it does not have yet.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import type { ByteReader } from "../talk/byte_reader.ts";
import { encodeOffer } from "../talk/offer.ts";
import {
  type Answer,
  LIST_COUNT_MAX,
  type OfferResult,
  readAnswer,
  readResult,
} from "../talk/offer_answer.ts";
import type { OfferPart } from "../talk/receive.ts";
import { ContentWriter } from "../talk/send_content.ts";
import { contentOf } from "./offer_content.ts";
import type { OfferedEntry, OfferedItem } from "./offered_items.ts";
import { Cancelled, type FileOutcome } from "./outgoing_files.ts";
import { SilenceWatch } from "./silence.ts";
import { isUnwanted, unwantedError } from "./unwanted.ts";

/** Room for the beginning of a content. */
const CONTENT_BEGIN_SIZE = 4096;

type Yes = Answer & { kind: "yes" };

/** Who is told of an offer on its way. */
export interface OfferProgress {
  /** Bytes that were taken over, or that the other side has already. */
  readonly onSent: (byteCount: number) => void;
  /** Something that is not as it was; harmless text comes of the one who shows it. */
  readonly onNote: (text: string) => void;
  /** A file that does not go with the rest, and why. */
  readonly onFault: (path: string, reason: string) => void;
}

/** The offer that is under way. */
interface Current {
  readonly number: number;
  readonly abort: AbortController;
  readonly answer: PromiseWithResolvers<Yes>;
  readonly result: PromiseWithResolvers<OfferResult>;
  /** Whether the other side holds it open, once that is known. */
  readonly isOpenThere: PromiseWithResolvers<boolean>;
  /** The message of its content, as soon as its first part has gone. */
  id?: number;
  isOffered: boolean;
  isContentBegun: boolean;
  isResultDue: boolean;
  /** All entries before this one may have gone. */
  reachedEntry: number;
  /** There is something left to be given up. */
  isUnderWay: boolean;
}

/** An offer was not wanted; the message says why. */
class Unwanted extends Error {}

/** The other side has left an offer without a word. */
class Unanswered extends Error {}

/** Makes one offer after the other. */
export class OutgoingOffers {
  readonly #connection: Connection;
  readonly #silence: SilenceWatch;
  #number = 0;
  #current: Current | undefined;
  #stopReason: string | undefined;
  #isEnded = false;
  #isReading = false;

  /** Offers over this connection, and gives an answer or a result up after `timeoutMs` in which nothing happens. */
  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#silence = new SilenceWatch(
      timeoutMs,
      () => this.#fail(new Unanswered("no answer came")),
    );
  }

  /**
   * Offers files and folders, and sends what is wanted of them, compressed with
   * `isZstd` where the other side can and it pays. The one before must be over.
   *
   * @return `sent` resolves when nothing more is to be sent, `outcomes` with what has become of each item, `over` when the next offer may follow; none rejects.
   */
  send(
    items: readonly OfferedItem[],
    progress: OfferProgress,
    isZstd: boolean,
  ): {
    sent: Promise<void>;
    outcomes: Promise<FileOutcome[]>;
    over: Promise<void>;
  } {
    const sent = Promise.withResolvers<void>();
    const current = this.#begin();
    const how = { progress, isZstd };
    const outcomes = this.#run(current, items, how, sent.resolve)
      .finally(() => sent.resolve());
    const over = outcomes.then(() => this.#leave(current));
    return { sent: sent.promise, outcomes, over };
  }

  /** Takes an answer or a result; one that nobody waits for is nothing. */
  async handle(part: OfferPart, body: ByteReader): Promise<void> {
    // One at a time: what is read has a limit, and so has all of it.
    if (this.#isReading) return await body.cancel();
    this.#isReading = true;
    try {
      if (part === "answer") this.#handleAnswer(await readAnswer(body));
      else this.#handleResult(await readResult(body));
    } finally {
      this.#isReading = false;
    }
  }

  /** The other side says nothing more. */
  handleEnd(): void {
    this.#isEnded = true;
    this.#fail(new Unanswered("no receipt came"));
  }

  /** Gives up the offer under way; tells whether there is one. */
  cancel(): boolean {
    if (!this.#current?.isUnderWay) return false;
    this.#abort(new Cancelled());
    return true;
  }

  /** Gives up the offer under way, and all later ones. */
  stop(reason: string): void {
    this.#stopReason = reason;
    this.#abort(new Error(reason));
    this.#current?.isOpenThere.resolve(false);
  }

  #begin(): Current {
    const current: Current = {
      number: ++this.#number,
      abort: new AbortController(),
      answer: Promise.withResolvers(),
      result: Promise.withResolvers(),
      isOpenThere: Promise.withResolvers(),
      isOffered: false,
      isContentBegun: false,
      isResultDue: false,
      reachedEntry: 0,
      isUnderWay: true,
    };
    // What fails is awaited by `#run`, or by nobody any more.
    current.answer.promise.catch(() => {});
    current.result.promise.catch(() => {});
    return this.#current = current;
  }

  async #run(
    current: Current,
    items: readonly OfferedItem[],
    { progress, isZstd }: { progress: OfferProgress; isZstd: boolean },
    onSent: () => void,
  ): Promise<FileOutcome[]> {
    const entries = items.flatMap((item) => item.entries);
    const faults = new Map<number, string>();
    try {
      if (this.#stopReason !== undefined) throw new Error(this.#stopReason);
      await this.#offer(current, entries, items, isZstd);
      const answer = await current.answer.promise;
      this.#silence.stop();
      await this.#sendContent(current, entries, answer, faults, progress)
        .catch((error) => this.#tellRefusal(current, error));
      current.isUnderWay = false;
      onSent();
      const result = await this.#resultOf(current);
      for (const [entry, name] of result.renamed) {
        const path = entries[entry]?.entry.path;
        if (path !== undefined) {
          progress.onNote(`"${path}" is called "${name}" there`);
        }
      }
      return resultOutcomes(items, current.id ?? 0, result, faults);
    } catch (error) {
      return failedOutcomes(error, current, items);
    }
  }

  /** Waits for what the other side says of an offer of which all is sent. */
  async #resultOf(current: Current): Promise<OfferResult> {
    this.#silence.start();
    this.#silence.touch();
    return await current.result.promise;
  }

  /** Throws why the content could not be sent: where the other side wants no more of it, what it says of that. */
  async #tellRefusal(current: Current, error: unknown): Promise<never> {
    if (!isUnwanted(error)) throw error;
    const why = await this.#resultOf(current).then(
      () => error,
      (refusal) =>
        refusal instanceof Unanswered ? unwantedError(error) : refusal,
    );
    throw why;
  }

  /** The next offer may follow. */
  async #leave(current: Current): Promise<void> {
    await this.#giveUp(current);
    this.#silence.stop();
    this.#current = undefined;
  }

  /** The other side holds an offer open until its content has come: that of one that was given up begins, and is aborted (`PROTOCOL.md`, section 9, K-26). */
  async #giveUp(current: Current): Promise<void> {
    const { number, isOffered, isContentBegun, isOpenThere } = current;
    if (!isOffered || isContentBegun || this.#isEnded) return;
    if (!await isOpenThere.promise) return;
    // It fails with what the content throws, or because the connection has ended.
    await this.#connection.send(abortedContent(number)).catch(() => {});
  }

  async #offer(
    current: Current,
    entries: readonly OfferedEntry[],
    items: readonly OfferedItem[],
    isZstd: boolean,
  ): Promise<void> {
    const { number, abort: { signal } } = current;
    const message = encodeOffer({
      number,
      count: entries.length,
      total: items.reduce((sum, { size }) => sum + size, 0),
      zstd: isZstd,
      entries: entries.map(({ entry }) => entry),
    });
    current.id = await this.#connection.send(asynchronous(message), { signal });
    current.isOffered = true;
    if (this.#isEnded) throw new Unanswered("no receipt came");
    this.#silence.start();
    this.#silence.touch();
  }

  async #sendContent(
    current: Current,
    entries: readonly OfferedEntry[],
    answer: Yes,
    faults: Map<number, string>,
    { onSent, onFault }: OfferProgress,
  ): Promise<void> {
    const here = new Uint8Array(entries.length);
    for (const [first, last] of answer.have) here.fill(1, first, last + 1);
    for (const [index, { entry }] of entries.entries()) {
      if (here[index] && entry.kind === "file") onSent(entry.size ?? 0);
    }
    current.isResultDue = true;
    const content = contentOf({
      number: current.number,
      entries,
      isZstd: answer.zstd,
      isHere: (index) => here[index] === 1,
      onReached: (index) => current.reachedEntry = index,
      partial: new Map(answer.partial.map((each) => [each.entry, each])),
      onSent,
      onKept: onSent,
      onFault: (index, reason) => {
        faults.set(index, reason);
        onFault(entries[index]!.entry.path, reason);
      },
    });
    const { signal } = current.abort;
    current.id = await this.#connection.send(content, {
      signal,
      onId: (id) => {
        current.id = id;
        current.isContentBegun = true;
      },
    });
  }

  #handleAnswer(answer: Answer | undefined): void {
    const current = this.#current;
    if (!answer || !current || answer.kind === "invite") return;
    if (answer.number !== current.number) return;
    this.#silence.touch();
    if (answer.kind === "yes") {
      current.answer.resolve(answer);
      current.isOpenThere.resolve(true);
    } else if (answer.kind === "no") this.#fail(new Unwanted(answer.reason));
  }

  #handleResult(result: OfferResult | undefined): void {
    const current = this.#current;
    if (!result || result.number !== current?.number) return;
    if (!result.ok) return this.#fail(new Unwanted(result.reason));
    if (current.isResultDue) current.result.resolve(result);
  }

  #fail(error: Error): void {
    this.#silence.stop();
    this.#current?.isOpenThere.resolve(false);
    this.#current?.answer.reject(error);
    this.#current?.result.reject(error);
    if (error instanceof Unwanted) this.#abort(error);
  }

  #abort(error: Error): void {
    const current = this.#current;
    if (!current) return;
    current.isUnderWay = false;
    current.answer.reject(error);
    current.result.reject(error);
    current.abort.abort(error);
  }
}

/** As much of a content as says whose it is. */
async function* abortedContent(number: number): AsyncGenerator<Uint8Array> {
  const writer = new ContentWriter(CONTENT_BEGIN_SIZE);
  writer.open(number);
  yield writer.take();
  throw new Cancelled();
}

async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** What has become of each item: an item is safe where all of it is. */
function resultOutcomes(
  items: readonly OfferedItem[],
  id: number,
  result: OfferResult,
  faults: ReadonlyMap<number, string>,
): FileOutcome[] {
  const failed = new Map(result.failed);
  const isCut = failed.size >= LIST_COUNT_MAX;
  for (const [entry, reason] of faults) failed.set(entry, reason);
  let first = 0;
  return items.map(({ entries }): FileOutcome => {
    const reasons: string[] = [];
    for (const [index, { entry }] of entries.entries()) {
      const reason = failed.get(first + index);
      if (reason === undefined) continue;
      reasons.push(entries.length === 1 ? reason : `${entry.path}: ${reason}`);
    }
    first += entries.length;
    if (isCut) reasons.push("more has failed than the other side can name");
    const [worst] = reasons;
    if (worst === undefined) {
      return { kind: "receipt", id, receipt: { id, ok: true } };
    }
    const more = reasons.length === 1 ? "" : `, and ${reasons.length - 1} more`;
    const reason = `${worst}${more}`;
    return { kind: "receipt", id, receipt: { id, ok: false, reason } };
  });
}

/** What has become of the items of an offer that failed: of those that had gone before, nobody can tell. */
function failedOutcomes(
  error: unknown,
  current: Current,
  items: readonly OfferedItem[],
): FileOutcome[] {
  let end = 0;
  return items.map(({ entries }): FileOutcome => {
    end += entries.length;
    const outcome = failedOutcome(error, current);
    if (!current.isContentBegun || end > current.reachedEntry) return outcome;
    if (outcome.kind === "unsent") return { ...outcome, mayBeThere: true };
    // A refusal says of a single one that it is not there, and of several not which.
    if (outcome.kind !== "receipt" || items.length === 1) return outcome;
    const { id, receipt: { reason = "" } } = outcome;
    return { kind: "unconfirmed", id, reason };
  });
}

function failedOutcome(
  error: unknown,
  { id, isContentBegun }: Current,
): FileOutcome {
  if (error instanceof Unwanted && id !== undefined) {
    const reason = error.message;
    return { kind: "receipt", id, receipt: { id, ok: false, reason } };
  }
  if (error instanceof Unanswered && id !== undefined) {
    const unanswered = { kind: "unconfirmed", id } as const;
    return isContentBegun
      ? { ...unanswered, reason: error.message }
      : { ...unanswered, reason: "no answer came", isUnsent: true };
  }
  return { kind: "unsent", id, error };
}
