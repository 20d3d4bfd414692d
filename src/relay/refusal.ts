/**
 * Requests for a WebSocket that are turned down.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { REFUSAL_MS } from "./limits.ts";

/** Why a request was turned down, for programs. */
export type RefusalCode =
  | "no-subprotocol"
  | "origin"
  | "refused"
  | "not-found"
  | "nobody-listens"
  | "too-many"
  | "full"
  | "closing"
  | "no-answer";

/** Status and title of each. */
const REFUSALS: Readonly<Record<RefusalCode, readonly [number, string]>> = {
  "no-subprotocol": [400, "The subprotocol lekt-relay is not offered"],
  "origin": [403, "Web pages can call, but neither listen nor answer"],
  "refused": [403, "The listener does not let this caller in"],
  "not-found": [404, "There is nothing here"],
  "nobody-listens": [404, "Nobody of this identity listens here"],
  "too-many": [429, "Too many calls, or too many listeners"],
  "full": [503, "All places are taken"],
  "closing": [503, "The relay is ending"],
  "no-answer": [504, "The listener did not answer"],
};

/** The rules of PROTOCOL.md that are broken by what is turned down so. */
const RULE_IDS: Partial<Record<RefusalCode, string>> = {
  "no-subprotocol": "Y-2",
  "origin": "Y-18",
};

/** All of them. */
export const REFUSAL_CODES = Object.keys(REFUSALS) as RefusalCode[];

/** Seconds to wait where nothing says how many. */
const RETRY_AFTER_S = 5;

/** A request that is turned down. */
export class Refusal extends Error {
  /** Why, for programs. */
  readonly code: RefusalCode;
  /** Seconds to wait. */
  readonly retryAfterS: number | undefined;

  /** `retryAfterS` is how long to wait, where that is known. */
  constructor(code: RefusalCode, retryAfterS?: number) {
    super(REFUSALS[code][1]);
    this.name = "Refusal";
    this.code = code;
    this.retryAfterS = retryAfterS;
  }

  /** The rule that was broken, where one was. */
  get ruleId(): string | undefined {
    return RULE_IDS[this.code];
  }
}

/** Answers with a problem document (RFC 9457), and closes. */
export function sendRefusal(socket: Duplex, refusal: Refusal): void {
  const [status, title] = REFUSALS[refusal.code];
  const type = `urn:lekt:problem:${refusal.code}`;
  const body = JSON.stringify({ type, title, status, code: refusal.code });
  const isLater = status === 429 || status === 503;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${body.length}`,
    ...(isLater
      ? [`Retry-After: ${refusal.retryAfterS ?? RETRY_AFTER_S}`]
      : []),
  ];
  const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
