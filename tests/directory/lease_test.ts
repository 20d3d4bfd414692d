import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createIdentity,
  DirectoryClient,
  type DirectoryServer,
  type Identity,
  type Lease,
  LektError,
  type RegisterOptions,
  startDirectory,
} from "../../src/directory/mod.ts";
import { withAnswers } from "../helpers/directory.ts";
import { freePort } from "../helpers/free_port.ts";
import { HeldClock, settle } from "../helpers/held_clock.ts";
import { TestLease } from "../helpers/test_lease.ts";

/** Bob's lease at a directory, and whose it is. */
async function leaseOf(
  url: string,
  options: Partial<RegisterOptions> = {},
): Promise<{ lease: Lease; identity: Identity }> {
  const test = new TestLease(new HeldClock());
  const identity = { ...await createIdentity() };
  await test.begin(url, identity, options);
  return { lease: test.lease, identity };
}

/** A directory on the system's clock: the records of these tests are at most minutes ahead of it. */
function start(port = 0): Promise<DirectoryServer> {
  return startDirectory({ port });
}

Deno.test("a lease is refreshed at a third, a tenth more or less", async () => {
  const clock = new HeldClock();
  const directoryClock = new HeldClock(clock.now());
  await using directory = await startDirectory({
    port: 0,
    clock: directoryClock,
  });
  const test = new TestLease(clock, directoryClock);
  await test.begin(directory.url);
  assertEquals(test.reports[0]?.event, "registered");
  for (let count = 0; count < 5; count++) {
    const before = test.lease.expires;
    const { pause, report } = await test.step();
    assert(pause >= 90_000 && pause <= 110_000, `after ${pause} ms`);
    assertEquals(report.event, "registered");
    assertEquals(test.lease.expires - before, pause);
  }
  await test.lease.unregister();
  await test.lease.unregister();
  assertEquals(clock.pauses, []);
});

Deno.test("a lease is tried again, ever more slowly, while the directory is away, and is back when it is", async () => {
  const clock = new HeldClock();
  const port = freePort();
  const first = await start(port);
  const test = new TestLease(clock);
  await test.begin(first.url);
  await first.close();
  const pauses: number[] = [];
  await test.step();
  for (let count = 0; count < 4; count++) {
    const { pause, report } = await test.step();
    assertEquals(report.event, "failing");
    pauses.push(pause);
  }
  for (const [index, pause] of pauses.entries()) {
    const longest = 1_000 * 2 ** index;
    assert(pause >= longest / 2 && pause <= longest, `${index}: ${pause} ms`);
  }
  // It comes back empty: the next attempt brings the registration back.
  await using second = await startDirectory({ port, clock });
  assertEquals((await test.step()).report.event, "registered");
  const bob = await new DirectoryClient(second.url, { clock }).lookup("bob");
  assertEquals(bob.thumbprint, test.lease.thumbprint);
  await test.lease.unregister();
});

Deno.test("a lease waits as long as the directory asks, and reports a lost nickname", async () => {
  const clock = new HeldClock();
  let answer = Response.json({ expires: 1 }, { status: 201 });
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
  }, () => answer.clone());
  const test = new TestLease(clock);
  await test.begin(`http://127.0.0.1:${server.addr.port}`);
  answer = new Response(null, {
    status: 503,
    headers: { "retry-after": "30" },
  });
  await test.step();
  const { pause } = await test.step();
  assertEquals(pause, 30_000);
  answer = Response.json({ code: "nickname-taken" }, { status: 409 });
  const { report } = await test.step();
  assertEquals(report.event, "failing");
  if (report.event !== "failing") return;
  assertEquals((report.error as LektError).code, "REJECTED");
  assert(report.retryInMs > 40_000 && report.retryInMs <= 110_000);
  answer = new Response(null, { status: 204 });
  await test.lease.unregister();
  await server.shutdown();
});

Deno.test("a registration is not taken where something else than a directory answers, whatever its status", async () => {
  const taken = Response.json({ expires: 1 }, { status: 201 });
  let answer = taken;
  await withAnswers(() => answer.clone(), async (url) => {
    const clock = new HeldClock();
    const test = new TestLease(clock);
    await test.begin(url);
    const { expires } = test.lease;
    for (const body of ["<p>Welcome", "{}", "", "null", "5"]) {
      answer = new Response(body);
      const error = await assertRejects(
        () => new TestLease(new HeldClock()).begin(url),
        LektError,
        "not as a directory does",
      );
      assertEquals(error.code, "INVALID_ARGUMENT");
    }
    const { report } = await test.step();
    assertEquals(report.event, "failing");
    assertEquals(test.lease.expires, expires);
    test.lease.abandon();
  });
});

