import { assertEquals } from "@std/assert";
import {
  createIdentity,
  type DirectoryServer,
} from "../../src/directory/mod.ts";
import { UNREGISTRATION_TYPE } from "../../src/directory/record.ts";
import {
  assertProblem,
  ORIGIN,
  payload,
  put,
  registerBob,
  registered,
  signAnything,
  startTestDirectory,
} from "../helpers/directory.ts";

/** A directory where bob is registered with `seq` 5, and who tries to change that. */
async function withBob(
  run: (
    bob: Awaited<ReturnType<typeof registerBob>>,
    refuse: (token: string, status: number, code: string) => Promise<void>,
    directory: DirectoryServer,
  ) => Promise<void>,
): Promise<void> {
  await using directory = await startTestDirectory();
  const bob = await registerBob(directory, undefined, { seq: 5 });
  await run(bob, async (token, status, code) => {
    await assertProblem(await put(directory, "bob", token), status, code);
    assertEquals(await registered(directory), bob.token);
  }, directory);
}

Deno.test("PUT refuses what is no JWT, and nothing changes", async () => {
  await withBob(async ({ token }, refuse) => {
    const [header, body, signature = ""] = token.split(".");
    for (const text of ["", "a.b.c", "no token at all", `${header}.${body}`]) {
      await refuse(text, 400, "malformed");
    }
    const other = signature.startsWith("A") ? "B" : "A";
    for (
      const end of ["", signature.slice(0, -8), other + signature.slice(1)]
    ) {
      await refuse(`${header}.${body}.${end}`, 403, "bad-signature");
    }
  });
});

Deno.test("PUT refuses a header that is not that of a registration, and nothing changes", async () => {
  await withBob(async ({ identity }, refuse) => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: identity.publicKey };
    for (
      const header of [
        { typ: "JWT" },
        { typ: UNREGISTRATION_TYPE },
        { typ: undefined },
        { alg: "none" },
        { alg: "HS256" },
        { alg: "EdDSA" },
        { jwk: undefined },
        { jwk: { ...jwk, x: "AA" } },
        { jwk: { ...jwk, crv: "X25519" } },
        { crit: ["new"], new: 1 },
        { b64: false, crit: ["b64"] },
      ]
    ) {
      const token = await signAnything(identity, payload({ seq: 6 }), header);
      await refuse(token, 400, "malformed");
    }
  });
});

Deno.test("PUT refuses what is forged, foreign, replayed or stale, and nothing changes", async () => {
  await withBob(async ({ identity, token }, refuse, directory) => {
    const mallory = await createIdentity();
    const jwk = { kty: "OKP", crv: "Ed25519", x: identity.publicKey };
    const six = payload({ seq: 6 });
    await refuse(
      await signAnything(mallory, six, { jwk }),
      403,
      "bad-signature",
    );
    await refuse(await signAnything(mallory, six), 409, "nickname-taken");
    const elsewhere = payload({ seq: 6, audience: "https://other.example" });
    await refuse(await signAnything(identity, elsewhere), 403, "bad-audience");
    const older = payload({ seq: 4 });
    await refuse(await signAnything(identity, older), 409, "stale-seq");
    const same = payload({ seq: 5 }, { other: 1 });
    await refuse(await signAnything(identity, same), 409, "stale-seq");

    // The very same bytes are a retry, under no other name.
    await assertProblem(
      await put(directory, "eve", token),
      422,
      "bad-nickname",
    );
    assertEquals(await registered(directory, "eve"), "404");
    const { token: newer } = await registerBob(directory, identity, { seq: 7 });
    await assertProblem(await put(directory, "bob", token), 409, "stale-seq");
    assertEquals(await registered(directory), newer);
  });
});

Deno.test("PUT refuses claims that are malformed or too large, and nothing changes", async () => {
  await withBob(async ({ identity, token }, refuse) => {
    for (
      const more of [
        { seq: "6" },
        { seq: -1 },
        { seq: 1.5 },
        { seq: 2 ** 53 },
        { aud: [ORIGIN] },
        { aud: undefined },
        { exp: undefined },
        { exp: "soon" },
        { iat: undefined },
        { methods: {} },
        { methods: undefined },
        { nbf: Math.floor(Date.now() / 1_000) + 3_000 },
      ]
    ) {
      const bad = await signAnything(identity, payload({ seq: 6 }, more));
      await refuse(bad, 400, "malformed");
    }
    await refuse(await signAnything(identity, "text"), 400, "malformed");
    const filler = "x".repeat(8_000);
    const large = await signAnything(identity, payload({ seq: 6 }, { filler }));
    await refuse(large, 413, "too-large");
    await refuse(token.repeat(20), 413, "too-large");
  });
});

Deno.test("PUT refuses nicknames that cannot be, or are not the path's, and nothing changes", async () => {
  await withBob(async ({ identity }, refuse, directory) => {
    const names = ["", 7, "alice", "a\u202eb", `bob#${identity.thumbprint}`];
    for (const sub of names) {
      const token = await signAnything(identity, payload({ seq: 6 }, { sub }));
      await refuse(token, 422, "bad-nickname");
    }
    assertEquals(await registered(directory, "alice"), "404");
  });
});

Deno.test("PUT refuses methods that cannot be used, and nothing changes", async () => {
  const uri = "tcp://192.0.2.7:15358";
  await withBob(async ({ identity }, refuse) => {
    for (
      const methods of [
        Array(17).fill({ uri, priority: 0 }),
        [uri],
        [null],
        [{ priority: 0 }],
        [{ uri: "no uri" }],
        [{ uri: "tcp://" }],
        [{ uri: "TCP://a:99999" }],
        [{ uri: "unix:relative" }],
        [{ uri: "tcp://a\u0000:1" }],
        [{ uri: `pigeon:${"x".repeat(506)}` }],
        [{ uri, priority: 1.5 }],
        [{ uri, priority: -1 }],
        [{ uri, priority: 65_536 }],
        [{ uri, spki: "short" }],
      ]
    ) {
      const bad = payload({ seq: 6 }, { methods });
      await refuse(await signAnything(identity, bad), 422, "bad-method");
    }
    const spki = payload({ seq: 6 }, { spki: 1 });
    await refuse(await signAnything(identity, spki), 422, "bad-method");
  });
});

Deno.test("PUT takes methods at their limits", async () => {
  await using directory = await startTestDirectory();
  const uri = `pigeon:${"x".repeat(505)}`;
  assertEquals(uri.length, 512);
  const identity = await createIdentity();
  const spki = identity.thumbprint;
  await registerBob(directory, identity, {
    methods: [{ uri, priority: 65_535, spki }],
  });
  const methods = Array(16).fill({ uri: "tcp://[::1]", priority: 0 });
  await registerBob(directory, identity, { seq: 2, methods });
});

Deno.test("PUT refuses leases that are over, not begun, too short or too long, and nothing changes", async () => {
  await withBob(async ({ identity }, refuse) => {
    const now = Math.floor(Date.now() / 1_000);
    for (
      const [issuedAt, expiresAt] of [
        [now - 600, now - 1],
        [now + 3_000, now + 3_300],
        [now, now + 29],
        [now, now + 3_601],
        [now + 20, now + 10],
      ] as const
    ) {
      const bad = payload({ seq: 6, issuedAt, expiresAt });
      await refuse(await signAnything(identity, bad), 422, "bad-lease");
    }
  });
});
