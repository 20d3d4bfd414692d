/**
 * OpenTelemetry for connections: spans and metrics, made of what
 * `@lekt/lekt/diagnostics` tells. Only who imports this loads
 * `@opentelemetry/api`; where they go is for the program, or for Deno alone:
 * with `OTEL_DENO=true` in the environment it exports them over OTLP.
 *
 * | span | kind | from, to |
 * | --- | --- | --- |
 * | `lekt.connect` | client | `connect` begins; it has a connection, or rejects |
 * | `lekt.accept` | server | a client's handshake begins; it is a connection, or refused |
 * | `lekt.connection` | internal, child of the one before | both sides have accepted; the connection is over |
 *
 * | metric | kind | unit | attributes |
 * | --- | --- | --- | --- |
 * | `lekt.attempts` | counter | | `lekt.role`, `lekt.outcome`: `connected`, or the code of the error |
 * | `lekt.attempt.duration` | histogram | s | the same |
 * | `lekt.connections.open` | up-down counter | | `lekt.role` |
 * | `lekt.connection.duration` | histogram | s | `lekt.role`, `lekt.clean` |
 * | `lekt.connection.aborts` | counter | | `lekt.role`, `error.type` |
 * | `lekt.misbehaviours` | counter | | `lekt.role`, `lekt.phase`, `error.type` |
 * | `lekt.messages` | counter | | `lekt.role`, `network.io.direction`; counted when a connection is over |
 * | `lekt.io` | counter | By | the same |
 *
 * Messages cost nothing more with it than without. Further entry points:
 * `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/certificate`, `@lekt/lekt/directory`,
 * `@lekt/lekt/framing`, `@lekt/lekt/handshake`, `@lekt/lekt/peer` and
 * `@lekt/lekt/relay`; `@lekt/lekt` itself has `connect` and `listen`.
 *
 * This room imports `src/diagnostics` and `src/base`. Events come in, and spans
 * and metrics go out to OpenTelemetry.
 *
 * @example
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { instrument } from "@lekt/lekt/telemetry";
 *
 * using _ = instrument();
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: () => true,
 * });
 * listener.serve(async (alice) => {
 *   for await (const message of alice) console.log(await message.text());
 * });
 * await using bob = await connect(listener.methods, { nickname: "alice" });
 * await bob.send("hello");
 * ```
 *
 * @module
 */
import { metrics, trace } from "@opentelemetry/api";
import type { Subscription } from "../diagnostics/subscribe.ts";
import { Metrics } from "./metrics.ts";
import { Spans } from "./spans.ts";

export type { Subscription };

/** The name of the tracer and the meter. */
const SCOPE = "@lekt/lekt";

/**
 * Makes spans and metrics of all connections of this process from now on, until
 * it is unsubscribed, by the tracer and the meter `@lekt/lekt` of the global
 * providers. Call it once, behind the setting up of those.
 *
 * @example Until the program ends
 * ```ts
 * import { instrument } from "@lekt/lekt/telemetry";
 *
 * const telemetry = instrument();
 * telemetry.unsubscribe();
 * ```
 */
export function instrument(): Subscription {
  const spans = new Spans(trace.getTracer(SCOPE));
  const counts = new Metrics(metrics.getMeter(SCOPE));
  function unsubscribe(): void {
    spans.end();
    counts.end();
  }
  return { unsubscribe, [Symbol.dispose]: unsubscribe };
}
