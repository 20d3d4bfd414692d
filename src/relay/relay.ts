/**
 * A relay: who listens, who calls, and what becomes of both.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { addressKey } from "../transport/address_key.ts";
import {
  ANSWER_PATH,
  CALL_MESSAGE_SIZE_MAX,
  CALL_PATH,
  CONTROL_MESSAGE_SIZE_MAX,
  LISTEN_PATH,
  RELAY_CLOSE,
} from "../transport/relay_wire.ts";
import { answer, answerJson } from "../directory/answer.ts";
import { type Clock, SYSTEM_CLOCK } from "../directory/clock.ts";
import { ConnectionTable } from "../directory/connection_table.ts";
import type { Misbehaviour } from "../directory/misbehaviour.ts";
import { isDigest } from "../directory/names.ts";
import { checkOrigin } from "../directory/origins.ts";
import { RateWindow } from "../directory/rate_window.ts";
import type { Statement } from "../directory/relay_statement.ts";
import type { RelayPart, UpgradeRequest } from "../directory/relay_part.ts";
import { Call, type CallEvents } from "./call.ts";
import { CallTable } from "./call_table.ts";
import { createOpener, type Knock, offersRelay } from "./knock.ts";
import {
  type RelayLimits,
  resolveRelayLimits,
  SWEEP_MS_MAX,
} from "./limits.ts";
import { Line, type LineOptions } from "./line.ts";
import { RelayMetrics } from "./metrics.ts";
import { Refusal, sendRefusal } from "./refusal.ts";

/** What a relay is; everything has a default. */
export interface RelayOptions {
  /**
   * The origins that others know it by, such as `https://relay.example`:
   * listeners sign for one of them. Default: where it listens; beside a
   * directory, those of the directory.
   */
  origins?: readonly string[];
  /** How much it does. */
  limits?: Partial<RelayLimits>;
  /** Tells the time. Default: the system's. */
  clock?: Clock;
}

/**
 * Passes bytes on between those who cannot reach each other; {@linkcode createRelay} makes one.
 *
 * @example
 * ```ts
 * import { createRelay, Relay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * const relay: Relay = createRelay({ origins: ["https://relay.example"] });
 * assertEquals(relay.origin, "https://relay.example");
 * ```
 */
export class Relay implements RelayPart {
  /** The origins that it has been given. */
  readonly origins: readonly string[];
  readonly #limits: RelayLimits;
  readonly #metrics = new RelayMetrics();
  readonly #rate: RateWindow;
  /** All lines, those that have not stated who they are too. */
  readonly #lines: ConnectionTable<Line>;
  readonly #listeners = new Map<string, Line>();
  readonly #calls: CallTable;
  readonly #lineOptions: LineOptions;
  /** All connections that were taken over. */
  readonly #sockets = new Set<Duplex>();
  #sweeping: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;
  #onMisbehaviour: (what: Misbehaviour) => void = () => {};

