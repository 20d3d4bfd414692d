/**
 * A listener's own connection to a relay, on which it hears of calls.
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { LektError } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import { brokenError } from "./failure.ts";
import type { RelayMethod } from "./method.ts";
import { openRelaySocket, type RelayPathOptions } from "./relay_socket.ts";
import type { RelaySigner } from "./relay_place.ts";
import {
  CONTROL_MESSAGE_SIZE_MAX,
  LISTEN_PATH,
  type ListenerMessage,
  readRelayMessage,
  type RelayMessage,
} from "./relay_wire.ts";

/** How long a relay may take to take a listener in, in milliseconds. */
const HELLO_MS = 10_000;

/** A relay pings every 15 s: one that was silent for so long, in milliseconds, is gone. */
const SILENCE_MS = 45_000;

/** Somebody calls. */
export type Call = Extract<RelayMessage, { call: string }>;

/** What a {@linkcode RelayLine} is opened with. */
export interface LineOptions extends RelayPathOptions {
  /** The relay, and the identity at the end. */
  method: RelayMethod;
  /** Whose place it is. */
  signer: RelaySigner;
  /** The relay's origin, for which the statement is signed. */
  audience: string;
  /** Whether somebody else of this identity may keep the place. */
  isYielding: boolean;
  /** Told of each call. */
  onCall: (call: Call) => void;
}

/** A connection to a relay that lets calls in, once {@linkcode openLine} has resolved. */
export class RelayLine {
  readonly #socket: WebSocket;
  readonly #options: LineOptions;
  readonly #listening = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<LektError>();
  #failure: LektError | undefined;
  #hasStated = false;
  #isListening = false;
  #timer: ReturnType<typeof setTimeout>;

  /** @ignore To be made in the very turn in which the WebSocket opened. */
  constructor(socket: WebSocket, options: LineOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#timer = this.#setSilence(HELLO_MS);
    // It may end before anybody waits for it.
    this.#listening.promise.catch(() => {});
    socket.on("ping", () => this.#noteSign());
    socket.on("message", (data, isBinary) => {
      if (isBinary) return this.#fail(this.#fault("it sends what is no text"));
      this.#noteSign();
      this.#handle(readRelayMessage(String(data)));
    });
    socket.on("error", (error) => this.#fail(this.#broken(error)));
    socket.on("close", (code) => {
      clearTimeout(this.#timer);
      const cause = new Error(`the WebSocket was closed with code ${code}`);
      const failure = this.#failure ?? this.#broken(cause);
      this.#listening.reject(failure);
      this.#ended.resolve(failure);
    });
  }

  /** Resolves when the relay lets calls in; rejects where it does not. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  /** Resolves when it has ended, to the reason. */
  get ended(): Promise<LektError> {
    return this.#ended.promise;
  }

  /** Turns a call down. */
  refuse(token: string): void {
    this.#send({ refuse: token });
  }

  /** Closes it. */
  close(): void {
    this.#socket.terminate();
  }

  #handle(message: RelayMessage | undefined): void {
    if (message === undefined) return;
    if ("challenge" in message) void this.#state(message.challenge);
    else if ("listening" in message) this.#welcome();
    else if ("error" in message) this.#fail(this.#refusal(message));
    else if (this.#isListening) this.#options.onCall(message);
  }

  #welcome(): void {
    this.#isListening = true;
    this.#listening.resolve();
    this.#noteSign();
  }

  async #state(challenge: string): Promise<void> {
    // Only once: a relay must not have statements for others from here.
    if (this.#hasStated) return;
    this.#hasStated = true;
    const { signer, audience, isYielding } = this.#options;
    try {
      const claims = { audience, challenge, isYielding };
      this.#send({ statement: await signer.sign(claims) });
    } catch (cause) {
      this.#fail(this.#fault("the identity cannot sign", cause));
    }
  }

  #send(message: ListenerMessage): void {
    // What it comes to, `close` tells.
    this.#socket.send(JSON.stringify(message), () => {});
  }

  #noteSign(): void {
    if (!this.#isListening) return;
    clearTimeout(this.#timer);
    this.#timer = this.#setSilence(SILENCE_MS);
  }

  #setSilence(milliseconds: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      const state = `it was silent for ${milliseconds / 1000} s`;
      this.#fail(this.#broken(new Error(state)));
    }, milliseconds);
  }

  #fail(error: LektError): void {
    this.#failure ??= error;
    this.#socket.terminate();
  }

  #refusal({ error, detail }: { error: string; detail: string }): LektError {
    const text = `Cannot listen on ${this.#options.method.uri}: ${
      harmless(detail || error)
    }`;
    // Somebody else of this identity has the place.
    if (error === "replaced" || error === "taken") {
      return new LektError("REJECTED", text, { by: "remote", reason: error });
    }
    const isFinal = error === "bad-statement";
    return new LektError(isFinal ? "INVALID_ARGUMENT" : "UNREACHABLE", text);
  }

  #fault(state: string, cause?: unknown): LektError {
    return new LektError(
      "PROTOCOL",
      `Cannot listen on ${this.#options.method.uri}: ${state}`,
      cause === undefined ? {} : { cause },
    );
  }

  #broken(cause: unknown): LektError {
    const { message } = brokenError(
      "listen on",
      this.#options.method.uri,
      cause,
    );
    return new LektError("UNREACHABLE", message, { cause });
  }
}

/**
 * Opens a line, and takes the identity's place on it.
 *
 * @throws {LektError} `UNREACHABLE` where the relay does not answer, or breaks
 * off; `REJECTED` where somebody else of this identity has the place;
 * `INVALID_ARGUMENT` where it refuses the statement; `PROTOCOL` where it is no
 * relay; the signal's reason where `signal` fired.
 */
export async function openLine(options: LineOptions): Promise<RelayLine> {
  const { method, signal } = options;
  const line = await openRelaySocket(
    method,
    LISTEN_PATH,
    { ...options, maxPayload: CONTROL_MESSAGE_SIZE_MAX },
    (socket) => new RelayLine(socket, options),
  );
  const onAbort = () => line.close();
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    await line.listening;
    return line;
  } catch (error) {
    line.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
