import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createIdentity,
  DirectoryClient,
  type DirectoryServer,
  type Identity,
  LektError,
  PinFile,
  startDirectory,
} from "../../src/directory/mod.ts";
import { signRecord } from "../../src/directory/record.ts";
import { until } from "../helpers/deadline.ts";
import { claims, peerUrl, withAnswers } from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

const METHODS = ["tcp://192.0.2.7:15358", "tls://192.0.2.7:15359"];

async function register(
  directory: DirectoryServer,
  identity: Identity,
  nickname = "bob",
): Promise<AsyncDisposable> {
  return await new DirectoryClient(directory.url).register(identity, {
    nickname,
    methods: METHODS,
  });
}

Deno.test("lookup() gives a verified peer with its methods, best first", async () => {
  await using directory = await startDirectory({ port: 0 });
  const client = new DirectoryClient(directory.url);
  const identity = await createIdentity();
  const spki = identity.thumbprint;
  await using lease = await client.register(identity, {
    nickname: "bob",
    spki,
    methods: [
      { uri: "carrier-pigeon:coop", priority: 0 },
      { uri: "ws://192.0.2.7/lekt", priority: 30 },
      { uri: "tcp://192.0.2.7:1", priority: 10 },
      { uri: "tls://192.0.2.7:2", priority: 10, spki },
      { uri: "tcp://:0:0", priority: 5 },
    ].filter(({ priority }) => priority !== 5),
  });
  for (const name of ["bob", `bob#${identity.thumbprint}`]) {
    const bob = await client.lookup(name);
    assertEquals(bob.methods, [
      { uri: "tcp://192.0.2.7:1", priority: 10 },
      { uri: "tls://192.0.2.7:2", priority: 10, spki },
      { uri: "ws://192.0.2.7/lekt", priority: 30 },
    ]);
    assertEquals([bob.nickname, bob.thumbprint, bob.spki], [
      "bob",
      lease.thumbprint,
      spki,
    ]);
    assertEquals(Math.abs(bob.expires - Date.now() - 300_000) < 5_000, true);
  }
});

Deno.test("lookup() tells who is not there from who is somebody else", async () => {
  await using directory = await startDirectory({ port: 0 });
  const client = new DirectoryClient(directory.url);
  const identity = await createIdentity();
  await using _ = await register(directory, identity);
  const nobody = await assertRejects(() => client.lookup("alice"), LektError);
  assertEquals(nobody.code, "UNREACHABLE");
  const other = (await createIdentity()).thumbprint;
  const wrong = await assertRejects(
    () => client.lookup(`bob#${other}`),
    LektError,
  );
  assertEquals([wrong.code, wrong.by, wrong.reason], [
    "REJECTED",
    "local",
    "wrong key",
  ]);
  const bad = await assertRejects(() => client.lookup("a\u0000"), LektError);
  assertEquals(bad.code, "INVALID_ARGUMENT");
});

Deno.test("lookup() believes nothing that is not signed for the nickname and the time", async () => {
  const identity = await createIdentity();
  const now = Math.floor(Date.now() / 1_000);
  const good = await signRecord(identity, claims());
  const expired = await signRecord(
    identity,
    claims({ issuedAt: now - 400, expiresAt: now - 100 }),
  );
  const others = await signRecord(identity, claims({ nickname: "eve" }));
  const [header, body, signature] = good.split(".");
  const [, otherBody] = others.split(".");
  for (
    const text of [
      "",
      "nonsense",
      others,
      expired,
      `${header}.${otherBody}.${signature}`,
      `${header}.${body}.`,
      "x".repeat(100_000),
    ]
  ) {
    await withAnswers(() => new Response(text), async (url) => {
      const error = await assertRejects(
        () => new DirectoryClient(url).lookup("bob"),
        LektError,
      );
      assertEquals(error.code, "PROTOCOL");
    });
  }
});

Deno.test("lookup() uses the last registration while the directory fails, until it expires", async () => {
  const clock = new HeldClock();
  const identity = await createIdentity();
  const issuedAt = Math.floor(clock.now() / 1_000);
  const token = await signRecord(
    identity,
    claims({ issuedAt, expiresAt: issuedAt + 300 }),
  );
  let status = 200;
  let tags: (string | null)[] = [];
  await withAnswers((request) => {
    tags.push(request.headers.get("if-none-match"));
    const body = status === 200 ? token : null;
    return new Response(body, { status, headers: { etag: `"tag"` } });
  }, async (url) => {
    const client = new DirectoryClient(url, { clock });
    assertEquals((await client.lookup("bob")).thumbprint, identity.thumbprint);
    for (status of [304, 503, 500, 429]) {
      assertEquals((await client.lookup("bob")).nickname, "bob");
    }
    assertEquals(tags, [null, `"tag"`, `"tag"`, `"tag"`, `"tag"`]);
    await clock.advance(300_000);
    tags = [];
    const late = await assertRejects(() => client.lookup("bob"), LektError);
    assertEquals([late.code, tags], ["UNREACHABLE", [null]]);
  });
});

