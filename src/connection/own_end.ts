/**
 * How far this side is with its own end.
 *
 * @module
 */
import type { Session } from "../session/session.ts";

/**
 * This side's end. In version 1.0 the end of its stream says it. In version 1.1
 * a Goodbye says that no more messages come; control packets may follow, for
 * the other side may still send messages, and the stream ends when the other
 * side has said Goodbye too and has read all of this one. So the end of a stream
 * says that its sender has the other one's Goodbye, and nothing that comes
 * behind an end is missed where a link passes nothing on any more.
 */
export class OwnEnd {
  /** This side's stream is to end, or has. */
  isWanted = false;
  /** Why, for the other side. */
  reason = "";
  /** It is still of interest on both sides which messages are taken: this one has not closed the connection. */
  isAnswering = true;
  /** This side's stream has ended, in order or not. */
  hasEnded = false;
  /** It ended so that the other side takes it for cut off. */
  hasBroken = false;
  #session: Session;

  /** Nothing has ended yet. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Gives the reason, where none was said yet. */
  explain(reason: string): void {
    if (!this.#session.hasSaidGoodbye) this.reason = reason;
  }

  /** The other side can know that no more messages come from this one. */
  get isSaid(): boolean {
    return this.hasEnded ||
      this.isWanted && this.#session.hasSaidGoodbye && this.#session.isDrained;
  }

  /** The other side may not have got all that came before this side's end. */
  get isUnheard(): boolean {
    const { hasSaidGoodbye, isGoodbyeHeard } = this.#session;
    return hasSaidGoodbye && !isGoodbyeHeard;
  }

  /** Whether all messages have gone, and Goodbye is the next thing to be said. */
  get mustSayGoodbye(): boolean {
    const session = this.#session;
    return this.isWanted && !session.hasSaidGoodbye &&
      session.areMessagesSent &&
      session.state === "connected" && session.versionMinor > 0 &&
      !session.hasDropped;
  }

  /** Whether either side waits to hear of a message. Behind the end of its stream a side cannot ask any more whether the other one is alive. */
  get #isConfirming(): boolean {
    const { exchange } = this.#session;
    if (!exchange) return false;
    return exchange.outbox.confirmations.count > 0 ||
      (exchange.receipts?.owed.count ?? 0) > 0;
  }

  /** Whether this side's stream is to end now. */
  get isDue(): boolean {
    if (this.hasEnded) return false;
    const session = this.#session;
    if (session.state === "lingering") return true;
    const isAllSent = session.state === "connected" && this.isWanted &&
      session.isDrained;
    if (!isAllSent || session.versionMinor === 0) return isAllSent;
    if (!session.hasSaidGoodbye) return session.hasDropped;
    return session.hasRemoteEnded && session.isGoodbyeHeard &&
      !(this.isAnswering && this.#isConfirming);
  }
}
