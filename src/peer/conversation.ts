/**
 * One conversation: what we say is sent, and where its connection is lost, it
 * goes on over another one to the same other side.
 *
 * @module
 */
import type { Connection, LektError } from "../../mod.ts";
import type { ErrorEventCode } from "./events.ts";
import {
  type ConversationOptions,
  Exchange,
  type ExchangeHost,
  type FaultPlace,
  type FirstMessage,
} from "./exchange.ts";
import { describeFault } from "./faults.ts";
import type { OfferedItem } from "./offered_items.ts";
import {
  Cancelled,
  type FileOutcome,
  type FileSource,
} from "./outgoing_files.ts";
import { describePeer } from "./proof.ts";
import type { Continuity } from "./reconnect/continuity.ts";
import { isConnectionFailure, lossOf } from "./reconnect/loss.ts";
import { isCancelled, SendingReports } from "./sending_reports.ts";
import { turn } from "./turn.ts";
import { isUnwanted, leftError } from "./unwanted.ts";

export type { ConversationOptions } from "./exchange.ts";

/** With what a conversation begins besides its connection. */
export interface ConversationBeginning {
  /** How it goes on after a loss of its connection; left out where it does not. */
  readonly continuity?: Continuity | undefined;
  /** Its first message, where that was read already. */
  readonly first?: FirstMessage | undefined;
}

/** A conversation with one other side. */
export class Conversation {
  /** Its number, in the order of arrival. */
  readonly number: number;
  /** How it goes on after a loss of its connection; left out where it does not. */
  readonly continuity: Continuity | undefined;
  readonly #options: ConversationOptions;
  readonly #host: ExchangeHost;
  readonly #sendingReports: SendingReports;
  readonly #stopping = new AbortController();
  #exchange: Exchange;
  /** Whether there is a next connection after this one. */
  #next = Promise.withResolvers<boolean>();
  #first: FirstMessage | undefined;
  #hasFailed = false;
  #hasOtherEnded = false;
  /** What gives up the files that wait for the other side to be back. */
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;
  #error: unknown;

