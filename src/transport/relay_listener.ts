/**
 * Listening on connection method `relay`: a place at a relay that is kept, and
 * TLS 1.3 with whoever calls there.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { tell } from "../base/tell.ts";
import { harmless } from "../base/text.ts";
import { parseMethod, type RelayMethod } from "./method.ts";
import { type Call, openLine, type RelayLine } from "./relay_line.ts";
import { openRelaySocket } from "./relay_socket.ts";
import type {
  RelayListenOptions,
  RelayPlaceOptions,
  RelayReport,
} from "./relay_place.ts";
import { ANSWER_PATH, CALL_MESSAGE_SIZE_MAX } from "./relay_wire.ts";
import { ReadyQueue } from "./ready_queue.ts";
import {
  checkIdentity,
  type ClientSource,
  type ClientStream,
  refusal,
  TlsListener,
} from "./tls_listener.ts";
import type { TransportListener } from "./transport.ts";
import { WebSocketTransport } from "./websocket_stream.ts";

/** The pause before the first new attempt, in milliseconds, and before the latest ones: a relay that was restarted has its listeners back within 5 s. */
const RETRY_MS = 100;
const RETRY_MS_MAX = 4_000;

/** The same where the relay has said no, and where another program of this identity has the place. */
const REFUSED_RETRY_MS = 60_000;

/** A line that has lived for so long, in milliseconds, was a good one. */
const GOOD_LINE_MS = 5_000;

/** Calls that may be being answered, or answered and not taken yet: more than an honest relay lets in. */
const ANSWERING_MAX = 128;

/** How long answering a call may take, in milliseconds: so long a relay waits. */
const ANSWER_MS = 10_000;

/**
 * Listens at a relay.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the relay's URL is none, or the
 * certificate or its key is missing or unusable; as `openLine` does where the
 * relay does not take this side in at once, unless it is optional.
 */
export async function listenRelay(
  place: RelayPlaceOptions,
  options: RelayListenOptions,
): Promise<TransportListener> {
  const method = relayMethod(place.url, place.signer.thumbprint);
  checkIdentity(method, options);
  const source = new RelayPlace(method, place, options);
  await source.begin();
  return new TlsListener(source, method, options);
}

/** The method that leads to an identity by the relay at `url`. */
export function relayMethod(
  url: string | URL,
  thumbprint: string,
): RelayMethod {
  const { protocol, host, pathname, username, search, hash } = URL.parse(url) ??
    new URL("none:");
  const isBare = pathname === "/" && username + search + hash === "";
  const scheme = { "https:": "relay", "http:": "relay+ws" }[protocol];
  if (scheme === undefined || !isBare) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot use "${
        harmless(String(url).slice(0, 200))
      }" as a relay: expected https://HOST or http://HOST:PORT`,
    );
  }
  return parseMethod(`${scheme}://${host}/${thumbprint}`) as RelayMethod;
}

/** A place at a relay: keeps the line open, and answers calls. */
class RelayPlace implements ClientSource {
  readonly #method: RelayMethod;
  readonly #place: RelayPlaceOptions;
  readonly #options: RelayListenOptions;
  readonly #ready = new ReadyQueue();
  readonly #closing = new AbortController();
  #line: RelayLine | undefined;
  #answeringCount = 0;
  #kept: Promise<void> = Promise.resolve();

  constructor(
    method: RelayMethod,
    place: RelayPlaceOptions,
    options: RelayListenOptions,
  ) {
    this.#method = method;
    this.#place = place;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Opens the line for the first time, and keeps it from then on. */
  async begin(): Promise<void> {
    const { signal, isOptional = false } = this.#place;
    const onAbort = () => this.#closing.abort();
    signal?.addEventListener("abort", onAbort);
    let failure: LektError | undefined;
    try {
      signal?.throwIfAborted();
      this.#line = await this.#open(false);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isOptional) throw error;
      failure = error as LektError;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    this.#kept = this.#keep(failure);
  }

  async accept(): Promise<ClientStream | null> {
    const connection = await this.#ready.take();
    return connection && { connection, address: connection.address };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#line?.close();
    this.#ready.close();
    await this.#kept;
  }

  async #open(isYielding: boolean): Promise<RelayLine> {
    const { signer, url } = this.#place;
    const line = await this.#within(
      this.#place.dialTimeoutMs,
      (signal) =>
        openLine({
          ...this.#path,
          signal,
          method: this.#method,
          signer,
          audience: new URL(url).origin,
          isYielding,
          onCall: (call) => void this.#answer(call),
        }),
    );
    this.#report({ event: "listening", method: this.#method.uri });
    return line;
  }

