import { X509Certificate } from "node:crypto";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  checkDialIdentity,
  keyOf,
  keyOfPem,
} from "../../src/transport/certificate.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { version1 } from "../helpers/version1.ts";

const bob = await makeCertificate();

function derOf(pem: string): Uint8Array {
  return new Uint8Array(new X509Certificate(pem).raw);
}

Deno.test("makeCertificate() makes a new P-256 key each time, valid for years", async () => {
  const certificate = new X509Certificate(bob.cert);
  assertEquals(
    certificate.publicKey.asymmetricKeyDetails?.namedCurve,
    "prime256v1",
  );
  assert(certificate.verify(certificate.publicKey));
  const years = new Date(certificate.validTo).getFullYear() -
    new Date().getFullYear();
  assert(years >= 19, certificate.validTo);
  assertEquals(bob.spki.length, 43);
  assertNotEquals((await makeCertificate()).spki, bob.spki);
});

Deno.test("makeCertificate() names the hosts that it is told", async () => {
  const { cert } = await makeCertificate({
    hosts: ["bob.example", "127.0.0.1", "::1"],
  });
  assertEquals(
    new X509Certificate(cert).subjectAltName,
    "DNS:bob.example, IP Address:127.0.0.1, IP Address:::1",
  );
});

Deno.test("checkDialIdentity() takes what can serve, and says what cannot", async () => {
  const { cert, key, spki: pinnedKey } = bob;
  const other = await makeCertificate();
  checkDialIdentity({});
  checkDialIdentity({ cert, key, pinnedKey, caCerts: [cert, other.cert] });
  checkDialIdentity({ pinnedKey: undefined, cert: undefined, key: undefined });
  const table: [text: string, options: Record<string, unknown>][] = [
    ["one is missing", { cert }],
    ["one is missing", { key, pinnedKey }],
    ["the key is not that of the certificate", { cert, key: other.key }],
    ["the key is not that of the certificate", { cert: other.cert, key }],
    ["its certificate or key is not usable", { cert: "zz", key }],
    ["its certificate or key is not usable", { cert, key: "zz" }],
    ["43 characters", { pinnedKey: "" }],
    ["43 characters", { pinnedKey: `${pinnedKey}=` }],
    ["43 characters", { pinnedKey: "ab".repeat(32) }],
    ["43 characters", { pinnedKey: 5 }],
    ["no array", { caCerts: cert }],
    ["one of caCerts", { caCerts: [cert, "zz"] }],
  ];
  for (const [text, options] of table) {
    const error = assertThrows(
      () => checkDialIdentity(options),
      LektError,
      text,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("keyOf() reads the key of a certificate and refuses what is odd", () => {
  const der = derOf(bob.cert);
  assertEquals(keyOf(der), bob.spki);
  assertEquals(keyOfPem(bob.cert), bob.spki);
  const extended = new Uint8Array(der.byteLength + 1);
  extended.set(der);
  const odd: Record<string, Uint8Array> = {
    "it has trailing bytes": extended,
    "it is cut short": der.subarray(0, -1),
    "expected tag 48 at 0": new Uint8Array(0),
    "its version is not 3": derOf(version1(bob.cert)),
    "a length is too long": new Uint8Array([0x30, 0x84, 0, 0, 0, 0]),
    "a length is not minimal": new Uint8Array([0x30, 0x81, 0x01, 0x00]),
  };
  for (const [fault, bytes] of Object.entries(odd)) {
    const error = assertThrows(() => keyOf(bytes), LektError, fault);
    assertEquals(error.code, "PROTOCOL");
  }
  for (let size = 0; size < der.byteLength; size++) {
    assertThrows(() => keyOf(der.subarray(0, size)), LektError);
  }
  const error = assertThrows(() => keyOfPem("nonsense"), LektError);
  assertEquals(error.code, "INVALID_ARGUMENT");
});
