/**
 * Fuzz test of what a directory takes from strangers: whatever is registered,
 * the answer is never that the directory failed, and what is stored was signed
 * by the key that it names, for this directory and this nickname.
 *
 * @module
 */
import { DirectoryApp } from "../../src/directory/app.ts";
import { createIdentity, type Identity } from "../../src/directory/mod.ts";
import { DEFAULT_DIRECTORY_LIMITS } from "../../src/directory/rate.ts";
import type {
  DirectoryStore,
  Registration,
} from "../../src/directory/store.ts";
import { ORIGIN, payload, signAnything } from "../helpers/directory.ts";
import type { Prng } from "./prng.ts";

/** Keeps what it is given, and refuses nothing: what matters is what gets here. */
class OpenStore implements DirectoryStore {
  last: Registration | undefined;

  register(registration: Registration): Promise<"ok"> {
    this.last = registration;
    return Promise.resolve("ok");
  }

  unregister(): Promise<"ok"> {
    return Promise.resolve("ok");
  }

  lookup(): Promise<Registration | undefined> {
    return Promise.resolve(this.last);
  }

  async *watch(): AsyncGenerator<never> {}

  ping(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The time stands still, so that records stay good and nobody is counted for long. */
const NOW_S = Math.floor(Date.now() / 1_000);

const store = new OpenStore();
const failures: unknown[] = [];

const app = new DirectoryApp(store, {
  origins: [ORIGIN],
  relays: [],
  limits: {
    ...DEFAULT_DIRECTORY_LIMITS,
    writesPerAddress: Number.MAX_SAFE_INTEGER,
    writesPerKey: Number.MAX_SAFE_INTEGER,
  },
  clock: { now: () => NOW_S * 1_000, wait: () => new Promise(() => {}) },
  closing: new AbortController().signal,
  onFailure: (error) => failures.push(error),
  onMisbehaviour: () => {},
});

let identity: Promise<Identity> | undefined;

const VALUES: readonly unknown[] = [
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  "",
  "bob",
  "b\u202eob",
  "x".repeat(300),
  null,
  true,
  [],
  {},
  [{}],
  [{ uri: "tcp://192.0.2.7:1", priority: -1 }],
  [{ uri: "tcp://0.0.0.0:1", priority: 1 }],
  [{ uri: 7 }],
  NOW_S,
  NOW_S + 1e9,
  NOW_S - 1e6,
  ORIGIN,
  "https://other.example",
  { kty: "OKP", crv: "Ed25519", x: "AAAA" },
];

function changed(
  prng: Prng,
  members: Record<string, unknown>,
  names: readonly string[],
): Record<string, unknown> {
  const result = { ...members };
  for (let rest = prng.below(3); rest > 0; rest--) {
    result[prng.pick(names)] = prng.pick(VALUES);
  }
  return result;
}

async function draftToken(prng: Prng): Promise<string> {
  identity ??= createIdentity();
  const good = payload({ issuedAt: NOW_S, expiresAt: NOW_S + 300 });
  const names = ["sub", "aud", "seq", "iat", "exp", "methods", "spki", "nbf"];
  const header = prng.oneIn(3)
    ? changed(prng, {}, ["alg", "typ", "jwk", "crit", "b64", "kid"])
    : {};
  return await signAnything(
    await identity,
    prng.oneIn(8) ? prng.pick(VALUES) : changed(prng, good, names),
    header,
  );
}

function edit(prng: Prng, token: string): string {
  const at = prng.below(token.length);
  switch (prng.below(8)) {
    case 0:
      return token.slice(0, at);
    case 1:
      return token.slice(0, at) + prng.pick(["A", ".", "=", "é", "\0", " "]) +
        token.slice(at + 1);
    case 2:
      return token + prng.pick([".", "A", "\n", "x".repeat(8_200)]);
    case 3:
      return token.split(".").reverse().join(".");
    default:
      return token;
  }
}

/** Whether a token is one that may be stored for bob, found out without any code of the directory. */
async function isGood(token: string): Promise<boolean> {
  try {
    const [head, body, signature] = token.split(".");
    const options = { alphabet: "base64url" } as const;
    const decode = (part: string) => Uint8Array.fromBase64(part, options);
    const text = (part: string) => new TextDecoder().decode(decode(part));
    const { alg, typ, jwk } = JSON.parse(text(head!));
    const { sub, aud } = JSON.parse(text(body!));
    const key = await crypto.subtle.importKey(
      "raw",
      decode(jwk.x),
      "Ed25519",
      false,
      ["verify"],
    );
    const isSigned = await crypto.subtle.verify(
      "Ed25519",
      key,
      decode(signature!),
      new TextEncoder().encode(`${head}.${body}`),
    );
    return isSigned && alg === "Ed25519" && typeof typ === "string" &&
      sub === "bob" && aud === ORIGIN;
  } catch {
    return false;
  }
}

/** Registers what belongs to the state of `prng`; `undefined` where all is as it must be. */
export async function compareDirectory(
  prng: Prng,
): Promise<string | undefined> {
  const token = edit(prng, await draftToken(prng));
  const isPut = !prng.oneIn(4);
  store.last = undefined;
  const answer = await app.fetch(
    new Request(
      `${ORIGIN}/v1/peers/${prng.pick(["bob", "bob", "b%C3", "%"])}`,
      {
        method: isPut ? "PUT" : "DELETE",
        ...(isPut ? { body: token } : {}),
        headers: isPut
          ? { "content-type": "application/jwt" }
          : { authorization: `Bearer ${token.replace(/[^\x21-\x7e]/g, "")}` },
      },
    ),
    { address: "192.0.2.1" },
  );
  await answer.body?.cancel();
  if (failures.length > 0) return `the directory failed: ${failures.pop()}`;
  if (answer.status >= 500) return `the status is ${answer.status}`;
  const { last } = store as { last: Registration | undefined };
  if (!last) return undefined;
  if (last.token !== token) return "another token is stored";
  return await isGood(token) ? undefined : "a bad token is stored";
}