Deno.test("a lease is kept whatever its report throws", async () => {
  for (
    const fail of [
      (): never => {
        throw new Error("from report");
      },
      (): Promise<never> => Promise.reject(new Error("from report")),
    ]
  ) {
    let status = 201;
    await withAnswers(
      () => Response.json({ expires: 1 }, { status }),
      async (url) => {
        const clock = new HeldClock();
        const test = new TestLease(clock);
        await test.begin(url, undefined, {
          report(report) {
            test.reports.push(report);
            return fail();
          },
        });
        status = 503;
        assertEquals((await test.step()).report.event, "failing");
        assertEquals((await test.step()).report.event, "failing");
        status = 201;
        assertEquals((await test.step()).report.event, "registered");
        assertEquals((await test.step()).report.event, "registered");
        test.lease.abandon();
      },
    );
  }
});

Deno.test("a lease catches up with a seq that is ahead of its clock", async () => {
  const identity = await createIdentity();
  const now = Date.now();
  await using directory = await start();
  const ahead = new TestLease(new HeldClock(now + 30_000));
  await ahead.begin(directory.url, identity);
  const behind = new TestLease(new HeldClock(now));
  await behind.begin(directory.url, identity);
  assertEquals(behind.reports.length, 1);
  await behind.lease.unregister();
  await ahead.lease[Symbol.asyncDispose]();
});

Deno.test("a seq that a directory calls stale, and does not tell, is tried once more", async () => {
  let attemptCount = 0;
  await withAnswers(({ method }) => {
    if (method === "GET") return new Response("nobody", { status: 404 });
    attemptCount++;
    const body = { code: "stale-seq", title: "An older seq" };
    return Response.json(body, { status: 409 });
  }, async (url) => {
    const error = await assertRejects(
      () => leaseOf(url),
      LektError,
      "Cannot register bob: An older seq",
    );
    assertEquals([error.code, attemptCount], ["UNREACHABLE", 2]);
  });
});

Deno.test("unregister() takes the registration back, and says so where it cannot", async () => {
  const clock = new HeldClock();
  const directory = await start();
  const client = new DirectoryClient(directory.url);
  const test = new TestLease(clock);
  await test.begin(directory.url);
  await client.lookup("bob");
  await test.lease.unregister();
  await assertRejects(() => client.lookup("bob"), LektError);

  const lost = new TestLease(clock);
  await lost.begin(directory.url, await createIdentity()).catch(() => {});
  const again = new TestLease(clock);
  const client2 = new DirectoryClient(directory.url, { clock });
  again.lease = await client2.register(await createIdentity(), {
    nickname: "carol",
    methods: [],
  });
  await directory.close();
  const error = await assertRejects(() => again.lease.unregister(), LektError);
  assertEquals(error.code, "UNREACHABLE");
  await again.lease[Symbol.asyncDispose]();
});

Deno.test("unregister() can be tried again where the directory did not do it", async () => {
  const statuses = [500, 403, 204];
  const deletions: number[] = [];
  await withAnswers(({ method }) => {
    if (method === "PUT") return Response.json({ expires: 1 }, { status: 201 });
    if (method === "GET") return new Response(null, { status: 404 });
    deletions.push(statuses.shift()!);
    return new Response(null, { status: deletions.at(-1)! });
  }, async (url) => {
    const { lease } = await leaseOf(url);
    const codes: string[] = [];
    for (let count = 0; count < 2; count++) {
      codes.push(
        (await assertRejects(() => lease.unregister(), LektError)).code,
      );
    }
    assertEquals(codes, ["UNREACHABLE", "INVALID_ARGUMENT"]);
    await Promise.all([lease.unregister(), lease[Symbol.asyncDispose]()]);
    assertEquals(deletions, [500, 403, 204]);
  });
});

