/**
 * Self-signed certificates for the methods `tls` and `wss` ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#6-connection-methods),
 * section 6): made without any other program, and trusted by their key, which
 * the other side pins.
 *
 * Hand one to `connect` and `listen` of `@lekt/lekt` as the option `tls`. With
 * `@lekt/lekt/directory` the keys are looked up by nickname. Further entry
 * points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/diagnostics`, `@lekt/lekt/framing`, `@lekt/lekt/handshake`,
 * `@lekt/lekt/peer`, `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
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
 * listener.serve(async (connection) => void await connection.receive());
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 *   tls: { cert: alice.cert, key: alice.key, pinnedKey: bob.spki },
 * });
 * assertEquals(connection.remote.key, bob.spki);
 * ```
 *
 * @module
 */
import { generate } from "selfsigned";
import { type Certificate, keyOfPem } from "./certificate.ts";

export {
  LektError,
  type LektErrorCode,
  type LektErrorOptions,
  type MethodFailure,
} from "../base/errors.ts";
export { type Certificate, keyOfPem } from "./certificate.ts";

/** What a new certificate says. */
export interface CertificateOptions {
  /** Host names and addresses that it names, for those who check it against a CA list. Default: none. */
  hosts?: readonly string[];
}

/** How long a certificate is valid. Who pins its key does not look at that, so it need not be short. */
const VALID_YEARS = 20;

/**
 * Makes a self-signed certificate with a new P-256 key, in about 20 ms.
 * Keep `key` to yourself (a file of mode 0600); tell `spki` to others.
 *
 * @param options What the certificate is to name.
 *
 * @example Make one
 * ```ts
 * import { makeCertificate } from "@lekt/lekt/certificate";
 * import { assertEquals } from "@std/assert";
 *
 * const { spki } = await makeCertificate();
 * assertEquals(spki.length, 43);
 * ```
 */
export async function makeCertificate(
  options: CertificateOptions = {},
): Promise<Certificate> {
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + VALID_YEARS);
  const hosts = options.hosts ?? [];
  const made = await generate([{ name: "commonName", value: "lekt" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      ...(hosts.length === 0
        ? []
        : [{ name: "subjectAltName" as const, altNames: hosts.map(altName) }]),
    ],
  });
  return { cert: made.cert, key: made.private, spki: keyOfPem(made.cert) };
}

function altName(
  host: string,
): { type: 2; value: string } | { type: 7; ip: string } {
  const isAddress = host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  return isAddress ? { type: 7, ip: host } : { type: 2, value: host };
}
