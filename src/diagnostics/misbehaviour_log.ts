/**
 * One line for each client that misbehaves, and not more than a log can bear.
 *
 * @module
 */
import { LINE_LIMITS, LineLimit, type LineLimits } from "../base/line_limit.ts";
import { harmless } from "../base/text.ts";
import { hostKey } from "../transport/address_key.ts";
import type { MisbehaviourEvent } from "./events.ts";
import { subscribe, type Subscription } from "./subscribe.ts";

/** What is written for a misbehaving client: one JSON object a line. */
export interface MisbehaviourLine {
  /** What the line is about. */
  event: "misbehaviour";
  /** When, as ISO 8601 in UTC. */
  time: string;
  /** Where the other side is. */
  address: string;
  /** The connection method, as a URI. */
  method: string;
  /** What it calls itself; empty where it did not come that far. */
  nickname: string;
  /** Before both sides had accepted, or after. */
  phase: "handshake" | "connection";
  /** `PROTOCOL`, or, in the handshake, `LIMIT`. */
  code: "PROTOCOL" | "LIMIT";
  /** The number of the rule in [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md) that it broke, where there is one. */
  ruleId?: string;
  /** What it did, in words, with nothing that could harm a terminal. */
  rule: string;
  /** Lines that were left out since the last one. */
  leftOut: number;
}

/** Options of {@linkcode logMisbehaviour}. */
export interface MisbehaviourLogOptions {
  /** Writes one line, without its end. Default: to standard error. */
  write?: (line: string) => void;
  /** How many lines there may be. Default: one a minute for each address (of IPv6 the first 64 bits), and 30 a minute in all. */
  limits?: Partial<LineLimits>;
}

/**
 * Writes one line of JSON, a {@linkcode MisbehaviourLine}, for each client, or
 * other side, that breaks a rule of the protocol; until it is unsubscribed.
 * However many misbehave, there are no more lines than `limits` allow.
 *
 * @param options Where to write, and how much.
 *
 * @example Somebody who speaks something else
 * ```ts
 * import { listen } from "@lekt/lekt";
 * import { logMisbehaviour } from "@lekt/lekt/diagnostics";
 * import { assertEquals } from "@std/assert";
 *
 * const written = Promise.withResolvers<string>();
 * using _ = logMisbehaviour({ write: written.resolve });
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: () => true,
 * });
 * const { hostname, port } = new URL(listener.methods[0]!);
 * using stranger = await Deno.connect({ hostname, port: Number(port) });
 * await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
 * assertEquals(JSON.parse(await written.promise).code, "PROTOCOL");
 * ```
 */
export function logMisbehaviour(
  options: MisbehaviourLogOptions = {},
): Subscription {
  const { write = console.error } = options;
  const limit = new LineLimit({ ...LINE_LIMITS, ...options.limits });
  return subscribe("lekt:misbehaviour", (event) => {
    const leftOut = limit.take(hostKey(event.address), performance.now());
    if (leftOut !== undefined) write(JSON.stringify(lineOf(event, leftOut)));
  });
}

function lineOf(event: MisbehaviourEvent, leftOut: number): MisbehaviourLine {
  const { address, method, nickname, phase, code, ruleId, rule } = event;
  return {
    event: "misbehaviour",
    time: new Date().toISOString(),
    address,
    method,
    nickname: harmless(nickname),
    phase,
    code,
    ...(ruleId !== undefined && { ruleId }),
    rule: harmless(rule),
    leftOut,
  };
}