  /** @ignore Made by {@linkcode createRelay}. */
  constructor(options: RelayOptions = {}) {
    this.origins = (options.origins ?? []).map((text) =>
      checkOrigin(text, "relay")
    );
    const limits = resolveRelayLimits(options.limits);
    const clock = options.clock ?? SYSTEM_CLOCK;
    this.#limits = limits;
    this.#rate = new RateWindow(limits.callsPerMinute, clock);
    this.#lines = new ConnectionTable(
      {
        connections: limits.listeners,
        connectionsPerAddress: limits.listenersPerAddress,
      },
      (line) =>
        line.dismiss(RELAY_CLOSE.gaveWay, "full", "all places are taken"),
    );
    this.#calls = new CallTable(limits);
    this.#lineOptions = {
      helloMs: limits.helloMs,
      audiences: [...this.origins],
      now: () => clock.now(),
      onMisbehaviour: ({ address }, code, broken) =>
        this.#onMisbehaviour({ address, code, ...broken }),
      onStated: (line, statement) => this.#give(line, statement),
      onBadStatement: () => this.#metrics.badStatementCount++,
      onRefused: (line, token) => this.#refuseFor(line, token),
      onOver: (line) => this.#forget(line),
    };
  }

  /** The first origin that it has been given. */
  get origin(): string | undefined {
    return this.origins[0];
  }

  /**
   * Begins; called by what it runs in.
   *
   * @param origins What listeners may sign for where it has no origins of its own.
   * @param onMisbehaviour Called for each that breaks a rule. Default: nothing is called.
   */
  begin(
    origins: readonly string[],
    onMisbehaviour?: (what: Misbehaviour) => void,
  ): void {
    if (onMisbehaviour) this.#onMisbehaviour = onMisbehaviour;
    if (this.origins.length === 0) this.#lineOptions.audiences = origins;
    const sweepMs = Math.min(SWEEP_MS_MAX, this.#limits.helloMs / 4);
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs);
  }

  /**
   * Answers a request that asks for no WebSocket.
   *
   * @param request What is asked for.
   * @return The answer; `undefined` where the request is not for a relay.
   */
  answer(request: Request): Response | undefined {
    const { pathname } = new URL(request.url);
    if (pathname === "/relay") {
      return answerJson({
        name: "lekt relay",
        version: 1,
        audience: this.#lineOptions.audiences[0],
        limits: this.#limits,
      });
    }
    if (pathname === "/metrics") {
      const text = this.#metrics.toText({
        listeners: this.#listeners.size,
        calls: this.#calls.size,
      });
      const type = "text/plain; version=0.0.4; charset=utf-8";
      return answer(text, 200, { "content-type": type });
    }
    if (!pathname.startsWith("/relay/")) return undefined;
    return answer(null, 426, { upgrade: "websocket" });
  }

  /**
   * Takes over a connection whose client asks for a WebSocket.
   *
   * @param request What is asked for.
   * @param socket The connection, a `Duplex` of `node:stream`.
   * @param head What was sent behind the request.
   * @param address Where it comes from.
   */
  upgrade(
    request: UpgradeRequest,
    socket: object,
    head: Uint8Array,
    address: string,
  ): void {
    const duplex = socket as Duplex;
    const knock: Knock = {
      request: request as IncomingMessage,
      socket: duplex,
      head,
      address,
    };
    this.#sockets.add(duplex);
    duplex.on("close", () => this.#sockets.delete(duplex));
    try {
      this.#admit(knock);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message: rule, ruleId } = error;
      this.#metrics.countRefusal(code);
      if (ruleId) this.#onMisbehaviour({ address, code, rule, ruleId });
      sendRefusal(duplex, error);
    }
  }

  /** Ends all calls and all waiting for them, within seconds. May be called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    for (const call of this.#calls.all) call.end("closing");
    for (const line of [...this.#lines.all]) {
      line.dismiss(RELAY_CLOSE.restart, "closing", "the relay is ending");
    }
    const closed = [...this.#sockets].map((socket) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.once("close", () => resolve());
      return promise;
    });
    await Promise.all(closed);
  }

  #admit(knock: Knock): void {
    if (this.#isClosed) throw new Refusal("closing");
    const path = (knock.request.url ?? "").replace(/\?.*$/, "");
    const isPage = knock.request.headers.origin !== undefined;
    if (path.startsWith(CALL_PATH)) {
      checkSubprotocol(knock);
      return this.#call(knock, path.slice(CALL_PATH.length));
    }
    const isAnswer = path.startsWith(ANSWER_PATH);
    if (path !== LISTEN_PATH && !isAnswer) throw new Refusal("not-found");
    checkSubprotocol(knock);
    if (isPage) throw new Refusal("origin");
    if (!isAnswer) return this.#listen(knock);
    const call = this.#calls.get(path.slice(ANSWER_PATH.length));
    if (!call?.isRinging) throw new Refusal("not-found");
    call.answer(knock, openCall);
    if (!call.isRinging) this.#metrics.callCount++;
  }

  #listen(knock: Knock): void {
    this.#countFor(knock);
    const socket = openLine(knock);
    if (!socket) return;
    const line = new Line(socket, knock.address, this.#lineOptions);
    if (this.#lines.add(line, addressKey(knock.address))) return;
    line.dismiss(RELAY_CLOSE.gaveWay, "full", "all places are taken");
  }

  /** Gives a listener the place of its identity. */
  #give(
    line: Line,
    { thumbprint, isYielding }: Statement,
  ): "taken" | undefined {
    const former = this.#listeners.get(thumbprint);
    if (former && isYielding) return "taken";
    this.#listeners.set(thumbprint, line);
    this.#lines.setSilent(line, false);
    former?.dismiss(
      RELAY_CLOSE.replaced,
      "replaced",
      "another program with this identity listens there from now on",
    );
    return undefined;
  }

  #forget(line: Line): void {
    this.#lines.delete(line);
    const { thumbprint } = line;
    if (
      thumbprint === undefined || this.#listeners.get(thumbprint) !== line
    ) return;
    this.#listeners.delete(thumbprint);
    for (const call of this.#calls.all) {
      if (call.thumbprint === thumbprint) {
        call.refuse(new Refusal("nobody-listens"));
      }
    }
  }

  #call(knock: Knock, thumbprint: string): void {
    this.#countFor(knock);
    const line = this.#listeners.get(thumbprint);
    if (!isDigest(thumbprint) || !line) throw new Refusal("nobody-listens");
    const call = new Call(knock, thumbprint, this.#limits, this.#callEvents);
    if (!this.#calls.add(call)) call.refuse(new Refusal("too-many"));
    else if (!line.ring(call)) call.refuse(new Refusal("no-answer"));
  }

  #refuseFor(line: Line, token: string): void {
    const call = this.#calls.get(token);
    if (!call || call.thumbprint !== line.thumbprint) return;
    call.refuse(new Refusal("refused"));
  }

  /** Counts what an address asks for. */
  #countFor({ address }: Knock): void {
    const waitS = this.#rate.count(addressKey(address));
    if (waitS === undefined) return;
    const rule = "it asks too often";
    this.#onMisbehaviour({ address, code: "too-many", rule });
    throw new Refusal("too-many", waitS);
  }

  readonly #callEvents: CallEvents = {
    onSpoken: (call) => this.#calls.noteSpoken(call),
    onPassed: (size) => this.#metrics.byteCount += size,
    onFault: (address, broken) =>
      this.#onMisbehaviour({ address, code: "fault", ...broken }),
    onRefused: ({ code }) => this.#metrics.countRefusal(code),
    onOver: (call, how) => {
      this.#calls.delete(call);
      if (how !== undefined) this.#metrics.countEnding(how);
    },
  };

  #sweep(): void {
    const nowMs = performance.now();
    for (const call of this.#calls.all) call.sweep(nowMs);
    for (const line of [...this.#lines.all]) line.sweep(nowMs);
  }
}

const openCall = createOpener(CALL_MESSAGE_SIZE_MAX);
const openLine = createOpener(CONTROL_MESSAGE_SIZE_MAX);

function checkSubprotocol(knock: Knock): void {
  if (!offersRelay(knock)) throw new Refusal("no-subprotocol");
}

/**
 * Makes a relay, to be run beside a directory: `startDirectory({ relay })`.
 *
 * @param options What is to differ from the defaults.
 * @throws {LektError} `INVALID_ARGUMENT` where an origin or a limit is none.
 *
 * @example A directory that relays
 * ```ts
 * import { DirectoryClient, startDirectory } from "@lekt/lekt/directory";
 * import { createRelay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * await using directory = await startDirectory({
 *   port: 0,
 *   relay: createRelay({ limits: { callsPerAddress: 50 } }),
 * });
 * const client = new DirectoryClient(directory.url);
 * assertEquals(await client.relays(), [directory.url]);
 * ```
 */
export function createRelay(options: RelayOptions = {}): Relay {
  return new Relay(options);
}
