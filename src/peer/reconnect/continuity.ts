/**
 * How one conversation goes on after the loss of its connection: whom it is
 * with beyond doubt, what was said and not confirmed, and how the other side is
 * found again.
 *
 * @module
 */
import type { Connection } from "../../../mod.ts";
import { encodeResume, type ResumeAsk } from "../../talk/resume.ts";
import type { Reporter } from "../reporter.ts";
import type { ProvenIdentity } from "./identity.ts";
import { watchForLoss } from "./loss_watch.ts";
import { OutgoingTexts } from "./outgoing_texts.ts";
import { type Back, redial } from "./redial.ts";
import { TakenTexts } from "./taken_texts.ts";

/** What {@linkcode Continuity} works with. */
export interface ContinuityOptions {
  /** The first connection. */
  readonly connection: Connection;
  /** Who is on its other side. */
  readonly identity: ProvenIdentity;
  /** The number of the conversation. */
  readonly number: number;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** How long the other side is looked for, in milliseconds. */
  readonly limitMs: number;
  /** When it began, in milliseconds since 1970; now where it is left out. */
  readonly beganMs?: number;
  /** Connects to the other side anew, and to nobody else; left out where it comes back by itself. */
  readonly dial?: (signal: AbortSignal) => Promise<Connection>;
}

/** A new connection on which the other side wants to go on. */
interface Arrival {
  readonly connection: Connection;
  readonly ask: ResumeAsk;
}

/** Keeps one conversation together. */
export class Continuity {
  /** Who the other side is. */
  readonly identity: ProvenIdentity;
  /** When it began, in milliseconds since 1970: both sides know how long ago that is. */
  readonly beganMs: number;
  /** The texts that are sent. */
  readonly texts: OutgoingTexts;
  /** Called with what did not arrive. */
  onFault: (message: string) => void = () => {};
  readonly #options: ContinuityOptions;
  readonly #taken = new TakenTexts();
  #link = 0;
  #lostMs: number | undefined;
  #hasGivenUp = false;
  #arrival = Promise.withResolvers<Arrival>();
  #arrived: Connection | undefined;
  #refusal = "";
  #searching: AbortController | undefined;

  /** Begins with the first connection. */
  constructor(options: ContinuityOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.beganMs = options.beganMs ?? Date.now();
    this.texts = new OutgoingTexts(options.connection, {
      onFault: (message) => this.onFault(message),
    });
    this.#watch(options.connection);
  }

  /** Whether the connection is lost, and looked for again. */
  get isAway(): boolean {
    return this.#lostMs !== undefined && !this.#hasGivenUp;
  }

  /** What is to be told besides where the conversation has failed: how long was looked for, and what may not have arrived. */
  get lostText(): string {
    const parts: string[] = [this.#refusal];
    if (this.#hasGivenUp) {
      parts.push(`gave up after ${seconds(this.#options.limitMs)} s`);
    }
    parts.push(this.unconfirmedText);
    return parts.filter((part) => part !== "").map((part) => `; ${part}`)
      .join("");
  }

  /** What was said and may not have arrived; empty where there is nothing. */
  get unconfirmedText(): string {
    const { count } = this.texts;
    return count === 0 ? "" : mayNotHaveArrived(count);
  }

  /** A text of the other side was taken. */
  noteTaken(id: number): void {
    this.#taken.add(this.#link, id);
  }

  /**
   * Tells that the connection is lost, and waits for the other side to be back.
   *
   * @param reason Why it was lost.
   * @param signal Fires when this side ends.
   * @return The new connection; nothing where there is none in time.
   */
  async regain(
    reason: string,
    signal: AbortSignal,
  ): Promise<Back | undefined> {
    const { reporter, number: connection, limitMs, dial } = this.#options;
    this.#lostMs = Date.now();
    this.texts.pause();
    reporter.emit({
      event: "lost",
      connection,
      reason,
      seconds: seconds(limitMs),
      isWaiting: dial === undefined,
    });
    const ending = new AbortController();
    this.#searching = ending;
    const end = () => ending.abort();
    const timer = setTimeout(end, limitMs);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    const back = dial
      ? await this.#redial(dial, ending.signal)
      : await this.#awaitArrival(ending.signal);
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    this.#searching = undefined;
    if (!back) this.#hasGivenUp = !signal.aborted && this.#refusal === "";
    return back;
  }

  /** Goes on over the new connection: what is not confirmed is sent again, or told where the other side knows nothing of it. */
  goOn({ connection, taken }: Back): void {
    const { reporter, number } = this.#options;
    this.#watch(connection);
    const isKnown = taken !== undefined;
    const count = isKnown
      ? this.texts.resume(connection, this.#link, taken)
      : this.texts.beginAnew(connection, this.#link);
    if (!isKnown && count > 0) this.onFault(mayNotHaveArrived(count));
    reporter.emit({
      event: "resumed",
      connection: number,
      method: connection.remote.method,
      seconds: seconds(Date.now() - (this.#lostMs ?? Date.now())),
      known: isKnown,
      repeated: isKnown ? count : 0,
    });
    this.#lostMs = undefined;
  }

  /** The other side is back on a new connection; the latest one counts. */
  arrive(connection: Connection, ask: ResumeAsk): void {
    this.#arrived?.abort();
    if (this.#arrived) this.#arrival = Promise.withResolvers();
    this.#arrived = connection;
    this.#arrival.resolve({ connection, ask });
  }

  /** Who is looked for has begun another conversation instead. */
  abandon(): void {
    if (!this.#searching) return;
    this.#refusal = "it has begun a new conversation";
    this.#searching.abort();
  }

  /** Nothing follows. */
  end(): void {
    this.texts.end();
    this.#arrived?.abort();
    this.#arrived = undefined;
    this.#lostMs = undefined;
  }

  #watch(connection: Connection): void {
    watchForLoss(connection, { isAwaited: () => this.texts.count > 0 });
  }

  async #redial(
    dial: (signal: AbortSignal) => Promise<Connection>,
    signal: AbortSignal,
  ): Promise<Back | undefined> {
    const result = await redial({
      dial,
      ask: () => ({
        kind: "ask",
        ageMs: Date.now() - this.beganMs,
        link: ++this.#link,
        taken: this.#taken.last,
      }),
      signal,
    });
    if (result && "refusal" in result) {
      this.#refusal = result.refusal;
      return undefined;
    }
    return result;
  }

  async #awaitArrival(signal: AbortSignal): Promise<Back | undefined> {
    const gone = Promise.withResolvers<undefined>();
    const leave = () => gone.resolve(undefined);
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    const arrival = await Promise.race([this.#arrival.promise, gone.promise]);
    signal.removeEventListener("abort", leave);
    if (!arrival) return undefined;
    this.#arrival = Promise.withResolvers();
    this.#arrived = undefined;
    const { connection, ask } = arrival;
    this.#link = ask.link;
    connection.send(encodeResume({ kind: "known", taken: this.#taken.last }))
      .catch(() => {
        // It is lost again: whoever reads from it hears that.
      });
    return { connection, taken: ask.taken };
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function mayNotHaveArrived(count: number): string {
  return count === 1
    ? "1 text was not confirmed, and may not have arrived"
    : `${count} texts were not confirmed, and may not have arrived`;
}