Deno.test("lookup() uses the last registration when the directory is gone, and forgets it when it is taken back", async () => {
  const directory = await startDirectory({ port: 0 });
  const client = new DirectoryClient(directory.url);
  const lease = await register(directory, await createIdentity());
  await client.lookup("bob");
  await lease[Symbol.asyncDispose]();
  await assertRejects(() => client.lookup("bob"), LektError);
  await register(directory, await createIdentity(), "carol").then((one) =>
    one[Symbol.asyncDispose]()
  );
  await using _ = await register(directory, await createIdentity(), "dave");
  await client.lookup("dave");
  await directory.close();
  assertEquals((await client.lookup("dave")).nickname, "dave");
  await assertRejects(() => client.lookup("bob"), LektError);
});

Deno.test("lookup() is not taken back in time by the directory", async () => {
  const identity = await createIdentity();
  const hosts: [seq: number, host: number][] = [[2, 20], [1, 10], [2, 21], [
    3,
    30,
  ]];
  const tokens = await Promise.all(
    hosts.map(([seq, host]) =>
      signRecord(
        identity,
        claims({
          seq,
          methods: [{ uri: `tcp://192.0.2.${host}:1`, priority: 0 }],
        }),
      )
    ),
  );
  await withAnswers(() => new Response(tokens.shift()), async (url) => {
    const client = new DirectoryClient(url);
    const seen: string[] = [];
    for (let count = 0; count < hosts.length; count++) {
      seen.push((await client.lookup("bob")).methods[0]!.uri);
    }
    assertEquals(seen, [
      "tcp://192.0.2.20:1",
      "tcp://192.0.2.20:1",
      "tcp://192.0.2.21:1",
      "tcp://192.0.2.30:1",
    ]);
  });
});

Deno.test("lookup() gives up in time, at its signal, and at a redirection", async () => {
  const hold = Promise.withResolvers<Response>();
  let askedCount = 0;
  const answer = () => (askedCount++, hold.promise);
  await withAnswers(answer, async (url) => {
    const client = new DirectoryClient(url, { timeoutMs: 100 });
    const late = await assertRejects(() => client.lookup("bob"), LektError);
    assertEquals(late.code, "UNREACHABLE");
    const controller = new AbortController();
    const patient = new DirectoryClient(url, { timeoutMs: Infinity });
    const looking = patient.lookup("bob", { signal: controller.signal });
    await until(() => askedCount === 2, "it is asked");
    controller.abort(new RangeError("enough"));
    await assertRejects(() => looking, RangeError, "enough");
    hold.resolve(new Response());
  });
  await withAnswers(
    () => Response.redirect("http://127.0.0.1:1/"),
    async (url) => {
      const error = await assertRejects(
        () => new DirectoryClient(url).lookup("bob"),
        LektError,
      );
      assertEquals(error.code, "UNREACHABLE");
    },
  );
});

Deno.test("lookup() keeps a directory on another machine away from this one", async () => {
  const identity = await createIdentity();
  const local = [
    "tcp://127.0.0.1:1",
    "tcp://127.9.9.9:1",
    "tcp://localhost:1",
    "tls://a.localhost:1",
    "ws://[::1]:80/",
    "tcp://[::ffff:127.0.0.1]:1",
    "tcp://0.0.0.0:1",
    "tcp://169.254.169.254:80",
    "wss://[fe80::1]/",
    "unix:/run/lekt/bob.sock",
  ];
  const away = ["tcp://192.168.1.7:1", "tls://bob.example:1"];
  const token = await signRecord(
    identity,
    claims({
      methods: [...local, ...away].map((uri) => ({ uri, priority: 0 })),
    }),
  );
  await withAnswers(() => new Response(token), async (url) => {
    async function uris(options: { allowLocal?: boolean }): Promise<string[]> {
      const { methods } = await new DirectoryClient(url, options).lookup("bob");
      return methods.map(({ uri }) => uri);
    }
    assertEquals(await uris({ allowLocal: false }), away);
    assertEquals((await uris({})).length, local.length + away.length);
  });
  assertEquals(
    new DirectoryClient("https://dir.example").isLocalAllowed,
    false,
  );
  assertEquals(
    new DirectoryClient("http://192.168.1.2:15359").isLocalAllowed,
    false,
  );
  assertEquals(new DirectoryClient("http://[::1]:15359").isLocalAllowed, true);
});

