// What a record may say, at each of its limits, without a directory.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createIdentity } from "../../src/directory/identity.ts";
import { LektError } from "../../src/base/errors.ts";
import {
  readKey,
  readMethods,
  readRecord,
  RecordError,
  REGISTRATION_TYPE,
  verifyRecord,
} from "../../src/directory/record.ts";
import { readStatement } from "../../src/directory/relay_statement.ts";
import { payload, signAnything } from "../helpers/directory.ts";

const identity = await createIdentity();

/** The present moment of who reads, in seconds. */
const NOW = 1_800_000_000;
const SKEW = 60;

/** What comes of a record with these claims besides those that are right: its fault, or nothing. */
async function faultOf(more: Record<string, unknown>): Promise<string> {
  const claims = payload({ issuedAt: NOW, expiresAt: NOW + 300 }, more);
  const token = await signAnything(identity, claims);
  try {
    await readRecord(token, NOW);
    return "";
  } catch (error) {
    if (error instanceof RecordError) return error.fault;
    throw error;
  }
}

/** The same for a list of methods. */
function methodsFault(list: unknown): string {
  try {
    readMethods(list);
    return "";
  } catch (error) {
    if (error instanceof RecordError) return error.fault;
    throw error;
  }
}

Deno.test("a record may be signed a minute in the future, and not a second more", async () => {
  const times = [SKEW - 1, SKEW, SKEW + 1].map((ahead) =>
    faultOf({ iat: NOW + ahead })
  );
  assertEquals(await Promise.all(times), ["", "", "bad-lease"]);
});

Deno.test("a record holds up to the second in which it expires, and expires behind its signing", async () => {
  const ends = [NOW - 1, NOW, NOW + 1].map((exp) =>
    faultOf({ iat: NOW - 10, exp })
  );
  assertEquals(await Promise.all(ends), ["bad-lease", "bad-lease", ""]);
  const leases = [-1, 0, 1].map((lease) =>
    faultOf({ iat: NOW + 30, exp: NOW + 30 + lease })
  );
  assertEquals(await Promise.all(leases), ["bad-lease", "bad-lease", ""]);
});

Deno.test("the nbf of a record is a time up to a minute in the future", async () => {
  const faults = [SKEW, SKEW + 1, 0, "0", null].map((nbf) =>
    faultOf({ nbf: typeof nbf === "number" ? NOW + nbf : nbf })
  );
  assertEquals(await Promise.all(faults), [
    "",
    "malformed",
    "",
    "malformed",
    "malformed",
  ]);
});

Deno.test("seq, iat and exp are whole numbers from 0 on that a double holds", async () => {
  assertEquals(await faultOf({ seq: 0 }), "");
  assertEquals(await faultOf({ seq: Number.MAX_SAFE_INTEGER }), "");
  for (const odd of [-1, 0.5, 2 ** 53, "1", null]) {
    assertEquals([odd, await faultOf({ seq: odd })], [odd, "malformed"]);
  }
  assertEquals(await faultOf({ iat: -1 }), "malformed");
  assertEquals(await faultOf({ exp: NOW + 0.5 }), "malformed");
  assertEquals(await faultOf({ aud: "" }), "malformed");
  assertEquals(await faultOf({ spki: "x" }), "bad-method");
});

Deno.test("a record is of a nickname that can be registered, and too long a one is told of as such", async () => {
  for (const sub of [".", "", 5, "bob\x1b"]) {
    assertEquals([sub, await faultOf({ sub })], [sub, "bad-nickname"]);
  }
  const error = await assertRejects(
    () => verifyRecord("x".repeat(9_000), identity.thumbprint, NOW),
    RecordError,
  );
  assertEquals(error.fault, "too-large");
});

