/**
 * What `peer` does: meet, listen, connect and send.
 *
 * @module
 */
import {
  type Accept,
  connect,
  type Connection,
  LektError,
  type Limits,
  type Listener,
} from "../../mod.ts";
import { harmless } from "../base/text.ts";
import { ByteOutput } from "./byte_output.ts";
import type { Chat } from "./chat.ts";
import type { Met } from "./code/first_who_knows.ts";
import type { MeetOptions } from "./code/meet.ts";
import { reportNoConversation } from "./no_conversation.ts";
import { Reception } from "./reception.ts";
import type { Conversation, ConversationOptions } from "./conversation.ts";
import { Conversations } from "./conversations.ts";
import { makeDecider } from "./decide.ts";
import type { Proof } from "./events.ts";
import { EXIT } from "./exit_status.ts";
import { makeFilePolicy } from "./file_policy.ts";
import { openSources } from "./open_sources.ts";
import { type LinePump, pumpStandardInput } from "./line_pump.ts";
import { isAddressInUse, isFault, isUnreachable } from "./faults.ts";
import { Misuse, type Settings } from "./options.ts";
import { OwnSide } from "./own_side.ts";
import type { AcceptPolicy } from "./policy.ts";
import { proofOf } from "./proof.ts";
import { isSame, provenIdentity, targetOf } from "./reconnect/identity.ts";
import { makeContinuity } from "./reconnect/make_continuity.ts";
import type { Reporter } from "./reporter.ts";
import type { PersonScreen } from "./screen.ts";
import { deliver, type Sources } from "./send_all.ts";
import { NO_SUCH_FILE } from "./targets.ts";

/** Bytes of texts that all conversations together may keep until they are shown. */
const TEXT_BUDGET_SIZE = 64 * 1024 * 1024;

/** Everything here is read as it comes. Over a long line no more than a window is under way in each round trip, and behind a cut so much is sent again: with what waits to be written it is less than a block of an offer, 4 MiB. */
const LIMITS: Partial<Limits> = {
  streamThresholdBytes: 1,
  maxMessageWindowBytes: 3 * 1024 * 1024,
};

/** How often `meet` tries again when somebody else was faster to listen. */
const MEET_ATTEMPT_COUNT = 5;

/** What {@linkcode Peer} works with. */
export interface PeerOptions {
  /** What the command line says. */
  readonly settings: Settings;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** The screen of the person at the keyboard; left out where there is none. */
  readonly keyboard?: PersonScreen | undefined;
}

/** One run of the command. */
export class Peer {
  readonly #settings: Settings;
  readonly #reporter: Reporter;
  readonly #keyboard: PersonScreen | undefined;
  readonly #conversations: Conversations;
  readonly #output: ByteOutput | undefined;
  readonly #proofs = new WeakMap<object, Proof>();
  readonly #stopping = new AbortController();
  #own: OwnSide | undefined;
  #chat: Chat | undefined;
  #isInterrupted = false;
  #interruptedStatus: number = EXIT.interrupted;

