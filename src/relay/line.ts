/**
 * A listener's own connection: it states who it is, and hears of calls.
 *
 * @module
 */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { messageOf } from "../base/errors.ts";
import { readStatement, type Statement } from "../directory/relay_statement.ts";
import {
  readListenerMessage,
  RELAY_CLOSE,
  type RelayMessage,
} from "../transport/relay_wire.ts";
import { type Call, randomToken } from "./call.ts";
import { type BrokenRule, watchFrames } from "./knock.ts";
import { LINE_WAITING_SIZE_MAX, PING_MS, PONG_MS } from "./limits.ts";

/** What a line is told and tells. */
export interface LineOptions {
  /** Milliseconds for the statement. */
  helloMs: number;
  /** Where statements may be for. */
  audiences: readonly string[];
  /** The time, in milliseconds since 1970. */
  now: () => number;
  /** A good statement has come; returns why the place is not given, if it is not. */
  onStated(line: Line, statement: Statement): "taken" | undefined;
  /** The statement was not good. */
  onBadStatement(): void;
  /** The listener broke a rule. */
  onMisbehaviour(line: Line, code: string, broken: BrokenRule): void;
  /** The listener does not let somebody in. */
  onRefused(line: Line, token: string): void;
  /** It is over. */
  onOver(line: Line): void;
}

/** One listener. */
export class Line {
  /** Where the listener is. */
  readonly address: string;
  readonly #socket: WebSocket;
  readonly #options: LineOptions;
  readonly #challenge = randomToken();
  #thumbprint: string | undefined;
  #hasStated = false;
  #pingedAtMs = performance.now();
  #isPongDue = false;

  /** Asks for the statement. */
  constructor(socket: WebSocket, address: string, options: LineOptions) {
    this.address = address;
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (data, isBinary) => {
      if (isBinary) {
        this.#blame("no-text", "a binary message has arrived", "Y-7");
        socket.close(1003);
      } else this.#handle(String(data));
    });
    watchFrames(
      socket,
      "Y-7",
      (broken) => options.onMisbehaviour(this, "fault", broken),
    );
    socket.on("pong", () => this.#isPongDue = false);
    socket.on("close", () => options.onOver(this));
    this.#send({ challenge: this.#challenge });
  }

  /** Who listens; `undefined` until that is stated. */
  get thumbprint(): string | undefined {
    return this.#thumbprint;
  }

  /** Tells of a call; whether there was room for that. */
  ring({ token, address, origin }: Call): boolean {
    if (this.#socket.bufferedAmount > LINE_WAITING_SIZE_MAX) return false;
    this.#send({
      call: token,
      from: address,
      ...(origin === undefined ? {} : { origin }),
    });
    return true;
  }

  /** Says why it does not go on, and closes. */
  dismiss(code: number, error: string, detail: string): void {
    this.#send({ error, detail });
    this.#socket.close(code);
  }

  /** Closes where it has been silent for too long; pings it in time. */
  sweep(nowMs: number): void {
    const waitedMs = nowMs - this.#pingedAtMs;
    if (this.#thumbprint === undefined) {
      if (waitedMs <= this.#options.helloMs) return;
      const { refused } = RELAY_CLOSE;
      const code = "no-statement";
      const detail = "No statement has come";
      this.#blame(code, detail, "Y-9");
      return this.dismiss(refused, code, detail);
    }
    if (this.#isPongDue) {
      if (waitedMs > PONG_MS) this.#socket.terminate();
    } else if (waitedMs > PING_MS) {
      this.#pingedAtMs = nowMs;
      this.#isPongDue = true;
      this.#socket.ping();
    }
  }

  #handle(text: string): void {
    const message = readListenerMessage(text);
    if (message === undefined) return;
    if ("statement" in message) void this.#judge(message.statement);
    else this.#options.onRefused(this, message.refuse);
  }

  async #judge(token: string): Promise<void> {
    // Each one costs a signature.
    if (this.#hasStated) {
      this.#blame("two-statements", "It has stated who it is before", "Y-9");
      return this.#socket.close(RELAY_CLOSE.refused);
    }
    this.#hasStated = true;
    const { audiences, now, onStated, onBadStatement } = this.#options;
    let statement: Statement;
    try {
      statement = await readStatement(
        token,
        this.#challenge,
        audiences,
        now(),
      );
    } catch (error) {
      onBadStatement();
      const { refused } = RELAY_CLOSE;
      const code = "bad-statement";
      this.#blame(code, messageOf(error), "Y-10");
      return this.dismiss(refused, code, messageOf(error));
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (onStated(this, statement) === "taken") {
      return this.dismiss(
        RELAY_CLOSE.replaced,
        "taken",
        "another program with this identity listens there",
      );
    }
    this.#thumbprint = statement.thumbprint;
    this.#pingedAtMs = performance.now();
    this.#send({ listening: true });
  }

  #blame(code: string, rule: string, ruleId: string): void {
    this.#options.onMisbehaviour(this, code, { rule, ruleId });
  }

  #send(message: RelayMessage): void {
    this.#socket.send(JSON.stringify(message), () => {});
  }
}
