/**
 * Those who wait for a person's yes or no.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { Reporter } from "./reporter.ts";
import type { PersonScreen, Prompt, TypedLine } from "./screen.ts";

/** So many may wait at once: all of them, and those from one address. */
const WAITING_COUNT_MAX = 16;
const WAITING_COUNT_MAX_PER_HOST = 8;

/** So many may ask within {@linkcode PERIOD_MS}: all of them, and those from one address. */
const ASKED_COUNT_MAX = 60;
const ASKED_COUNT_MAX_PER_HOST = 20;
const PERIOD_MS = 60_000;

/** The reason that is told to one who was not even shown. */
export const TURNED_AWAY = "too many ask at the moment: try again later";

/** The reason that is told to one whom a person does not want. */
const DECLINED = "declined";

/** The reason that is told to one who was not answered before this side has ended. */
export const ENDED = "it has ended before there was an answer";

/** Somebody who asks to talk. */
export interface Visitor {
  /** What they call themselves. */
  readonly nickname: string;
  /** Name and proof, to be shown. */
  readonly description: string;
  /** Where they are. */
  readonly address: string;
  /** What counts as one client there. */
  readonly host: string;
  /** What they do: they ask, or they answer. */
  readonly action: string;
}

interface Waiting extends Visitor {
  readonly prompt: Prompt;
  readonly settle: (answer: true | string) => void;
}

/** What {@linkcode Visitors} works with. */
export interface VisitorsOptions {
  /** Where questions are asked. */
  readonly screen: PersonScreen;
  /** Tells of those who wait. */
  readonly reporter: Reporter;
  /** Whether a line that is typed goes to somebody already. */
  readonly isTalking: () => boolean;
}

/**
 * Keeps those who wait. The prompt asks about one only where what is typed has
 * nobody else to go to; otherwise they are told of, and named in the answer.
 */
export class Visitors {
  readonly #options: VisitorsOptions;
  readonly #waiting: Waiting[] = [];
  #asked: { host: string; ms: number }[] = [];
  #turnedAwayCount = 0;

  /** Nobody waits yet. */
  constructor(options: VisitorsOptions) {
    this.#options = options;
  }

  /**
   * Asks about somebody.
   *
   * @param visitor Who it is.
   * @param signal Fires when they do not wait any more.
   * @return `true`, or the reason why not.
   */
  async ask(visitor: Visitor, signal: AbortSignal): Promise<true | string> {
    if (signal.aborted) return DECLINED;
    if (this.#isCrowded(visitor)) {
      this.#turnAway();
      return TURNED_AWAY;
    }
    const { promise, resolve } = Promise.withResolvers<true | string>();
    const { description, address, action } = visitor;
    const text = `${description} (${harmless(address)}) ${action}`;
    const waiting: Waiting = {
      ...visitor,
      prompt: { text, ending: ". accept? [y/N] " },
      settle: (answer) => {
        const index = this.#waiting.indexOf(waiting);
        if (index >= 0) this.#waiting.splice(index, 1);
        resolve(answer);
        this.refresh();
      },
    };
    this.#waiting.push(waiting);
    signal.addEventListener("abort", () => waiting.settle(DECLINED), {
      once: true,
    });
    this.refresh();
    const { reporter, screen } = this.#options;
    if (this.#prompted !== waiting) {
      reporter.note(`${text}: /accept NAME or /reject NAME`, "plain");
    } else if (!screen.fits(waiting.prompt)) {
      // Who it is must not be hidden by the edge of the screen.
      reporter.note(text, "plain");
    }
    return await promise;
  }

  /** Asks at the prompt about the first who waits, where that takes no line from anybody. */
  refresh(): void {
    const { screen, isTalking } = this.#options;
    if (isTalking()) return screen.setPrompt(undefined);
    // A line that was begun keeps what stands before it, as long as that holds.
    if (screen.isTyping && !this.#prompted) return screen.setPrompt(undefined);
    screen.setPrompt(this.#waiting[0]?.prompt);
  }

  /** Takes a line as an answer, where it is one; it answers what stood before it when it was begun. */
  takeAnswer({ text, isPasted, prompt }: TypedLine): boolean {
    if (!prompt || isPasted) return false;
    const isYes = /^\s*y(?:es)?\s*$/i.test(text);
    if (!isYes && !/^\s*(?:no?)?\s*$/i.test(text)) return false;
    const waiting = this.#waiting.find((each) => each.prompt === prompt);
    if (waiting) waiting.settle(isYes || DECLINED);
    else if (text.trim() !== "") {
      this.#options.reporter.note("Who asked that does not wait any more");
    }
    return true;
  }

  /** Answers somebody by nickname or address; tells where that names nobody, or several. */
  answer(name: string, isWelcome: boolean): void {
    const { reporter } = this.#options;
    const named = this.#waiting.filter(({ nickname, address }) =>
      nickname.trim() === name || harmless(nickname).trim() === name ||
      address === name
    );
    const [first, ...others] = named;
    if (first && others.length === 0) {
      return first.settle(isWelcome || DECLINED);
    }
    const what = name === ""
      ? "Whom?"
      : first
      ? `Several are called ${harmless(name)}: say the address instead`
      : `Nobody called ${harmless(name)} waits`;
    reporter.note(what);
    this.list();
  }

  /** Tells all who wait that this side has ended. */
  leave(): void {
    for (const waiting of [...this.#waiting]) waiting.settle(ENDED);
  }

  /** Tells who waits. */
  list(): void {
    const { reporter } = this.#options;
    for (const { description, address, action } of this.#waiting) {
      reporter.note(`  ${description} (${harmless(address)}) ${action}`);
    }
    if (this.#waiting.length === 0) reporter.note("Nobody waits");
  }

  /** The names that can be answered. */
  get names(): string[] {
    return this.#waiting.map(({ nickname }) => harmless(nickname));
  }

  get #prompted(): Waiting | undefined {
    const { prompt } = this.#options.screen;
    return this.#waiting.find((waiting) => waiting.prompt === prompt);
  }

  #isCrowded({ host }: Visitor): boolean {
    const nowMs = performance.now();
    this.#asked = this.#asked.filter(({ ms }) => nowMs - ms < PERIOD_MS);
    const isHere = (each: { host: string }) => each.host === host;
    const isCrowded = this.#waiting.length >= WAITING_COUNT_MAX ||
      this.#waiting.filter(isHere).length >= WAITING_COUNT_MAX_PER_HOST ||
      this.#asked.length >= ASKED_COUNT_MAX ||
      this.#asked.filter(isHere).length >= ASKED_COUNT_MAX_PER_HOST;
    if (!isCrowded) this.#asked.push({ host, ms: nowMs });
    return isCrowded;
  }

  /** Tells the first of many at once, and from then on each hundredth. */
  #turnAway(): void {
    if (this.#turnedAwayCount++ % 100 > 0) return;
    this.#options.reporter.note(
      "Too many ask at the same time: some are turned away unseen. /who lists those who wait",
    );
  }
}