  /** Prepares the run. */
  constructor({ settings, reporter, keyboard }: PeerOptions) {
    this.#settings = settings;
    this.#reporter = reporter;
    this.#keyboard = keyboard;
    const { output } = settings;
    this.#output = output === undefined ? undefined : new ByteOutput(output);
    const options: ConversationOptions = {
      reporter,
      files: makeFilePolicy(settings, () => this.#chat?.files),
      ...(this.#output ? { output: this.#output } : {}),
      textBudget: { left: TEXT_BUDGET_SIZE },
      awaitsSomething: settings.command === "receive",
      proofOf: (remote) =>
        this.#proofs.get(remote) ??
          proofOf(remote, this.#own?.knowsOthers ?? false),
    };
    this.#conversations = new Conversations(options, this.#stopping.signal);
  }

  /** The exit status of a run that is interrupted just now. */
  get interruptedStatus(): number {
    return this.#interruptedStatus;
  }

  /**
   * Does what the command line says.
   *
   * @return The exit status.
   * @throws {Misuse} Where the module finds an argument unusable.
   */
  async run(): Promise<number> {
    try {
      if (this.#output && !await this.#output.open(this.#reporter)) {
        return EXIT.failed;
      }
      this.#own = await OwnSide.open(this.#settings, this.#reporter);
      return await this.#do();
    } catch (error) {
      return this.#endWithError(error);
    } finally {
      await this.#own?.close();
      this.#output?.close();
    }
  }

  /** Breaks all conversations off, so that none looks as if it had ended in order: the process ends now. */
  abort(): void {
    this.#conversations.abort();
  }

  async #do(): Promise<number> {
    const { command, acceptAnswering } = this.#settings;
    if (command !== "send" || acceptAnswering.asks) {
      await this.#readKeyboard();
    }
    switch (command) {
      case "meet":
        return await this.#meet();
      case "listen":
        return await this.#listen();
      case "connect":
        return await this.#connect();
      case "send":
        return await this.#send();
      case "receive":
        return await this.#receive();
    }
  }

  /** Ends everything: all conversations are closed, and {@linkcode run} comes to its end. */
  stop(kind: "interrupted" | "quit"): void {
    this.#isInterrupted ||= kind === "interrupted";
    this.#chat?.visitors.leave();
    this.#stopping.abort(new Error("stopped"));
    this.#conversations.stop();
    this.#own?.close();
  }

  async #meet(): Promise<number> {
    for (let attempt = 1;; attempt++) {
      const isLast = attempt === MEET_ATTEMPT_COUNT;
      try {
        return await this.#talk(await this.#dial());
      } catch (error) {
        if (!isUnreachable(error) || this.#stopping.signal.aborted || isLast) {
          throw error;
        }
      }
      try {
        const serve = await this.#open();
        return await serve();
      } catch (error) {
        // Somebody else has begun to listen in between: talk to them.
        if (!isAddressInUse(error)) throw error;
        this.#interruptedStatus = EXIT.interrupted;
      }
    }
  }

  async #listen(): Promise<number> {
    const serve = await this.#open();
    return await serve();
  }