Deno.test("lookup() pins keys, and refuses a changed one", async () => {
  const folder = await Deno.makeTempDir();
  const pins = new PinFile(`${folder}/pins.json`);
  const first = await createIdentity();
  let token = await signRecord(first, claims());
  await withAnswers(() => new Response(token), async (url) => {
    const client = new DirectoryClient(url, { pins });
    assertEquals((await client.lookup("bob")).pin, "new");
    assertEquals((await client.lookup("bob")).pin, "known");
    token = await signRecord(await createIdentity(), claims());
    const error = await assertRejects(() => client.lookup("bob"), LektError);
    assertEquals([error.code, error.reason], ["REJECTED", "key changed"]);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("new DirectoryClient() refuses what is no directory", () => {
  for (
    const url of [
      "",
      "dir.example",
      "tcp://dir.example",
      "http://user@dir.example",
    ]
  ) {
    const error = assertThrows(() => new DirectoryClient(url), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
  const client = new DirectoryClient("https://dir.example/team//");
  assertEquals([client.url, client.origin], [
    "https://dir.example/team",
    "https://dir.example",
  ]);
});

Deno.test("register() refuses what cannot be registered, and says whose fault it is", async () => {
  await using directory = await startDirectory({ port: 0 });
  const client = new DirectoryClient(directory.url);
  const identity = await createIdentity();
  for (
    const change of [
      { nickname: "" },
      { nickname: ".." },
      { nickname: undefined as unknown as string },
      { methods: undefined as unknown as string[] },
      { methods: "tcp://192.0.2.7:1" as unknown as string[] },
      { methods: [null] as unknown as string[] },
      { signal: {} as AbortSignal },
      { methods: Array(17).fill("tcp://192.0.2.7:1") },
      { methods: ["tcp://"] },
      { methods: ["nonsense"] },
      { methods: Array(16).fill(`carrier-pigeon:${"x".repeat(480)}`) },
      { leaseSeconds: 29 },
      { leaseSeconds: 3_601 },
      { spki: "short" },
    ]
  ) {
    const error = await assertRejects(
      () =>
        client.register(identity, {
          nickname: "bob",
          methods: METHODS,
          ...change,
        }),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
  await using _ = await register(directory, identity);
  const taken = await assertRejects(
    async () =>
      client.register(await createIdentity(), {
        nickname: "bob",
        methods: METHODS,
      }),
    LektError,
  );
  assertEquals([taken.code, taken.by], ["REJECTED", "remote"]);
});

Deno.test("what is no name, identity, signal or option is refused with INVALID_ARGUMENT", async () => {
  await using directory = await startDirectory({ port: 0 });
  const client = new DirectoryClient(directory.url);
  const identity = await createIdentity();
  const signal = {} as AbortSignal;
  for (
    const call of [
      () => client.register(identity, undefined!),
      () => client.register(undefined!, { nickname: "bob", methods: METHODS }),
      () => client.lookup(undefined!),
      () => client.lookup("bob", { signal }),
      () => client.relays({ signal }),
      () => client.watch(undefined!).next(),
      () => client.watch("bob", { signal }).next(),
    ]
  ) {
    const error = await assertRejects(
      call as () => Promise<unknown>,
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("register() fails at once where the directory does not answer", async () => {
  const directory = await startDirectory({ port: 0 });
  await directory.close();
  const client = new DirectoryClient(directory.url);
  const error = await assertRejects(
    async () =>
      client.register(await createIdentity(), {
        nickname: "bob",
        methods: METHODS,
      }),
    LektError,
  );
  assertEquals(error.code, "UNREACHABLE");
});

Deno.test("the address of a nickname is percent-encoded", async () => {
  await using directory = await startDirectory({ port: 0 });
  const client = new DirectoryClient(directory.url);
  for (const nickname of ["a/b?c#d", "%2e%2e", "..."]) {
    await using _ = await register(directory, await createIdentity(), nickname);
    assertEquals((await client.lookup(nickname)).nickname, nickname);
    assert(peerUrl(directory, nickname).startsWith(directory.url));
  }
});
