/**
 * The directory: by which connection methods a nickname can be reached. The
 * server, the client, and the identities of both sides.
 *
 * A directory maps nicknames to signed registrations. It takes no part in a
 * conversation, and what it says can be checked without trusting it. Hand a
 * {@linkcode DirectoryClient} to `connect` and `listen` of `@lekt/lekt`. Further
 * entry points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`, `@lekt/lekt/framing`,
 * `@lekt/lekt/handshake`, `@lekt/lekt/peer`, `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
 *
 * This room imports `src/base`, `src/runtime` for files and sockets, and
 * `src/transport` for method URIs. Requests come in over HTTP at `app.ts`, and go out over HTTP from `client.ts`; the
 * stores write to memory, SQLite or Redis.
 *
 * @example
 * ```ts
 * import { createIdentity, DirectoryClient, startDirectory } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * await using directory = await startDirectory({ port: 0 });
 * const client = new DirectoryClient(directory.url);
 * const identity = await createIdentity();
 * await using _ = await client.register(identity, {
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:15358"],
 * });
 * assertEquals((await client.lookup("bob")).thumbprint, identity.thumbprint);
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
export type {
  DirectoryClientOptions,
  DirectoryPeer,
  PeerEvent,
  PinStore,
} from "./client.ts";
export type { Clock } from "./clock.ts";
export { createIdentity, type Identity } from "./identity.ts";
export { openIdentity } from "./identity_file.ts";
export {
  Lease,
  type LeaseEndpoint,
  type LeaseReport,
  type RegisterOptions,
} from "./lease.ts";
export type { DirectoryAnswer, DirectoryRequest } from "./http.ts";
export type { ProxyOption } from "../transport/proxy.ts";
export { DIRECTORY_PORT } from "./limits.ts";
export { DirectoryClient } from "./program_client.ts";
export { parsePeerName, type PeerName } from "./names.ts";
export { openStore } from "./open_store.ts";
export { type Pin, PinFile } from "./pins.ts";
export type { Misbehaviour, MisbehaviourReport } from "./misbehaviour.ts";
export { DEFAULT_DIRECTORY_LIMITS, type DirectoryLimits } from "./rate.ts";
export {
  readRecord,
  type RecordClaims,
  RecordError,
  type RecordFault,
  type RegisteredMethod,
  type SignedRecord,
  signRecord,
} from "./record.ts";
export { isLocalMethod } from "./registered_methods.ts";
export type { RelayPart, UpgradeRequest } from "./relay_part.ts";
export {
  type DirectoryOptions,
  type DirectoryReport,
  DirectoryServer,
  runDirectory,
  startDirectory,
} from "./server.ts";
export {
  type DirectoryEvent,
  type DirectoryStore,
  type RegisterOutcome,
  type Registration,
  StoreError,
  type UnregisterOutcome,
} from "./store.ts";