  async #connect(): Promise<number> {
    return await this.#talk(await this.#dial());
  }

  async #send(): Promise<number> {
    const { files, target } = this.#settings;
    const sources = await openSources(files, this.#settings, this.#reporter);
    if (!sources) return EXIT.failed;
    return await this.#deliver(
      target === ""
        ? await this.#meetByCode()
        : await this.#dial().catch(throwWithFile),
      sources,
    );
  }

  /** Takes what somebody sends, until they end. */
  async #receive(): Promise<number> {
    const conversation = this.#conversations.begin(await this.#meetByCode());
    await this.#conversations.live(conversation, () => Promise.resolve());
    return this.#status(conversation);
  }

  /** Meets somebody by the code that was given, or gives one away. */
  async #meetByCode(): Promise<Connection> {
    const { nickname, command, code } = this.#settings;
    const { askCode, meetByCode, offerCode } = await import("./code/meet.ts");
    const options: MeetOptions = {
      own: this.#own!,
      nickname,
      limits: this.#limits,
      reporter: this.#reporter,
      signal: this.#stopping.signal,
    };
    const { connection, thumbprint }: Met = command === "receive"
      ? await meetByCode(code ?? await askCode(this.#chat!, options), options)
      : await offerCode(options);
    this.#proofs.set(connection.remote, {
      hasCode: true,
      ...(thumbprint === undefined ? {} : { thumbprint }),
    });
    return connection;
  }

  get #limits(): Partial<Limits> {
    return { ...LIMITS, ...this.#settings.limits };
  }

  #dial(): Promise<Connection> {
    const { target, acceptAnswering } = this.#settings;
    const accept = this.#decider(acceptAnswering, "answers");
    return this.#dialTo(target, accept, this.#stopping.signal);
  }

  /** Connects anew to whom we have talked with, and to nobody else. */
  #dialAgain({ remote }: Connection, signal: AbortSignal): Promise<Connection> {
    const before = provenIdentity(remote)!;
    return this.#dialTo(
      targetOf(before, this.#settings.target),
      (now) => isSame(before, now) || "it was somebody else before",
      signal,
    );
  }

  async #dialTo(
    target: string,
    accept: Accept,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { nickname } = this.#settings;
    const own = this.#own!;
    const connection = await own.whileIntroduced(
      signal,
      async () =>
        await connect(target, {
          ...await own.connectOptions(),
          nickname,
          limits: this.#limits,
          accept,
          signal,
        }),
    );
    try {
      await own.remember(connection.remote);
    } catch (error) {
      await connection.abort();
      throw error;
    }
    return connection;
  }

  /** Waits for others. */
  async #open(): Promise<() => Promise<number>> {
    // Who waits for others is interrupted sooner or later: that is no failure.
    this.#interruptedStatus = EXIT.ok;
    const reception = new Reception({
      settings: this.#settings,
      reporter: this.#reporter,
      conversations: this.#conversations,
      own: this.#own!,
      limits: this.#limits,
      decide: this.#decider(this.#settings.acceptIncoming, "asks to talk"),
      signal: this.#stopping.signal,
    });
    const listener = await reception.open();
    return () => this.#serve(reception, listener);
  }

  /** A conversation that we have begun. */
  async #talk(connection: Connection): Promise<number> {
    const continuity = makeContinuity(connection, {
      number: this.#conversations.numberOf(connection.remote),
      reporter: this.#reporter,
      limitMs: this.#settings.reconnectMs,
      dial: (signal) => this.#dialAgain(connection, signal),
    });
    const conversation = this.#conversations.begin(connection, { continuity });
    const pump = this.#pumpLines();
    pump?.ended.then(() => conversation.closeWrite());
    await this.#conversations.live(
      conversation,
      async () => await pump?.quiet(),
    );
    return this.#status(conversation, pump);
  }

  /** Conversations that others begin. */
  async #serve(reception: Reception, listener: Listener): Promise<number> {
    const { isOnce } = this.#settings;
    let pump: LinePump | undefined;
    const first = await reception.serve(
      listener,
      () => pump = this.#pumpLines(),
      () => isOnce && this.stop("quit"),
    );
    return isOnce && first ? this.#status(first, pump) : EXIT.ok;
  }

  /** Sends files and ends. */
  async #deliver(
    connection: Connection,
    sources: Sources,
  ): Promise<number> {
    const conversation = this.#conversations.begin(connection);
    await deliver(conversation, sources, {
      reporter: this.#reporter,
      live: (mayEnd) => this.#conversations.live(conversation, mayEnd),
    });
    return this.#status(conversation);
  }

  #status(conversation: Conversation, pump?: LinePump): number {
    if (this.#isInterrupted) return this.#interruptedStatus;
    return conversation.hasFailed || pump?.hasFailed ? EXIT.failed : EXIT.ok;
  }

  #decider(policy: AcceptPolicy, action: string): Accept {
    return makeDecider({
      policy,
      action,
      knowsOthers: () => this.#own!.knowsOthers,
      visitors: () => this.#chat?.visitors,
    });
  }

  /** Sends what stands in standard input, unless a person types there. */
  #pumpLines(): LinePump | undefined {
    if (this.#keyboard) return undefined;
    return pumpStandardInput(this.#conversations.roster, this.#reporter);
  }

  async #readKeyboard(): Promise<void> {
    if (!this.#keyboard) return;
    const { Chat } = await import("./chat.ts");
    this.#chat = new Chat({
      screen: this.#keyboard,
      reporter: this.#reporter,
      roster: this.#conversations.roster,
      stop: (kind) => this.stop(kind),
    });
  }

  /** Tells why there is no conversation, and with which status that ends the command. */
  #endWithError(error: unknown): number {
    if (this.#stopping.signal.aborted) {
      return this.#isInterrupted ? this.#interruptedStatus : EXIT.ok;
    }
    if (!(error instanceof LektError)) throw error;
    if (isFault(error)) {
      const { code, message } = error;
      this.#reporter.emit({ event: "error", code, message });
      return EXIT.failed;
    }
    // With a cause it is the system that refused, such as for a port that is taken.
    if (error.code === "INVALID_ARGUMENT" && error.cause === undefined) {
      throw new Misuse(harmless(error.message), { cause: error });
    }
    const number = error.code === "UNREACHABLE" ? undefined : 1;
    reportNoConversation(this.#reporter, error, number);
    return error.code === "REJECTED" ? EXIT.rejected : EXIT.failed;
  }
}

/** Tells whoever sends to an unknown nickname that it is no file either. */
function throwWithFile(error: unknown): never {
  const isUnknown = error instanceof LektError &&
    error.code === "UNREACHABLE" && error.reason === "not-found";
  if (!isUnknown) throw error;
  const message = error.message.replace(/\?$/, "") + NO_SUCH_FILE;
  throw new LektError(error.code, message, { cause: error });
}
