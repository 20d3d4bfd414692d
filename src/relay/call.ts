/**
 * A call: somebody asks for a listener, who answers, and bytes pass both ways.
 *
 * ```text
 *   ringing --answered--> silent --first bytes of who calls--> talking --> over
 *      |                    |
 *      +- 10 s, refused     +- 10 s, or its place is needed
 * ```
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { toBase64Url } from "../directory/base64url.ts";
import { RELAY_CLOSE } from "../transport/relay_wire.ts";
import {
  type BrokenRule,
  type Knock,
  watchFrames,
  watchWaiting,
} from "./knock.ts";
import type { RelayLimits } from "./limits.ts";
import type { Ending } from "./metrics.ts";
import { Meter, Passage, type PassageEvents } from "./passage.ts";
import { Refusal, sendRefusal } from "./refusal.ts";

/** What a call tells. */
export interface CallEvents {
  /** Who calls has said something. */
  onSpoken(call: Call): void;
  /** So many bytes have passed. */
  onPassed(size: number): void;
  /** Who is at this address has sent what must not be. */
  onFault(address: string, broken: BrokenRule): void;
  /** It was turned down before it was answered. */
  onRefused(refusal: Refusal): void;
  /** It is over; `how` is left out where it was never answered. */
  onOver(call: Call, how?: Ending): void;
}

/** Close codes of the ends that are not in order. */
const CODES: Readonly<Record<Exclude<Ending, "done">, number>> = {
  gone: RELAY_CLOSE.gone,
  fault: 1003,
  idle: RELAY_CLOSE.idle,
  spent: RELAY_CLOSE.spent,
  "gave-way": RELAY_CLOSE.gaveWay,
  closing: RELAY_CLOSE.restart,
};

const NO_SUCH_MESSAGE: BrokenRule = {
  rule: "a text message, or one behind the end, has arrived",
  ruleId: "Y-3",
};

/** One call. */
export class Call {
  /** What the listener answers with: whoever knows it is let in. */
  readonly token: string = randomToken();
  /** Who is called. */
  readonly thumbprint: string;
  readonly #caller: Knock;
  readonly #limits: RelayLimits;
  readonly #events: CallEvents;
  readonly #stopWatching: () => void;
  #ends: readonly WebSocket[] = [];
  #passages: readonly Passage[] = [];
  #hasSpoken = false;
  #isOver = false;
  #movedAtMs = performance.now();

  /** It rings. */
  constructor(
    caller: Knock,
    thumbprint: string,
    limits: RelayLimits,
    events: CallEvents,
  ) {
    this.thumbprint = thumbprint;
    this.#caller = caller;
    this.#limits = limits;
    this.#events = events;
    this.#stopWatching = watchWaiting(caller, () => this.#leave());
  }

  /** Where who calls is. */
  get address(): string {
    return this.#caller.address;
  }

  /** The web page that calls, if it is one. */
  get origin(): string | undefined {
    return this.#caller.request.headers.origin;
  }

  /** Whether nobody has answered it yet. */
  get isRinging(): boolean {
    return !this.#isOver && !this.#isAnswered;
  }

  /** Opens it to both sides. */
  answer(
    listener: Knock,
    open: (knock: Knock) => WebSocket | undefined,
  ): void {
    const there = open(listener);
    if (!there) return;
    this.#stopWatching();
    const here = open(this.#caller);
    if (!here) {
      there.close(RELAY_CLOSE.gone);
      return this.#finish(undefined);
    }
    this.#ends = [here, there];
    this.#movedAtMs = performance.now();
    const meter = new Meter(this.#limits);
    const events: PassageEvents = {
      onPassed: (size) => {
        this.#movedAtMs = performance.now();
        this.#events.onPassed(size);
      },
      onFault: () => this.#fail(listener.address, NO_SUCH_MESSAGE),
      onSpent: () => this.end("spent"),
    };
    const forth = new Passage(here, there, meter, {
      ...events,
      onFault: () => this.#fail(this.address, NO_SUCH_MESSAGE),
      onPassed: (size) => {
        this.#noteSpoken();
        events.onPassed(size);
      },
    });
    this.#passages = [forth, new Passage(there, here, meter, events)];
    const addresses = [this.address, listener.address];
    for (const [index, end] of this.#ends.entries()) {
      end.on("close", () => this.#handleClose());
      watchFrames(end, "Y-5", (broken) => {
        this.#fail(addresses[index]!, broken);
      });
    }
  }

  /** Turns who calls down, unless it is answered already. */
  refuse(refusal: Refusal): void {
    if (!this.isRinging) return;
    this.#stopWatching();
    sendRefusal(this.#caller.socket, refusal);
    this.#events.onRefused(refusal);
    this.#finish(undefined);
  }

  /** Ends it out of order, if it is not over. */
  end(how: Exclude<Ending, "done">): void {
    if (this.#isOver) return;
    if (!this.#isAnswered) {
      return this.refuse(new Refusal(how === "closing" ? how : "too-many"));
    }
    for (const end of this.#ends) end.close(CODES[how]);
    this.#finish(how);
  }

  /** Ends it where somebody has taken too long. */
  sweep(nowMs: number): void {
    const { helloMs, idleMs } = this.#limits;
    const waitedMs = nowMs - this.#movedAtMs;
    if (!this.#isAnswered) {
      if (waitedMs > helloMs) this.refuse(new Refusal("no-answer"));
    } else if (waitedMs > (this.#hasSpoken ? idleMs : helloMs)) {
      this.end("idle");
    }
  }

  get #isAnswered(): boolean {
    return this.#ends.length > 0;
  }

  #fail(address: string, broken: BrokenRule): void {
    if (!this.#isOver) this.#events.onFault(address, broken);
    this.end("fault");
  }

  #noteSpoken(): void {
    if (this.#hasSpoken) return;
    this.#hasSpoken = true;
    this.#events.onSpoken(this);
  }

  /** Who calls does not wait for the answer. */
  #leave(): void {
    this.#stopWatching();
    this.#caller.socket.destroy();
    this.#finish(undefined);
  }

  /** One side is gone. Where both had ended, the other one still takes what waits for it, and closes by itself. */
  #handleClose(): void {
    const isDone = this.#passages.every(({ hasEnded }) => hasEnded);
    if (!isDone) return this.end("gone");
    if (this.#ends.some(({ readyState, CLOSED }) => readyState !== CLOSED)) {
      return;
    }
    this.#finish("done");
  }

  #finish(how: Ending | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const passage of this.#passages) passage.stop();
    this.#events.onOver(this, how);
  }
}

/** 32 random bytes: nobody guesses it. */
export function randomToken(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}
