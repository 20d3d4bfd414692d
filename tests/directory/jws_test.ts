import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  calculateJwkThumbprint,
  CompactSign,
  compactVerify,
  EmbeddedJWK,
} from "jose";
import { createIdentity } from "../../src/directory/mod.ts";
import {
  type PublicJwk,
  readHeader,
  SignatureError,
  signObject,
  verifyObject,
} from "../../src/directory/jws.ts";

const TYPE = "lekt-reg+jwt";

const PAYLOAD = { sub: "bøb", list: [1, { a: null }] };

function keyOf(token: string): PublicJwk {
  return readHeader(token).jwk as PublicJwk;
}

Deno.test("signObject() makes what another implementation of JOSE takes", async () => {
  const identity = await createIdentity();
  const token = await signObject(identity, TYPE, PAYLOAD);
  const { payload, protectedHeader } = await compactVerify(token, EmbeddedJWK);
  assertEquals(JSON.parse(new TextDecoder().decode(payload)), PAYLOAD);
  const jwk = { kty: "OKP", crv: "Ed25519", x: identity.publicKey };
  assertEquals(protectedHeader, { alg: "Ed25519", typ: TYPE, jwk });
  assertEquals(await calculateJwkThumbprint(jwk), identity.thumbprint);
});

Deno.test("verifyObject() takes what another implementation of JOSE makes", async () => {
  const { publicKey, privateKey } = await createIdentity();
  const jwk = { kty: "OKP", crv: "Ed25519", x: publicKey };
  const bytes = new TextEncoder().encode(JSON.stringify(PAYLOAD));
  const token = await new CompactSign(bytes)
    .setProtectedHeader({ alg: "Ed25519", typ: TYPE, jwk })
    .sign(privateKey);
  assertEquals(readHeader(token), { alg: "Ed25519", typ: TYPE, jwk });
  assertEquals(await verifyObject(token, jwk), PAYLOAD);
});

Deno.test("verifyObject() refuses each changed character of a signed object", async () => {
  const token = await signObject(await createIdentity(), TYPE, { a: 1 });
  const key = keyOf(token);
  const start = token.indexOf(".") + 1;
  // The last character has bits that mean nothing.
  for (let index = start; index < token.length - 1; index += 7) {
    if (token[index] === ".") continue;
    const other = token[index] === "A" ? "B" : "A";
    const changed = token.slice(0, index) + other + token.slice(index + 1);
    await assertRejects(() => verifyObject(changed, key), SignatureError);
  }
});

Deno.test("verifyObject() refuses somebody else's key, a key of another use, and a private one", async () => {
  const identity = await createIdentity();
  const token = await signObject(identity, TYPE, PAYLOAD);
  const key = keyOf(token);
  const { publicKey } = await createIdentity();
  await assertRejects(
    () => verifyObject(token, { ...key, x: publicKey }),
    SignatureError,
  );
  for (
    const more of [{ use: "enc" }, { key_ops: ["sign"] }, { d: publicKey }]
  ) {
    await assertRejects(() => verifyObject(token, { ...key, ...more }));
  }
});

Deno.test("signed objects are three parts of base64url, two of them JSON objects", async () => {
  const token = await signObject(await createIdentity(), TYPE, PAYLOAD);
  const key = keyOf(token);
  const [header, payload, signature] = token.split(".");
  for (
    const text of [
      "",
      `${header}.${payload}`,
      `${token}.`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${signature}A+/`,
    ]
  ) {
    await assertRejects(() => verifyObject(text, key));
  }
  for (const text of ["", "!", "bnVsbA", "WzFd", "eyJhIjox", "_w"]) {
    assertThrows(() => readHeader(`${text}.${payload}.${signature}`));
  }
});
