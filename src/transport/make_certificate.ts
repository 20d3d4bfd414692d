/**
 * Certificates of one's own for the methods `tls` and `wss`
 * (`PROTOCOL.md`, section 6): made without any other program, and trusted by
 * their key, which the other side pins.
 *
 * @example Both sides prove their keys
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { makeCertificate } from "@lekt/lekt/certificate";
 * import { assertEquals } from "@std/assert";
 *
 * const bob = await makeCertificate();
 * const alice = await makeCertificate();
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tls://127.0.0.1:0"],
 *   accept: (remote) => remote.key === alice.spki,
 *   tls: { cert: bob.cert, key: bob.key },
 * });
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 *   tls: { cert: alice.cert, key: alice.key, pinnedKey: bob.spki },
 * });
 * assertEquals(connection.remote.key, bob.spki);
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
export {
  type Certificate,
  type CertificateOptions,
  keyOfPem,
  makeCertificate,
} from "./certificate.ts";