Deno.test("a lease that is abandoned stays registered, and asks no more how its client can be reached", async () => {
  await using directory = await start();
  const client = new DirectoryClient(directory.url);
  let askedCount = 0;
  const { lease } = await leaseOf(directory.url, {
    currentMethods: () => {
      askedCount++;
      return Promise.resolve([]);
    },
  });
  lease.abandon();
  await lease.unregister();
  assertEquals((await client.lookup("bob")).thumbprint, lease.thumbprint);
  assertEquals(askedCount, 0);
});

Deno.test("a lease that ends amid a refresh reports no failure", async () => {
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  let putCount = 0;
  await withAnswers(async ({ method }) => {
    if (method === "GET") return new Response(null, { status: 404 });
    if (++putCount === 1) return Response.json({ expires: 1 }, { status: 201 });
    asked.resolve();
    await over.promise;
    return new Response(null);
  }, async (url) => {
    const test = new TestLease(new HeldClock());
    await test.begin(url);
    test.lease.refresh();
    await asked.promise;
    test.lease.abandon();
    for (let turn = 0; turn < 5; turn++) await settle();
    over.resolve();
    assertEquals(test.reports.map(({ event }) => event), ["registered"]);
  });
});

Deno.test("what a program itself does wrong is not hidden where its lease ends", async () => {
  await using directory = await start();
  const { lease, identity } = await leaseOf(directory.url);
  Object.assign(identity, { privateKey: "none" });
  await assertRejects(() => lease[Symbol.asyncDispose](), TypeError);
});

Deno.test("unregister() leaves alone what another program with the identity has registered since", async () => {
  await using directory = await start();
  const client = new DirectoryClient(directory.url);
  const identity = await createIdentity();
  const leases: Lease[] = [];
  for (const port of [1, 2]) {
    leases.push(
      await client.register(identity, {
        nickname: "bob",
        methods: [`tcp://192.0.2.7:${port}`],
      }),
    );
  }
  const [first, second] = leases;
  await first!.unregister();
  const { methods } = await client.lookup("bob");
  assertEquals(methods[0]!.uri, "tcp://192.0.2.7:2");
  await second!.unregister();
  await assertRejects(() => client.lookup("bob"), LektError);
});

Deno.test("refresh() registers again at once what was taken back", async () => {
  await using directory = await start();
  const client = new DirectoryClient(directory.url);
  const identity = await createIdentity();
  const again = Promise.withResolvers<void>();
  let count = 0;
  const stays = await client.register(identity, {
    nickname: "bob",
    methods: ["tcp://192.0.2.7:1"],
    report: () => {
      if (++count === 2) again.resolve();
    },
  });
  const ends = await client.register(identity, {
    nickname: "bob",
    methods: ["tcp://192.0.2.7:2"],
  });
  await ends.unregister();
  await assertRejects(() => client.lookup("bob"), LektError);
  stays.refresh();
  await again.promise;
  const { methods } = await client.lookup("bob");
  assertEquals(methods[0]!.uri, "tcp://192.0.2.7:1");
  await stays.unregister();
});

Deno.test("a lease registers at each refresh how its client can be reached then", async () => {
  const clock = new HeldClock();
  const directoryClock = new HeldClock(clock.now());
  await using directory = await startDirectory({
    port: 0,
    clock: directoryClock,
  });
  const answers: (() => Promise<string[]>)[] = [
    () => Promise.resolve(["tcp://192.0.2.8:15358"]),
    () => Promise.reject(new Error("no network")),
    () => Promise.resolve(["tcp://192.0.2.9:15358", "tcp://192.0.2.7:1"]),
  ];
  const test = new TestLease(clock, directoryClock);
  await test.begin(directory.url, undefined, {
    currentMethods: () => answers.shift()!(),
  });
  const client = new DirectoryClient(directory.url, {
    clock: directoryClock,
  });
  const seen: string[][] = [];
  for (let count = 0; count < 4; count++) {
    if (count > 0) {
      assertEquals((await test.step()).report.event, "registered");
    }
    const { methods } = await client.lookup("bob");
    seen.push(methods.map(({ uri }) => uri));
  }
  assertEquals(seen, [
    ["tcp://192.0.2.7:15358"],
    ["tcp://192.0.2.8:15358"],
    ["tcp://192.0.2.8:15358"],
    ["tcp://192.0.2.9:15358", "tcp://192.0.2.7:1"],
  ]);
  await test.lease.unregister();
});