  get #path(): Pick<RelayPlaceOptions, "proxy" | "caCerts"> {
    const { proxy, caCerts } = this.#place;
    return {
      ...(proxy === undefined ? {} : { proxy }),
      ...(caCerts === undefined ? {} : { caCerts }),
    };
  }

  /** Opens the line again whenever it ends; `failure` is why it is not open at the beginning. */
  async #keep(failure: LektError | undefined): Promise<void> {
    let error = failure;
    let failureCount = 0;
    while (!this.isClosed) {
      if (error === undefined) {
        const sinceMs = performance.now();
        error = await this.#line!.ended;
        if (this.isClosed) return;
        if (performance.now() - sinceMs > GOOD_LINE_MS) failureCount = 0;
      }
      const retryInMs = pauseAfter(error, failureCount++);
      const { uri: method } = this.#method;
      this.#report({ event: "failing", method, error, retryInMs });
      await pause(retryInMs, this.#closing.signal);
      if (this.isClosed) return;
      // Two programs of one identity must not take the place from each other in turns.
      const isYielding = error.code === "REJECTED";
      error = undefined;
      try {
        this.#line = await this.#open(isYielding);
      } catch (cause) {
        error = cause as LektError;
      }
    }
    this.#line?.close();
  }

  async #answer({ call, from, origin }: Call): Promise<void> {
    const address = from.includes(":") ? `[${from}]` : from;
    const { origins = [] } = this.#options;
    const isPage = origin !== undefined && !origins.includes("*");
    if (isPage && !origins.includes(origin)) {
      const reason = `its web page's origin is not allowed, ${
        harmless(origin)
      }`;
      return this.#refuse(call, address, new Error(reason));
    }
    if (this.#answeringCount >= ANSWERING_MAX) {
      const reason = "too many call at the same time";
      return this.#refuse(call, address, new Error(reason));
    }
    this.#answeringCount++;
    try {
      const transport = await this.#within(
        ANSWER_MS,
        (signal) =>
          openRelaySocket(
            this.#method,
            ANSWER_PATH + call,
            { ...this.#path, signal, maxPayload: CALL_MESSAGE_SIZE_MAX },
            (socket) => new WebSocketTransport(socket, { address }),
          ),
      );
      this.#ready.push(transport, () => this.#answeringCount--);
    } catch {
      // Who called has left, or the relay has: either is told elsewhere.
      this.#answeringCount--;
    }
  }

  #refuse(call: string, address: string, cause: Error): void {
    this.#line?.refuse(call);
    const error = refusal(this.#method.uri, address, undefined, cause);
    this.#options.onRefused?.(error, address);
  }

  /** Runs `work` with a signal that fires when the time is up, or this is closed. */
  async #within<T>(
    limitMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const stopping = new AbortController();
    const closing = this.#closing.signal;
    const onClose = () => stopping.abort(closing.reason);
    const timer = setTimeout(() => {
      const text =
        `Cannot listen on ${this.#method.uri}: the relay does not answer within ${
          limitMs / 1000
        } s`;
      stopping.abort(new LektError("UNREACHABLE", text));
    }, limitMs);
    closing.addEventListener("abort", onClose);
    try {
      if (closing.aborted) onClose();
      return await work(stopping.signal);
    } finally {
      clearTimeout(timer);
      closing.removeEventListener("abort", onClose);
    }
  }

  #report(report: RelayReport): void {
    tell(this.#place.report, report);
  }
}

function pauseAfter({ code }: LektError, failureCount: number): number {
  const isRefused = code !== "UNREACHABLE";
  const longest = isRefused
    ? REFUSED_RETRY_MS
    : Math.min(RETRY_MS * 2 ** failureCount, RETRY_MS_MAX);
  return Math.round(longest * (0.5 + Math.random() / 2));
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const elapsed = Promise.withResolvers<void>();
  const timer = setTimeout(elapsed.resolve, milliseconds);
  const onAbort = () => elapsed.resolve();
  signal.addEventListener("abort", onAbort);
  if (!signal.aborted) await elapsed.promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
}
