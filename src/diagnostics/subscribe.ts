/**
 * Listening to what is published.
 *
 * @module
 */
import { builtin } from "../runtime/node_builtin.ts";
import type { DiagnosticChannel, DiagnosticEvents } from "./events.ts";

/** Ends a subscription: call it, or let `using` do so. */
export interface Subscription extends Disposable {
  /** Nothing is told any more; may be called again. */
  unsubscribe(): void;
}

/**
 * Calls `listener` for each event of a channel, with its type; the same as
 * `subscribe` of `node:diagnostics_channel` does without. It is called at once,
 * amid what happens, so it must be quick. What it throws is an uncaught error
 * of the program.
 *
 * @param channel Which events.
 * @param listener Gets each of them.
 *
 * @example Who was let in
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { subscribe } from "@lekt/lekt/diagnostics";
 * import { assertEquals } from "@std/assert";
 *
 * const seen: string[] = [];
 * using _ = subscribe("lekt:connection", ({ role, nickname }) => {
 *   seen.push(`${role} with ${nickname}`);
 * });
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: () => true,
 * });
 * const bob = await connect(listener.methods, { nickname: "alice" });
 * for await (const alice of listener) {
 *   await Promise.all([alice.close(), bob.close()]);
 *   break;
 * }
 * assertEquals(seen.sort(), ["initiator with bob", "responder with alice"]);
 * ```
 */
export function subscribe<Name extends DiagnosticChannel>(
  channel: Name,
  listener: (event: DiagnosticEvents[Name]) => void,
): Subscription {
  const diagnostics = builtin("node:diagnostics_channel");
  function onMessage(event: unknown): void {
    listener(event as DiagnosticEvents[Name]);
  }
  diagnostics.subscribe(channel, onMessage);
  function unsubscribe(): void {
    diagnostics.unsubscribe(channel, onMessage);
  }
  return { unsubscribe, [Symbol.dispose]: unsubscribe };
}
