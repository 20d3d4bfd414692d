/**
 * The relay: a third machine that two peers can reach passes their bytes on,
 * where neither can reach the other. It sees ciphertext alone: TLS 1.3 runs from
 * end to end.
 *
 * {@linkcode startRelay} runs one by itself, {@linkcode createRelay} makes one
 * that runs beside a directory. Those who use it need nothing of this: `listen`
 * of `@lekt/lekt` has the option `relay`, and `connect` takes `relay` methods.
 * Further entry points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`,
 * `@lekt/lekt/directory`, `@lekt/lekt/framing`, `@lekt/lekt/handshake`,
 * `@lekt/lekt/peer` and `@lekt/lekt/telemetry`.
 *
 * This room imports `src/directory` for its HTTP server and limits, `src/transport`
 * for what both sides of a relay know, and `src/base`. Requests come in over HTTP
 * at `relay.ts`; bytes come in at one WebSocket of a call and go out at the other.
 *
 * @example
 * ```ts
 * import { startRelay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * await using relay = await startRelay({ port: 0 });
 * const answer = await fetch(`${relay.url}/relay`);
 * assertEquals((await answer.json()).name, "lekt relay");
 * ```
 *
 * @module
 */
export {
  LektError,
  type LektErrorCode,
  type LektErrorOptions,
  type MethodFailure,
} from "../base/errors.ts";
export type { Clock } from "../directory/clock.ts";
export type {
  Misbehaviour,
  MisbehaviourReport,
} from "../directory/misbehaviour.ts";
export type { RelayPart, UpgradeRequest } from "../directory/relay_part.ts";
export {
  DEFAULT_RELAY_LIMITS,
  RELAY_PORT,
  type RelayLimits,
} from "./limits.ts";
export { createRelay, Relay, type RelayOptions } from "./relay.ts";
export {
  RelayServer,
  type RelayServerOptions,
  type RelayServerReport,
  runRelay,
  startRelay,
} from "./server.ts";
