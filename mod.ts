/**
 * Two programs talk to each other directly, in messages of any length that never
 * block one another, once each of them has accepted the other.
 *
 * {@linkcode listen} waits for others and {@linkcode connect} reaches them; both
 * give a {@linkcode Connection}. What goes over the wire is described in
 * [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md).
 *
 * The other entry points: `@lekt/lekt/browser` and `@lekt/lekt/browser/relay` are for web pages;
 * `@lekt/lekt/certificate` makes certificates for the
 * methods `tls` and `wss`; `@lekt/lekt/diagnostics` tells what happens to
 * connections; `@lekt/lekt/directory` finds peers by nickname;
 * `@lekt/lekt/framing` and `@lekt/lekt/handshake` are the protocol without any
 * network; `@lekt/lekt/peer` is the command; `@lekt/lekt/relay` runs a relay;
 * `@lekt/lekt/telemetry` is for OpenTelemetry.
 *
 * @example A conversation
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: (remote) =>
 *     remote.nickname === "alice" ? true : "I only talk to alice",
 * });
 * listener.serve(async (connection) => {
 *   for await (const message of connection) {
 *     await connection.send(`got ${await message.text()}`);
 *   }
 * });
 *
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 * });
 * await connection.send("hello");
 * const reply = await connection.receive();
 * assertEquals(await reply?.text(), "got hello");
 * ```
 *
 * @module
 */
export { connect } from "./src/connect/connect.ts";
export type {
  ConnectOptions,
  TlsConnectOptions,
} from "./src/connect/connect_options.ts";
export { Connection, type Remote } from "./src/connection/connection.ts";
export type { ConnectionStats } from "./src/connection/connection_stats.ts";
export type { ReceiveOptions } from "./src/connection/message_receiver.ts";
export type { SendOptions } from "./src/connection/sending.ts";
export type { ConnectionEnd, RemoteEnd } from "./src/connection/ending.ts";
export {
  LektError,
  type LektErrorCode,
  type LektErrorOptions,
  type MethodFailure,
} from "./src/base/errors.ts";
export type { Accept } from "./src/connect/establish.ts";
export type { MethodsOption } from "./src/connect/options.ts";
export { DEFAULT_LIMITS, type Limits } from "./src/base/limits.ts";
export {
  listen,
  type ListenOptions,
  type TlsListenOptions,
} from "./src/connect/listen.ts";
export type { ListenerStats } from "./src/connect/listener_counts.ts";
export { Listener } from "./src/connect/listener.ts";
export type {
  ConnectionHandler,
  ServeOptions,
  ShutdownOptions,
} from "./src/connect/serve.ts";
export type {
  DirectoryOption,
  FoundPeer,
  PeerLookup,
} from "./src/connect/lookup.ts";
export type {
  Identity,
  RelayOption,
  RelayReport,
  RelayUseOptions,
} from "./src/connect/relay_option.ts";
export { Message } from "./src/connection/message.ts";
export type { Role } from "./src/handshake/mod.ts";
export type { Sendable } from "./src/connection/sources.ts";
export type { ProxyOption } from "./src/connect/options.ts";
