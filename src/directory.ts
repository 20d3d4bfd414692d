/**
 * The directory: who can be reached by which connection methods. The server,
 * the client, and the identities of both sides.
 *
 * A directory maps nicknames to signed registrations. It never takes part in a
 * conversation, and what it says can be checked without trusting it.
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
} from "./errors.ts";
export {
  DirectoryClient,
  type DirectoryClientOptions,
  type DirectoryPeer,
  type PeerEvent,
  type PinStore,
} from "./directory/client.ts";
export type { Clock } from "./directory/clock.ts";
export {
  createIdentity,
  type Identity,
  openIdentity,
} from "./directory/identity.ts";
export {
  Lease,
  type LeaseEndpoint,
  type LeaseReport,
  type RegisterOptions,
} from "./directory/lease.ts";
export type { DirectoryAnswer, DirectoryRequest } from "./directory/http.ts";
export { DIRECTORY_PORT } from "./directory/limits.ts";
export { parsePeerName, type PeerName } from "./directory/names.ts";
export { openStore } from "./directory/open_store.ts";
export { type Pin, PinFile } from "./directory/pins.ts";
export {
  DEFAULT_DIRECTORY_LIMITS,
  type DirectoryLimits,
} from "./directory/rate.ts";
export {
  readRecord,
  type RecordClaims,
  RecordError,
  type RecordFault,
  type RegisteredMethod,
  type SignedRecord,
  signRecord,
} from "./directory/record.ts";
export { isLocalMethod } from "./directory/registered_methods.ts";
export {
  type DirectoryOptions,
  type DirectoryReport,
  DirectoryServer,
  runDirectory,
  startDirectory,
} from "./directory/server.ts";
export {
  type DirectoryEvent,
  type DirectoryStore,
  type RegisterOutcome,
  type Registration,
  StoreError,
  type UnregisterOutcome,
} from "./directory/store.ts";
