/**
 * Waits for others, and lives through the conversations that they begin.
 *
 * @module
 */
import {
  type Accept,
  type Connection,
  type LektError,
  type Limits,
  listen,
  type Listener,
} from "../../mod.ts";
import type { Conversation } from "./conversation.ts";
import type { Conversations } from "./conversations.ts";
import type { LinePump } from "./line_pump.ts";
import type { OwnSide } from "./own_side.ts";
import { pause } from "./pause.ts";
import { proofOf } from "./proof.ts";
import { Comebacks } from "./reconnect/comebacks.ts";
import { makeContinuity } from "./reconnect/make_continuity.ts";
import { receiveKnown } from "./reconnect/receive_known.ts";
import { reportNoConversation } from "./no_conversation.ts";
import type { Reporter } from "./reporter.ts";
import type { Settings } from "./settings.ts";
import { Strangers } from "./strangers.ts";
import { ENDED } from "./visitors.ts";

/** What {@linkcode Reception} works with. */
export interface ReceptionOptions {
  /** What the command line says. */
  readonly settings: Settings;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** All conversations of the run. */
  readonly conversations: Conversations;
  /** This side's keys, and its place in the directory. */
  readonly own: OwnSide;
  /** Limits of the connections. */
  readonly limits: Partial<Limits>;
  /** Decides who may talk. */
  readonly decide: Accept;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** How long those who were not answered may take to hear that this side ends, in milliseconds. */
const LEAVE_MS = 500;

/** Receives those who call. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #comebacks = new Comebacks();
  /** Those about whom somebody is asked, until their handshake is over. */
  readonly #asked = new Map<object, PromiseWithResolvers<void>>();

  /** Nobody is waited for yet. */
  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Listens where the command line says. */
  async open(): Promise<Listener> {
    const { settings: { methods, nickname }, own, limits, signal } =
      this.#options;
    const strangers = new Strangers();
    return await listen({
      ...await own.listenOptions(signal),
      methods,
      nickname,
      limits,
      accept: (remote, context) =>
        this.#comebacks.expect(remote) || this.#ask(remote, context),
      onFailure: (error, remote) => {
        this.#asked.get(remote)?.resolve();
        this.#asked.delete(remote);
        const told = strangers.errorToTell(error, remote);
        if (told) this.#tellFailure(told, remote);
      },
    });
  }

  /**
   * Tells that this side listens, and receives callers until `signal` fires.
   *
   * @param listener Where they come from.
   * @param pump The lines that go to them.
   * @param onFirstEnd Called when the first conversation has ended.
   * @return The first conversation, where there was one.
   */
  async serve(
    listener: Listener,
    pump: () => LinePump | undefined,
    onFirstEnd: () => void,
  ): Promise<Conversation | undefined> {
    const { signal } = this.#options;
    await this.#announce(listener);
    const lines = pump();
    const living = new Set<Promise<void>>();
    let first: Conversation | undefined;
    signal.addEventListener("abort", () => void this.#leave(listener));
    if (signal.aborted) await listener.close();
    for await (const connection of listener) {
      this.#asked.delete(connection.remote);
      const life = this.#welcome(connection).then(async (conversation) => {
        if (!conversation) return;
        const isFirst = !first;
        first ??= conversation;
        await this.#live(conversation, lines);
        if (isFirst) onFirstEnd();
      });
      living.add(life);
      life.then(() => living.delete(life));
    }
    await Promise.all(living);
    return first;
  }

  /** Ends the waiting, as soon as those who are refused for that have heard it. */
  async #leave(listener: Listener): Promise<void> {
    const heard = [...this.#asked.values()].map(({ promise }) => promise);
    const timeout = new AbortController();
    await Promise.race([Promise.all(heard), pause(LEAVE_MS, timeout.signal)]);
    timeout.abort();
    await listener.close();
  }

  async #live(conversation: Conversation, lines?: LinePump): Promise<void> {
    const { conversations } = this.#options;
    await conversations.live(conversation, async () => {
      if (conversations.roster.addressee === conversation) {
        await lines?.quiet();
      }
    });
    this.#comebacks.remove(conversation);
  }

  /** Begins a conversation with a caller, unless they go on with one. */
  async #welcome(connection: Connection): Promise<Conversation | undefined> {
    const { conversations, reporter, settings, signal } = this.#options;
    const { remote } = connection;
    const beginning = this.#comebacks.isExpected(remote)
      ? await receiveKnown(connection, {
        comebacks: this.#comebacks,
        decide: this.#decide,
        onFailure: (error) => this.#tellFailure(error, remote),
        signal,
      })
      : {};
    if (!beginning) return undefined;
    const continuity = makeContinuity(connection, {
      number: conversations.numberOf(remote),
      reporter,
      limitMs: settings.reconnectMs,
    });
    const conversation = conversations.begin(connection, {
      continuity,
      ...beginning,
    });
    this.#comebacks.add(conversation);
    return conversation;
  }

  /** Tells the directory first: who reads that we listen can find us. */
  async #announce(listener: Listener): Promise<void> {
    const { methods } = listener;
    const { own, reporter } = this.#options;
    try {
      const registered = await own.register(methods);
      const announced = await own.announce(methods);
      const key = own.keyShownBy(methods);
      reporter.emit({ event: "listening", methods, ...key });
      if (registered) reporter.emit(registered);
      if (announced) reporter.emit(announced);
    } catch (error) {
      await listener.close();
      throw error;
    }
  }

  #ask: Accept = (remote, context) => {
    if (this.#options.signal.aborted) return ENDED;
    this.#asked.set(remote, Promise.withResolvers());
    return this.#decide(remote, context);
  };

  /** Tells of somebody who asks to talk, and decides. */
  #decide: Accept = (remote, context) => {
    const { reporter, conversations, own, decide } = this.#options;
    reporter.emit({
      event: "request",
      connection: conversations.numberOf(remote),
      nickname: remote.nickname,
      ...proofOf(remote, own.knowsOthers),
    });
    return decide(remote, context);
  };

  #tellFailure(error: LektError, remote: Connection["remote"]): void {
    const { reporter, conversations, signal } = this.#options;
    if (signal.aborted) return;
    reportNoConversation(reporter, error, conversations.numberOf(remote));
  }
}
