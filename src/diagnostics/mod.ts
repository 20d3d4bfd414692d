/**
 * What happens to connections, for those who run a program: typed events on the
 * channels of `node:diagnostics_channel`, in Deno, Node and Bun, and a line in
 * the log for each client that misbehaves.
 *
 * | channel | when |
 * | --- | --- |
 * | `lekt:connect` | `connect` begins |
 * | `lekt:handshake` | a byte stream is open, and the handshake begins |
 * | `lekt:refused` | an attempt came to nothing, and why |
 * | `lekt:connection` | both sides have accepted |
 * | `lekt:abort` | a connection broke off; `lekt:close` follows |
 * | `lekt:close` | a connection is over, with what went over it |
 * | `lekt:misbehaviour` | the other side broke a rule: its address, and which rule |
 *
 * Events are published where `connect` and `listen` of `@lekt/lekt` are used,
 * whether this entry point is imported or not, and cost nothing where nobody
 * subscribes. Of single messages nothing is published: `connection.stats()` and
 * `listener.stats()` count. `@lekt/lekt/telemetry` makes spans and metrics of
 * the events. Further entry points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`,
 * `@lekt/lekt/certificate`, `@lekt/lekt/directory`, `@lekt/lekt/framing`,
 * `@lekt/lekt/handshake`, `@lekt/lekt/peer` and `@lekt/lekt/relay`.
 *
 * This room imports `src/base`, `src/runtime` for the channels, and
 * `src/transport` for what counts as one address. Events come in from
 * `src/connect`, and go out to those who have subscribed.
 *
 * @example By the module of Node alone
 * ```ts
 * import { connect } from "@lekt/lekt";
 * import type { RefusedEvent } from "@lekt/lekt/diagnostics";
 * import { subscribe } from "node:diagnostics_channel";
 * import { assertEquals } from "@std/assert";
 *
 * const codes: string[] = [];
 * subscribe("lekt:refused", (event) => {
 *   codes.push((event as RefusedEvent).code);
 * });
 * await connect("tcp://127.0.0.1:9", { nickname: "alice" }).catch(() => {});
 * assertEquals(codes, ["UNREACHABLE"]);
 * ```
 *
 * @module
 */
export type {
  AbortEvent,
  CloseEvent,
  ConnectEvent,
  ConnectionEvent,
  DiagnosticChannel,
  DiagnosticEvent,
  DiagnosticEvents,
  HandshakeBeginEvent,
  MisbehaviourEvent,
  PeerEvent,
  RefusedEvent,
} from "./events.ts";
export {
  logMisbehaviour,
  type MisbehaviourLine,
  type MisbehaviourLogOptions,
} from "./misbehaviour_log.ts";
export { subscribe, type Subscription } from "./subscribe.ts";
export type { LineLimits } from "../base/line_limit.ts";
export {
  LektError,
  type LektErrorCode,
  type LektErrorOptions,
  type MethodFailure,
} from "../base/errors.ts";
