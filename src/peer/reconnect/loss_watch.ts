/**
 * Notices early that a connection is lost without a word: that the machine is
 * in another network now, or has slept, or that what somebody waits for does
 * not come. The other side is asked then, and if it does not answer, the
 * connection is given up. What is idle is left to the connection's own limit.
 *
 * @module
 */
import { type Connection, LektError } from "../../../mod.ts";
import { ownAddresses } from "../../runtime/system.ts";

/** How often it is looked, in milliseconds. */
const LOOK_MS = 2_000;

/** Who has not looked for so long has not run, in milliseconds: the machine slept, say. */
const STILL_MS = 3 * LOOK_MS;

/** So long nothing may come of what somebody waits for before the other side is asked, in milliseconds. */
const QUIET_MS = 3_000;

/** How long it may take to answer, in milliseconds. */
const ANSWER_MS = 5_000;

/** Bytes in front of the question with which it may be slow to get there. */
const AHEAD_SIZE = 64 * 1024;

/** Then nothing must have come for so long, in milliseconds: whoever sends nothing else asks for a sign of life every 15 s, and that is one. */
const SLOW_ANSWER_MS = 20_000;

/** With so many bytes held reading may have stopped, so that silence means nothing. */
const HELD_SIZE_MAX = 1024 * 1024;

/** What {@linkcode watchForLoss} works with. */
export interface LossWatchOptions {
  /** Whether something is awaited besides the messages that are under way. */
  readonly isAwaited: () => boolean;
  /** The addresses of this machine; those of the system where it is left out. */
  readonly addresses?: () => readonly string[];
}

/** Watches a connection until it is over, and gives it up where it is lost: its error is `CLOSED` then, with the reason as its cause. */
export function watchForLoss(
  connection: Connection,
  options: LossWatchOptions,
): void {
  const watch = new LossWatch(connection, options);
  const timer = setInterval(() => watch.look(), LOOK_MS);
  connection.closed.then(() => clearInterval(timer));
}

/** What was found out last, and when. */
let found: { addresses: readonly string[]; atMs: number } | undefined;

/** To ask the system takes 0.2 ms: a listener with 1,000 conversations asks once for all. */
function sharedAddresses(): readonly string[] {
  const nowMs = Date.now();
  if (!found || Math.abs(nowMs - found.atMs) > LOOK_MS / 2) {
    found = { addresses: ownAddresses(), atMs: nowMs };
  }
  return found.addresses;
}

class LossWatch {
  readonly #connection: Connection;
  readonly #options: LossWatchOptions;
  #place: string;
  #lookedMs = Date.now();
  /** Bytes that were sent when something came last, or shortly before. */
  #heardSize = 0;
  #isAsking = false;

  constructor(connection: Connection, options: LossWatchOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#place = this.#placeNow;
  }

  look(): void {
    const place = this.#placeNow;
    const nowMs = Date.now();
    const isElsewhere = place !== this.#place ||
      nowMs - this.#lookedMs > STILL_MS;
    this.#place = place;
    this.#lookedMs = nowMs;
    const { silentMs, bytesSent, messagesSending, messagesReceiving } = this
      .#connection.stats();
    if (silentMs < LOOK_MS) this.#heardSize = bytesSent;
    const isAwaited = messagesSending + messagesReceiving > 0 ||
      this.#options.isAwaited();
    if (isElsewhere || isAwaited && silentMs >= QUIET_MS) this.#ask();
  }

  get #placeNow(): string {
    const { addresses = sharedAddresses } = this.#options;
    return addresses().toSorted().join();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#connection.probe(ANSWER_MS);
    } catch {
      // Or the connection is over: then this changes nothing.
      this.#judge();
    }
    this.#isAsking = false;
  }

  #judge(): void {
    const { silentMs, bytesSent, bytesBuffered } = this.#connection.stats();
    const isBehindMuch = bytesSent - this.#heardSize > AHEAD_SIZE;
    const limitMs = isBehindMuch ? SLOW_ANSWER_MS : ANSWER_MS;
    if (silentMs < limitMs || bytesBuffered > HELD_SIZE_MAX) return;
    const seconds = (silentMs / 1000).toFixed(1);
    this.#connection.abort(
      new LektError(
        "TIMEOUT",
        `The connection broke: the other side was silent for ${seconds} s`,
      ),
    );
  }
}