Deno.test("a record has 16 methods at most, of 512 characters each", () => {
  const method = { uri: "tcp://192.0.2.7:1" };
  const lists = [0, 15, 16, 17].map((count) =>
    methodsFault(Array.from({ length: count }, () => method))
  );
  assertEquals(lists, ["", "", "", "bad-method"]);
  const uris = [511, 512, 513].map((size) =>
    methodsFault([{ uri: "tcp://192.0.2.7:1/".padEnd(size, "x") }])
  );
  assertEquals(uris, ["", "", "bad-method"]);
  assertEquals(methodsFault({ length: 0 }), "malformed");
});

Deno.test("the priority of a method is a whole number from 0 to 65,535", () => {
  const uri = "tcp://192.0.2.7:1";
  const faults = [0, 65_534, 65_535, 65_536, -1, 0.5, "1"].map((priority) =>
    methodsFault([{ uri, priority }])
  );
  assertEquals(faults, [
    "",
    "",
    "",
    "bad-method",
    "bad-method",
    "bad-method",
    "bad-method",
  ]);
});

Deno.test("a method is an object with a URI that harms no terminal, and perhaps a digest", () => {
  const odds: unknown[] = [
    null,
    "tcp://192.0.2.7:1",
    {},
    { uri: 5 },
    { uri: "no URI" },
    { uri: "tcp://192.0.2.7:1/\x1b" },
    { uri: "tcp://192.0.2.7:1", spki: "x" },
  ];
  for (const odd of odds) assertEquals(methodsFault([odd]), "bad-method");
});

Deno.test("a record has 8 KiB at most, and that is looked at first", () => {
  const faults = [8_191, 8_192, 8_193].map((size) =>
    assertThrows(
      () => readKey("x".repeat(size), REGISTRATION_TYPE),
      RecordError,
    ).fault
  );
  assertEquals(faults, ["malformed", "malformed", "too-large"]);
});

Deno.test("the header of a record names one algorithm, one kind of key, and nothing critical", async () => {
  const { publicKey: x } = identity;
  const good = { kty: "OKP", crv: "Ed25519", x };
  const odds: Record<string, unknown>[] = [
    { crit: [] },
    { alg: "EdDSA" },
    { alg: "none" },
    { typ: "jwt" },
    { jwk: { ...good, kty: "EC" } },
    { jwk: { ...good, crv: "X25519" } },
    { jwk: { ...good, x: x.slice(1) } },
    { jwk: null },
  ];
  for (const header of odds) {
    const token = await signAnything(identity, payload(), header);
    const error = await assertRejects(
      () => readRecord(token, Date.now() / 1_000),
      RecordError,
    );
    assertEquals([header, error.fault], [header, "malformed"]);
  }
});

/** Whether a relay takes a statement with these times, in seconds from now. */
async function isStatement(
  iat: unknown,
  exp: unknown,
  more: Record<string, unknown> = {},
): Promise<boolean> {
  const claims = {
    aud: "https://relay.example",
    nonce: "n",
    iat,
    exp,
    ...more,
  };
  const token = await signAnything(identity, claims, {
    typ: "lekt-relay+jwt",
  });
  try {
    await readStatement(token, "n", ["https://relay.example"], NOW * 1_000);
    return true;
  } catch (error) {
    if (error instanceof LektError) return false;
    throw error;
  }
}

Deno.test("a listener's statement holds for a minute, and clocks may differ by one", async () => {
  const table: [iat: number, exp: number, isGood: boolean][] = [
    [0, 60, true],
    [0, 61, false],
    [60, 61, true],
    [61, 62, false],
    [-120, -60, true],
    [-121, -61, false],
  ];
  for (const [iat, exp, isGood] of table) {
    assertEquals([iat, exp, await isStatement(NOW + iat, NOW + exp)], [
      iat,
      exp,
      isGood,
    ]);
  }
  assertEquals(await isStatement(`${NOW}`, NOW + 60), false);
  assertEquals(await isStatement(NOW, `${NOW + 60}`), false);
  const other = { aud: "https://other.example" };
  assertEquals(await isStatement(NOW, NOW + 60, other), false);
  assertEquals(await isStatement(NOW, NOW + 60, { aud: 5 }), false);
  assertEquals(await isStatement(NOW, NOW + 60, { nonce: "m" }), false);
});
