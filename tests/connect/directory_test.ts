import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { connect, LektError, listen, type Remote } from "@lekt/lekt";
import { type Certificate, makeCertificate } from "@lekt/lekt/certificate";
import {
  createIdentity,
  DirectoryClient,
  type DirectoryServer,
  type Lease,
  startDirectory,
} from "@lekt/lekt/directory";

/** A certificate is only data: one for each side serves all tests. */
const BOB = await makeCertificate();
const ALICE = await makeCertificate();

/** Nobody takes connections here, for whose end `close` would wait. */
const LIMITS = { closeTimeoutMs: 50 };

/** Somebody in the directory. */
async function register(
  directory: DirectoryServer,
  nickname: string,
  methods: readonly string[],
  certificate?: Certificate,
): Promise<Lease> {
  return await new DirectoryClient(directory.url).register(
    await createIdentity(),
    {
      nickname,
      methods: methods.map((uri, index) => ({
        uri,
        priority: index,
        ...(certificate && uri.startsWith("tls:")
          ? { spki: certificate.spki }
          : {}),
      })),
      ...(certificate ? { spki: certificate.spki } : {}),
    },
  );
}

async function failure(attempt: Promise<unknown>): Promise<LektError> {
  return await assertRejects(() => attempt, LektError);
}

/** A port on which nothing listens. */
function deadMethod(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `tcp://127.0.0.1:${listener.addr.port}`;
}

Deno.test("connect() by nickname over tls proves both sides to each other", async () => {
  await using directory = await startDirectory({ port: 0 });
  const asked: Remote[] = [];
  await using listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0"],
    tls: BOB,
    directory: directory.url,
    accept(remote) {
      asked.push({ ...remote });
      return remote.verified;
    },
  });
  await using bob = await register(directory, "bob", listener.methods, BOB);
  await using alice = await register(directory, "alice", [], ALICE);

  await using connection = await connect("bob", {
    nickname: "alice",
    limits: LIMITS,
    directory: directory.url,
    tls: ALICE,
    accept: (remote) => remote.verified,
  });
  const { verified, thumbprint, key } = connection.remote;
  assertEquals([verified, thumbprint, key], [true, bob.thumbprint, BOB.spki]);
  assertEquals(
    [asked[0]?.verified, asked[0]?.thumbprint, asked[0]?.key],
    [true, alice.thumbprint, ALICE.spki],
  );
});

Deno.test("listen() verifies nobody who shows another key than the registered one", async () => {
  await using directory = await startDirectory({ port: 0 });
  const seen: unknown[] = [];
  await using listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0"],
    tls: BOB,
    directory: directory.url,
    accept(remote) {
      seen.push([remote.verified, remote.thumbprint, remote.key]);
      return false;
    },
  });
  await using _alice = await register(directory, "alice", [], ALICE);
  const mallory = await makeCertificate();
  for (const nickname of ["alice", "nobody"]) {
    const tls = { ...mallory, pinnedKey: BOB.spki };
    const { code } = await failure(
      connect(listener.methods, { nickname, tls }),
    );
    assertEquals(code, "REJECTED");
  }
  assertEquals(seen, [
    [false, undefined, mallory.spki],
    [false, undefined, mallory.spki],
  ]);
});

Deno.test("connect() by nickname over tcp proves nothing, and says so", async () => {
  await using directory = await startDirectory({ port: 0 });
  const seen: boolean[] = [];
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    directory: directory.url,
    accept(remote) {
      seen.push(remote.verified);
      return true;
    },
  });
  await using _bob = await register(directory, "bob", listener.methods, BOB);
  await using _alice = await register(directory, "alice", [], ALICE);
  await using connection = await connect("bob", {
    nickname: "alice",
    limits: LIMITS,
    directory: directory.url,
    tls: ALICE,
  });
  const { remote } = connection;
  assertEquals([remote.verified, remote.thumbprint], [false, undefined]);
  assertEquals(seen, [false]);
});

