/**
 * lekt for web pages: what `@lekt/lekt` has, as far as browsers let it. A page
 * connects to programs over `ws` and `wss`, finds them through a directory, and
 * has an identity of its own; it cannot listen.
 *
 * The names, types and errors are those of `@lekt/lekt` and
 * `@lekt/lekt/directory`, so that code can be shared; nothing here needs Deno or
 * Node, and bundlers need no options. `@lekt/lekt/browser/relay` reaches those
 * behind a relay, too. The other entry points are for programs: `@lekt/lekt`,
 * `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`, `@lekt/lekt/directory`, `@lekt/lekt/framing`,
 * `@lekt/lekt/handshake`, `@lekt/lekt/peer`, `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
 *
 * This room imports `src/base`, `src/connect`, `src/connection`,
 * `src/directory`, `src/handshake` and `src/transport`. Calls of a page come in,
 * and go out to them with the means that browsers have: WebSocket, `fetch`,
 * WebCrypto and IndexedDB.
 *
 * @example What runs in a page
 * ```ts
 * import { connect } from "@lekt/lekt/browser";
 * import { listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = await listen({
 *   nickname: "bob",
 *   methods: ["ws://127.0.0.1:0/lekt"],
 *   origins: ["https://chat.example"], // the pages that may connect
 *   accept: () => true,
 * });
 * listener.serve(async (connection) => {
 *   for await (const message of connection) {
 *     await connection.send(`got ${await message.text()}`);
 *   }
 * });
 *
 * const bob = await connect(listener.methods, { nickname: "alice" });
 * await bob.send("hello");
 * const reply = await bob.receive();
 * assertEquals(await reply?.text(), "got hello");
 * await bob.close();
 * await listener.shutdown();
 * ```
 *
 * @module
 */
export { connect } from "./connect.ts";
export { openIdentity } from "./identity_storage.ts";
export type {
  ConnectOptions,
  TlsConnectOptions,
} from "../connect/connect_options.ts";
export { Connection, type Remote } from "../connection/connection.ts";
export type { ConnectionStats } from "../connection/connection_stats.ts";
export type { ReceiveOptions } from "../connection/message_receiver.ts";
export type { SendOptions } from "../connection/sending.ts";
export type { ConnectionEnd, RemoteEnd } from "../connection/ending.ts";
export {
  LektError,
  type LektErrorCode,
  type LektErrorOptions,
  type MethodFailure,
} from "../base/errors.ts";
export type { Accept } from "../connect/establish.ts";
export type { MethodsOption, ProxyOption } from "../connect/options.ts";
export { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
export type {
  DirectoryOption,
  FoundPeer,
  PeerLookup,
} from "../connect/lookup.ts";
export { Message } from "../connection/message.ts";
export type { Role } from "../handshake/mod.ts";
export type { Sendable } from "../connection/sources.ts";
export {
  DirectoryClient,
  type DirectoryClientOptions,
  type DirectoryPeer,
  type PeerEvent,
  type PinStore,
} from "../directory/client.ts";
export type { Clock } from "../directory/clock.ts";
export { createIdentity, type Identity } from "../directory/identity.ts";
export {
  Lease,
  type LeaseEndpoint,
  type LeaseReport,
  type RegisterOptions,
} from "../directory/lease.ts";
export type { DirectoryAnswer, DirectoryRequest } from "../directory/http.ts";
export { parsePeerName, type PeerName } from "../directory/names.ts";
export type { RegisteredMethod } from "../directory/record.ts";