  /** Takes a connection over, and says so. */
  constructor(
    number: number,
    connection: Connection,
    options: ConversationOptions,
    { continuity, first }: ConversationBeginning = {},
  ) {
    this.number = number;
    this.continuity = continuity;
    if (continuity) {
      continuity.onFault = (message) => this.#reportError("FILE", message);
    }
    this.#options = options;
    this.#first = first;
    this.#host = {
      onFault: (code, message, about) =>
        this.#reportError(code, message, about),
      onFailure: () => this.#hasFailed = true,
      onTaken: (id) => continuity?.noteTaken(id),
      isLoss: (error) => continuity !== undefined && isConnectionFailure(error),
      isStopped: () => this.#isStopped,
      admitted: new Set(),
      stop: () => this.stop(),
    };
    this.#exchange = new Exchange(number, connection, options, this.#host);
    const { reporter } = options;
    this.#sendingReports = new SendingReports(
      reporter,
      number,
      (message, about) => this.#reportError("FILE", message, about),
    );
    const { nickname, version, method } = connection.remote;
    const { role } = connection;
    reporter.emit({
      event: "connected",
      connection: number,
      nickname,
      version,
      method,
      role,
      ...options.proofOf(connection.remote),
    });
  }

  /** Whether anything in it went wrong. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The other side, as a person should see it. */
  get description(): string {
    const { remote, remote: { nickname } } = this.#exchange.connection;
    return describePeer({ nickname, ...this.#options.proofOf(remote) });
  }

  /** Whether the other side will say nothing more. */
  get hasOtherEnded(): boolean {
    return this.#hasOtherEnded;
  }

  /** Whether its connection is lost, and looked for again. */
  get isAway(): boolean {
    return this.continuity?.isAway ?? false;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /**
   * Lives through the conversation: reads until the other side has ended,
   * ends this side as soon as `mayEnd` allows, and tells that it is closed.
   *
   * @param mayEnd Called once the other side has ended; resolves when this side may end too.
   */
  async run(mayEnd: () => Promise<void>): Promise<void> {
    const isOrderly = await this.#receiveAll();
    this.#hasOtherEnded = true;
    const { connection } = this.#exchange;
    if (isOrderly && !this.#isStopped) {
      await Promise.race([mayEnd(), connection.closed]);
      await this.closeWrite();
    }
    await connection.close();
    const { clean, error, reason } = await connection.closed;
    await this.#sendingReports.settled();
    if (!this.#isStopped) this.#reportConnectionError(this.#failureOf(error));
    else this.#reportUnconfirmed();
    this.#reportNothing();
    this.continuity?.end();
    this.#options.reporter.emit({
      event: "closed",
      connection: this.number,
      clean,
      ...(reason ? { reason } : {}),
    });
  }

  /** Sends one text message, given as its bytes; where the connection fails meanwhile, {@linkcode run} tells. */
  async sendText(text: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    if (this.continuity) return await this.continuity.texts.send(text);
    try {
      await this.#exchange.connection.send(text as Uint8Array<ArrayBuffer>);
    } catch {
      // The connection has ended or failed: `closed` knows which.
    }
  }

  /**
   * Sends files and folders, compressed with `isZstd` where that pays. Where
   * the connection is lost meanwhile, they are offered again over the next one.
   *
   * @return `sent` resolves when the next may follow, `outcomes` when it is known what has become of each, or that it will not be; neither rejects.
   */
  sendItems(
    items: readonly OfferedItem[],
    isZstd = false,
  ): { sent: Promise<void>; outcomes: Promise<FileOutcome[]> } {
    const next = this.#next.promise;
    const exchange = this.#exchange;
    const { progress, end, drop } = this.#sendingReports.begin(items);
    const { sent, outcomes } = exchange.outgoing.send(items, progress, isZstd);
    const known = outcomes.then(async (results) => {
      const isCut = results.some((result) => exchange.hasCut(result));
      const fate = this.continuity && isCut
        ? await this.#fateOfCut(next)
        : "lost";
      if (fate === "again") {
        drop();
        return await this.sendItems(items, isZstd).outcomes;
      }
      if (fate === "cancelled") {
        results = items.map(() => ({ kind: "unsent", error: new Cancelled() }));
      }
      end(results);
      this.#noteOutcomes(results);
      return results;
    });
    return { sent, outcomes: known };
  }

  /** Sends a file as a bare message, of which nothing more than that it was taken is heard. */
  sendRaw(
    source: FileSource,
  ): { sent: Promise<void>; outcome: Promise<FileOutcome> } {
    const { onSent, end } = this.#sendingReports.beginRaw(source);
    const outcome = this.#exchange.outgoing.sendRaw(source, onSent)
      .then((result) => {
        end(result);
        this.#noteOutcomes([result]);
        return result;
      });
    return { sent: outcome.then(() => {}), outcome };
  }

  /** Ends this side; what was sent before still goes out. */
  async closeWrite(): Promise<void> {
    this.#hasEnded = true;
    try {
      await this.#exchange.connection.closeWrite();
    } catch {
      // The connection has ended or failed: `closed` knows which.
    }
  }

  /** Gives up what is under way and closes. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#exchange.outgoing.stop("the sender has ended");
    // What was said in this turn, as by a paste that ends with `/quit`, goes out first.
    await turn();
    await this.#exchange.connection.close();
  }

  /** Gives up the file that is being sent, or waits to be sent again; tells whether there is one. */
  cancelFile(): boolean {
    if (this.#exchange.outgoing.cancel()) return true;
    const [cancel] = this.#waiting;
    cancel?.();
    return cancel !== undefined;
  }

  /** Breaks off at once: the process ends before {@linkcode stop} could. */
  abort(): void {
    this.#exchange.connection.abort();
  }

  /** The other side is back on a new connection: the one before is of no use, whether or not that was noticed. */
  supersede(): void {
    this.#exchange.connection.abort();
  }

  /** What becomes of files that the loss of the connection has cut, when the other side is back or not. */
  async #fateOfCut(
    isBack: Promise<boolean>,
  ): Promise<"again" | "lost" | "cancelled"> {
    const { promise, resolve } = Promise.withResolvers<"cancelled">();
    const cancel = () => {
      this.#waiting.delete(cancel);
      resolve("cancelled");
    };
    this.#waiting.add(cancel);
    const fate = await Promise.race([
      promise,
      isBack.then((isBack) => isBack ? "again" as const : "lost" as const),
    ]);
    this.#waiting.delete(cancel);
    return fate;
  }

  /** Reads to the other side's end, over as many connections as it takes; tells whether it was in order. */
  async #receiveAll(): Promise<boolean> {
    for (;;) {
      const first = this.#first;
      this.#first = undefined;
      const { isOrderly, error } = await this.#exchange.receiveAll(first);
      if (!isOrderly) this.#noteError(error);
      if (isOrderly || !await this.#goOn(error)) {
        this.#next.resolve(false);
        return isOrderly;
      }
    }
  }

  /** Waits for the other side to be back after a loss; tells whether it is. */
  async #goOn(cause: unknown): Promise<boolean> {
    const { continuity } = this;
    if (!continuity || this.#isStopped || !isConnectionFailure(cause)) {
      return false;
    }
    const lost = this.#exchange.connection;
    await lost.close();
    const { error } = await lost.closed;
    const back = await continuity.regain(
      describeFault(lossOf(error ?? cause)).message,
      this.#stopping.signal,
    );
    if (!back) return false;
    this.#error = undefined;
    this.#exchange = new Exchange(
      this.number,
      back.connection,
      this.#options,
      this.#host,
    );
    this.#first = back.first;
    continuity.goOn(back);
    if (this.#hasEnded) await this.closeWrite();
    if (this.#isStopped) await this.stop();
    this.#next.resolve(true);
    this.#next = Promise.withResolvers();
    return true;
  }

  /** Tells a person or a script who waits for something that nothing came. */
  #reportNothing(): void {
    const isMissed = this.#options.awaitsSomething && !this.#exchange.hasHeard;
    if (!isMissed || this.#hasFailed || this.#isStopped) return;
    this.#reportError("FILE", "Nothing has come: the other side has ended");
  }

  #noteOutcomes(outcomes: readonly FileOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind === "receipt") this.#hasFailed ||= !outcome.receipt.ok;
      if (outcome.kind !== "unsent" || isCancelled(outcome)) continue;
      this.#hasFailed = true;
      this.#noteError(outcome.error);
    }
  }

  /** The first one counts, but for what the other side has not wanted: why a connection has ended says less. */
  #noteError(error: unknown): void {
    if (this.#error === undefined || isUnwanted(error)) this.#error = error;
  }

  /** What to tell of the end: who has ended before all was sent to them has broken their stream off by that. */
  #failureOf(error: LektError | undefined): unknown {
    const hasLeft = error?.code === "TRUNCATED" && isUnwanted(this.#error);
    return hasLeft ? leftError(error) : error ?? this.#error;
  }

  #reportConnectionError(error: LektError | unknown): void {
    if (error === undefined) return;
    this.#hasFailed = true;
    const hasTold = this.#exchange.tellCut();
    const { code, message } = describeFault(lossOf(error));
    const more = this.continuity?.lostText ?? "";
    // Each message that was cut short has been told already.
    if (code === "TRUNCATED" && hasTold && more === "") return;
    this.#reportError(code, message + more);
  }

  /** Whoever ends this side has said what they said all the same. */
  #reportUnconfirmed(): void {
    const message = this.continuity?.unconfirmedText;
    if (!message) return;
    this.#hasFailed = true;
    const connection = this.number;
    const event = "error";
    this.#options.reporter.emit({ event, connection, code: "CLOSED", message });
  }

  /** `about`: the message that is concerned, and the name of the file that it is. */
  #reportError(
    code: ErrorEventCode,
    message: string,
    about: FaultPlace = {},
  ): void {
    if (this.#isStopped) return;
    this.#hasFailed = true;
    this.#options.reporter.emit({
      event: "error",
      connection: this.number,
      code,
      message,
      ...about,
    });
  }
}
