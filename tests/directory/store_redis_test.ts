import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { STORE_DEADLINE_MS } from "../../src/directory/limits.ts";
import {
  parseRedisAddress,
  reconnectStrategy,
} from "../../src/directory/redis_address.ts";
import { RedisStore } from "../../src/directory/redis_store.ts";
import { type DirectoryEvent, StoreError } from "../../src/directory/store.ts";
import { until } from "../helpers/deadline.ts";
import { RedisServer, redisTest } from "../helpers/redis.ts";
import { claim, next, registration, STORE_TESTS } from "./store_compliance.ts";

/** Opens a store and waits until it answers. */
async function openReady(
  address: string,
  options: { replaceMs?: number } = {},
): Promise<RedisStore> {
  const store = new RedisStore(address, options);
  await answers(store);
  return store;
}

async function answers(store: RedisStore): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (true) {
    try {
      return await store.ping();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What a store tells of bob, until `controller` ends it. */
function watchBob(
  store: RedisStore,
): { controller: AbortController; events: AsyncIterator<DirectoryEvent> } {
  const controller = new AbortController();
  const events = store.watch("bob", controller.signal);
  return { controller, events: events[Symbol.asyncIterator]() };
}

/** Longer than one deadline, shorter than two. */
const ONE_DEADLINE_MS = 1.9 * STORE_DEADLINE_MS;

/** Shorter than a deadline: what fails at once waits for none. */
const AT_ONCE_MS = 0.7 * STORE_DEADLINE_MS;

/** Fails unless `work` fails with a StoreError before a timer of so many milliseconds fires, which is late, too, where the machine is busy. */
async function assertFailsWithin(
  ms: number,
  work: () => Promise<unknown>,
): Promise<void> {
  let isLate = false;
  const timer = setTimeout(() => isLate = true, ms);
  try {
    await assertRejects(work, StoreError);
  } finally {
    clearTimeout(timer);
  }
  assert(!isLate, `took more than ${ms} ms`);
}

Deno.test("a store has so much less than 1.5 s to answer that the directory can do so in that time", () => {
  assertLessOrEqual(STORE_DEADLINE_MS, 1_400);
});

redisTest("RedisStore passes the suite of stores", async () => {
  await using server = await RedisServer.start();
  for (const { name, run } of STORE_TESTS) {
    await server.command("FLUSHALL");
    const store = await openReady(server.address);
    try {
      await run(store);
    } catch (error) {
      throw new Error(`RedisStore ${name}: it does not`, { cause: error });
    } finally {
      await store.close();
    }
  }
});

redisTest("RedisStore passes the suite on a cluster", async () => {
  await using server = await RedisServer.start("--cluster-enabled", "yes");
  await server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  for (const { name, run } of STORE_TESTS) {
    const store = await openReady(`redis+cluster://127.0.0.1:${server.port}`);
    await server.command("FLUSHALL");
    try {
      await run(store);
    } catch (error) {
      throw new Error(`RedisStore ${name}: it does not`, { cause: error });
    } finally {
      await store.close();
    }
  }
});

redisTest("RedisStore passes the suite behind a Sentinel", async () => {
  await using server = await RedisServer.start();
  await using sentinel = await RedisServer.start("--sentinel");
  const port = String(server.port);
  await sentinel.command("SENTINEL", "MONITOR", "lekt", "127.0.0.1", port, "1");
  const address = `redis+sentinel://127.0.0.1:${sentinel.port}/lekt`;
  for (const { name, run } of STORE_TESTS) {
    await server.command("FLUSHALL");
    const store = await openReady(address);
    try {
      await run(store);
    } catch (error) {
      throw new Error(`RedisStore ${name}: it does not`, { cause: error });
    } finally {
      await store.close();
    }
  }
});

redisTest(
  "RedisStore shows a change made by another process to its watchers",
  async () => {
    await using server = await RedisServer.start();
    const one = await openReady(server.address);
    const other = await openReady(server.address);
    const { controller, events } = watchBob(one);
    assertEquals(await next(events), "gone");
    await other.register(registration(), claim());
    assertEquals(await next(events), "bob key-1 1");
    assertEquals(
      await other.register(registration({ key: "key-2" }), claim()),
      "taken",
    );
    controller.abort();
    assertEquals(await next(events), "end");
    await one.close();
    await other.close();
  },
);

redisTest(
  "RedisStore goes on telling one watcher where another leaves",
  async () => {
    await using server = await RedisServer.start();
    const store = await openReady(server.address);
    const watches = [watchBob(store), watchBob(store)];
    for (const { events } of watches) assertEquals(await next(events), "gone");
    const [leaves, stays] = watches;
    leaves!.controller.abort();
    assertEquals(await next(leaves!.events), "end");
    assertEquals(
      await server.command("PUBSUB", "SHARDNUMSUB", "lekt:{bob}:events"),
      "*2\r\n$17\r\nlekt:{bob}:events\r\n:1\r\n",
    );
    await store.register(registration(), claim());
    assertEquals(await next(stays!.events), "bob key-1 1");
    stays!.controller.abort();
    await store.close();
  },
);

redisTest(
  "RedisStore takes no news for new that is older than what it knows",
  async () => {
    await using server = await RedisServer.start();
    const store = await openReady(server.address);
    const { controller, events } = watchBob(store);
    assertEquals(await next(events), "gone");
    await store.register(registration(), claim());
    assertEquals(await next(events), "bob key-1 1");
    // As from a replica that is behind.
    const old = ["1", "key-1", "0", String(claim()), "bob key-1 0"].join("\n");
    await server.command("SPUBLISH", "lekt:{bob}:events", old);
    await store.register(registration({ seq: 2 }), claim());
    assertEquals(await next(events), "bob key-1 2");
    controller.abort();
    await store.close();
  },
);

redisTest("RedisStore leaves nothing behind when a claim lapses", async () => {
  await using server = await RedisServer.start();
  const store = await openReady(server.address);
  const soon = Date.now() + 100;
  await store.register(registration({ expires: soon }), soon);
  const deadline = performance.now() + 10_000;
  while (await server.command("EXISTS", "lekt:{bob}") !== ":0\r\n") {
    assert(performance.now() < deadline, "the hash is still there");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await store.close();
});

redisTest(
  "RedisStore fails within its deadline while the server is stalled, and heals",
  async () => {
    await using server = await RedisServer.start();
    const store = await openReady(server.address);
    await store.register(registration(), claim());
    server.stall();
    await assertFailsWithin(ONE_DEADLINE_MS, () => store.lookup("bob"));
    await assertFailsWithin(
      AT_ONCE_MS,
      () => store.register(registration(), claim()),
    );
    server.resume();
    await answers(store);
    assertEquals((await store.lookup("bob"))?.nickname, "bob");
    await store.close();
  },
);

redisTest("RedisStore replaces a connection that stays silent", async () => {
  await using server = await RedisServer.start();
  await using proxy = new DeafProxy(server.port);
  const store = await openReady(proxy.address, { replaceMs: 300 });
  proxy.deafen();
  await assertRejects(() => store.lookup("bob"), StoreError);
  await answers(store);
  assertGreater(proxy.connectionCount, 1);
  await store.close();
});

redisTest("RedisStore connects no more once it is closed", async () => {
  await using server = await RedisServer.start();
  await using proxy = new DeafProxy(server.port);
  const store = await openReady(proxy.address, { replaceMs: 0 });
  const { connectionCount } = proxy;
  await store.close();
  // Whatever it might have dialled by now was there before this.
  const { hostname, port } = new URL(proxy.address);
  const last = await Deno.connect({ hostname, port: Number(port) });
  await until(() => proxy.connectionCount > connectionCount, "the last one");
  assertEquals(proxy.connectionCount, connectionCount + 1);
  last.close();
});

redisTest(
  "RedisStore heals when the server is killed and started again, empty",
  async () => {
    await using server = await RedisServer.start();
    const store = await openReady(server.address);
    const { controller, events } = watchBob(store);
    assertEquals(await next(events), "gone");
    await store.register(registration(), claim());
    assertEquals(await next(events), "bob key-1 1");
    await server.kill();
    await assertFailsWithin(ONE_DEADLINE_MS, () => store.lookup("bob"));
    await server.restart();
    await answers(store);
    assertEquals(await next(events), "gone");
    assertEquals(await store.register(registration(), claim()), "created");
    assertEquals(await next(events), "bob key-1 1");
    controller.abort();
    assertEquals(await next(events), "end");
    await store.close();
  },
);

redisTest(
  "RedisStore begins to work when its server comes up later",
  async () => {
    await using server = await RedisServer.start();
    await server.kill();
    const store = new RedisStore(server.address);
    await assertFailsWithin(ONE_DEADLINE_MS, () => store.ping());
    await server.restart();
    await answers(store);
    await store.close();
  },
);

/** Hands bytes on, until it is told to keep its connections open but deaf and dumb; new ones work. */
class DeafProxy {
  connectionCount = 0;
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #connections = new Set<Deno.Conn>();
  #deaf = new WeakSet<Deno.Conn>();
  #tasks: Promise<void>[];

  constructor(port: number) {
    this.#tasks = [this.#serve(port)];
  }

  get address(): string {
    return `redis://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  deafen(): void {
    for (const connection of this.#connections) this.#deaf.add(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    await Promise.all(this.#tasks);
  }

  async #serve(port: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      this.connectionCount++;
      this.#connections.add(client).add(server);
      this.#tasks.push(this.#pump(client, server), this.#pump(server, client));
    }
  }

  async #pump(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      while (true) {
        const size = await from.read(buffer);
        if (size === null) return;
        if (!this.#deaf.has(from)) await to.write(buffer.subarray(0, size));
      }
    } catch {
      // One of the two was closed.
    }
  }
}

Deno.test("parseRedisAddress() reads each form", () => {
  assertEquals(parseRedisAddress("redis://cache.example"), {
    kind: "standalone",
    nodes: [{ host: "cache.example", port: 6379 }],
    tls: false,
    name: "",
    database: 0,
  });
  assertEquals(parseRedisAddress("rediss://ann:p%40s:s@[::1]:7000/3"), {
    kind: "standalone",
    nodes: [{ host: "::1", port: 7000 }],
    tls: true,
    name: "",
    database: 3,
    username: "ann",
    password: "p@s:s",
  });
  assertEquals(parseRedisAddress("redis+sentinel://:pw@a,b:1/main/2"), {
    kind: "sentinel",
    nodes: [{ host: "a", port: 26379 }, { host: "b", port: 1 }],
    tls: false,
    name: "main",
    database: 2,
    password: "pw",
  });
  const cluster = parseRedisAddress("valkeys+cluster://a:1,b:65535");
  assertEquals([cluster.kind, cluster.nodes[1]!.port], ["cluster", 65_535]);
});

Deno.test("Redis is dialled again soon at first, and every 2 s at most later", () => {
  for (
    const [retries, most] of [[0, 50], [1, 100], [5, 1_600], [6, 2_000], [
      10_000,
      2_000,
    ]] as const
  ) {
    const pause = reconnectStrategy(retries);
    assert(pause >= most / 2 && pause <= most, `${retries}: ${pause} ms`);
  }
});

Deno.test("parseRedisAddress() refuses what it cannot use, without the password", () => {
  for (
    const address of [
      "redis://",
      "redis://a,b",
      "redis://a:65536",
      "redis://a/x",
      "redis://a/1/2",
      "redis+other://a",
      "redis+sentinel://a",
      "redis://u:secret@a:b",
      "redis://%ff@a",
    ]
  ) {
    const error = assertThrows(() => parseRedisAddress(address), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(!error.message.includes("secret"), error.message);
  }
});