Deno.test("connect() turns away whoever answers by another nickname", async () => {
  await using directory = await startDirectory({ port: 0 });
  await using listener = await listen({
    nickname: "mallory",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  await using _ = await register(directory, "bob", listener.methods);
  const error = await failure(
    connect("bob", { nickname: "alice", directory: directory.url }),
  );
  assertEquals(
    [error.code, error.by, error.reason],
    ["REJECTED", "local", "expected bob"],
  );
});

Deno.test("connect() does not take a listener with another key than the registered one", async () => {
  await using directory = await startDirectory({ port: 0 });
  await using listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0"],
    tls: ALICE,
    accept: () => true,
  });
  await using _ = await register(directory, "bob", listener.methods, BOB);
  const error = await failure(
    connect("bob", { nickname: "alice", directory: directory.url }),
  );
  assertEquals(error.code, "UNREACHABLE");
  assertEquals(error.failures?.map(({ method }) => method), listener.methods);
  assertStringIncludes(
    `${error.failures?.[0]?.error.message} ${error.message}`,
    BOB.spki,
  );
});

Deno.test("connect() without a certificate is refused where one must be shown", async () => {
  await using directory = await startDirectory({ port: 0 });
  await using listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0"],
    tls: { ...BOB, requireClientKey: true },
    accept: () => true,
  });
  await using _ = await register(directory, "bob", listener.methods, BOB);
  const options = {
    nickname: "alice",
    directory: directory.url,
    limits: LIMITS,
  };
  const error = await failure(connect("bob", options));
  assert(error.code !== "REJECTED", error.message);
  await using connection = await connect("bob", { ...options, tls: ALICE });
  assertEquals(connection.remote.verified, true);
});

Deno.test("connect() takes the next registered method where the best is dead, and names all where none lives", async () => {
  await using directory = await startDirectory({ port: 0 });
  const dead = [deadMethod(), deadMethod()];
  await using _bob = await register(directory, "bob", dead);
  const options = {
    nickname: "alice",
    directory: directory.url,
    limits: LIMITS,
  };
  const error = await failure(connect("bob", options));
  assertEquals(error.code, "UNREACHABLE");
  assertEquals(error.failures?.map(({ method }) => method), dead);
  for (const { method, elapsedMs, error: cause } of error.failures!) {
    assert(elapsedMs >= 0);
    assertEquals((cause as LektError).code, "UNREACHABLE");
    assertStringIncludes(error.message, method);
  }

  await using listener = await listen({
    nickname: "carol",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const [living] = listener.methods;
  const methods = [dead[0]!, living!];
  await using _carol = await register(directory, "carol", methods);
  await using connection = await connect("carol", options);
  assertEquals(connection.remote.method, living);
});

Deno.test("connect() follows a directory elsewhere to this machine only where that is allowed", async () => {
  await using directory = await startDirectory({ port: 0 });
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  await using _ = await register(directory, "bob", listener.methods);
  const wary = new DirectoryClient(directory.url, { allowLocal: false });
  const error = await failure(
    connect("bob", { nickname: "alice", directory: wary }),
  );
  assertEquals(error.code, "UNREACHABLE");
  const trusting = new DirectoryClient(directory.url, { allowLocal: true });
  await using connection = await connect("bob", {
    nickname: "alice",
    limits: LIMITS,
    directory: trusting,
  });
  assertEquals(connection.remote.nickname, "bob");
});

Deno.test("connect() by nickname rejects for who is not there, and for another identity", async () => {
  await using directory = await startDirectory({ port: 0 });
  const options = { nickname: "alice", directory: directory.url };
  assertEquals((await failure(connect("bob", options))).code, "UNREACHABLE");
  await using _ = await register(directory, "bob", []);
  assertEquals((await failure(connect("bob", options))).code, "UNREACHABLE");
  const { thumbprint } = await createIdentity();
  const error = await failure(connect(`bob#${thumbprint}`, options));
  assertEquals([error.code, error.by], ["REJECTED", "local"]);
});
