/**
 * A directory, and its store, that are killed, stalled and started again
 * under clients that register all the time. `LEKT_KILLS` says how often; once
 * where it is not set.
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Clock,
  createIdentity,
  DirectoryClient,
  type Identity,
  type Lease,
  LektError,
  readRecord,
} from "../../src/directory/mod.ts";
import { STORE_DEADLINE_MS } from "../../src/directory/limits.ts";
import { SYSTEM_CLOCK } from "../../src/directory/clock.ts";
import { signRecord } from "../../src/directory/record.ts";
import { claims } from "../helpers/directory.ts";
import { DirectoryProcess } from "../helpers/directory_process.ts";
import { freePort } from "../helpers/free_port.ts";
import { RedisServer, redisTest } from "../helpers/redis.ts";

const KILL_COUNT = Number(Deno.env.get("LEKT_KILLS") ?? 1);
const CLIENT_COUNT = 50;

/** How much faster than the real time the clients of these tests wait. */
const HASTE = 50;

/** A refresh of a lease of 30 s is due after 11 s at the latest: 220 ms in haste. This is the time for 50 of them on a busy machine. */
const RETURN_MS = 20_000;

/** Between two lookups, and between two attacks: the clients are to have most of the time. */
const PAUSE_MS = 10;

/** A store that does not answer delays the answer to a client by one deadline, and not by two. */
const ANSWER_MS = 1.9 * STORE_DEADLINE_MS;

/** The real time, but nobody has to wait for long: a lease of 30 s is refreshed five times a second. */
const HASTY_CLOCK: Clock = {
  now: SYSTEM_CLOCK.now,
  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return SYSTEM_CLOCK.wait(milliseconds / HASTE, signal);
  },
};

/** Clients that keep their nicknames registered, one that wants them all, and one that looks them up. */
class Siege {
  readonly #url: string;
  readonly #owners = new Map<string, Identity>();
  readonly #leases: Lease[] = [];
  readonly #returned = new Set<string>();
  readonly #faults: string[] = [];
  readonly #stop = new AbortController();
  readonly #tasks: Promise<void>[] = [];
  lookupCount = 0;
  attackCount = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Registers all clients, and begins to attack and to look them up. */
  async begin(): Promise<void> {
    const client = new DirectoryClient(this.#url, { clock: HASTY_CLOCK });
    for (let index = 0; index < CLIENT_COUNT; index++) {
      const nickname = `peer-${index}`;
      const identity = await createIdentity();
      this.#owners.set(nickname, identity);
      this.#leases.push(
        await client.register(identity, {
          nickname,
          methods: ["tcp://192.0.2.7:15358"],
          leaseSeconds: 30,
          report: ({ event }) => {
            if (event === "registered") this.#returned.add(nickname);
          },
        }),
      );
    }
    const mallory = await createIdentity();
    this.#tasks.push(this.#repeat((nickname) => this.#look(nickname)));
    this.#tasks.push(
      this.#repeat((nickname) => this.#attack(mallory, nickname)),
    );
  }

  /** Waits until each client has registered once more. */
  async allReturn(): Promise<void> {
    this.#returned.clear();
    const deadline = performance.now() + RETURN_MS;
    while (this.#returned.size < CLIENT_COUNT) {
      const count = this.#returned.size;
      assert(
        performance.now() < deadline,
        `only ${count} clients came back in time`,
      );
      await SYSTEM_CLOCK.wait(10);
    }
  }

  /** Ends everything; fails where anybody was served who does not own the nickname. */
  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#tasks);
    for (const [nickname, { thumbprint }] of this.#owners) {
      assertEquals(await this.#ownerOf(nickname), thumbprint);
    }
    for (const lease of this.#leases) await lease.unregister();
    assertEquals(this.#faults, []);
    assert(this.lookupCount > 0 && this.attackCount > 0);
  }

  /** Whose a nickname is, as soon as the directory says so: a store that keeps a busy disk waiting is away for a moment, as it says. */
  async #ownerOf(nickname: string): Promise<string> {
    const deadline = performance.now() + RETURN_MS;
    while (true) {
      try {
        const client = new DirectoryClient(this.#url);
        return (await client.lookup(nickname)).thumbprint;
      } catch (error) {
        const isAway = error instanceof LektError &&
          error.code === "UNREACHABLE";
        if (!isAway || performance.now() > deadline) throw error;
      }
      await SYSTEM_CLOCK.wait(PAUSE_MS);
    }
  }

  async #repeat(work: (nickname: string) => Promise<void>): Promise<void> {
    const nicknames = [...this.#owners.keys()];
    for (let index = 0; !this.#stop.signal.aborted; index++) {
      try {
        await work(nicknames[index % nicknames.length]!);
      } catch (error) {
        // The directory is away.
        if (!(error instanceof TypeError)) this.#faults.push(String(error));
      }
      await SYSTEM_CLOCK.wait(PAUSE_MS);
    }
  }

  async #look(nickname: string): Promise<void> {
    const answer = await fetch(`${this.#url}/v1/peers/${nickname}`);
    const text = await answer.text();
    if (answer.status !== 200) return;
    this.lookupCount++;
    const { thumbprint } = await readRecord(text, Date.now() / 1_000);
    if (thumbprint === this.#owners.get(nickname)!.thumbprint) return;
    this.#faults.push(`${nickname} was served with the key ${thumbprint}`);
  }

  async #attack(mallory: Identity, nickname: string): Promise<void> {
    const token = await signRecord(
      mallory,
      claims({ nickname, seq: Date.now() * 2, audience: this.#url }),
    );
    const answer = await fetch(`${this.#url}/v1/peers/${nickname}`, {
      method: "PUT",
      headers: { "content-type": "application/jwt" },
      body: token,
    });
    await answer.body?.cancel();
    if (answer.status === 409) this.attackCount++;
    if (answer.ok) this.#faults.push(`${nickname} was given away`);
  }
}

/** Does harm again and again; each time all clients must come back. */
async function survives(
  directory: DirectoryProcess,
  harm: () => Promise<void>,
): Promise<void> {
  const siege = new Siege(directory.url);
  await siege.begin();
  for (let count = 0; count < KILL_COUNT; count++) {
    await siege.allReturn();
    await harm();
    await siege.allReturn();
  }
  await siege.end();
}

Deno.test("a directory that is killed under 50 registering clients gives no nickname away, and all come back", async () => {
  const folder = await Deno.makeTempDir();
  {
    const store = `${folder}/directory.db`;
    await using directory = await DirectoryProcess.start(freePort(), store);
    await survives(directory, () => directory.restart());
  }
  await Deno.remove(folder, { recursive: true });
});

/** Settings with which Redis loses nothing that it has answered for. */
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];

redisTest(
  "a directory on Redis outlives that it is killed itself",
  async () => {
    await using redis = await RedisServer.start(...DURABLE);
    await using directory = await DirectoryProcess.start(
      freePort(),
      redis.address,
    );
    await survives(directory, () => directory.restart());
  },
);

redisTest(
  "a directory outlives that its Redis is killed and started again",
  async () => {
    await using redis = await RedisServer.start(...DURABLE);
    await using directory = await DirectoryProcess.start(
      freePort(),
      redis.address,
    );
    await survives(directory, () => redis.restart());
  },
);

redisTest(
  "a directory answers 503 while its Redis is stalled or dead, behind one deadline at most, and heals",
  async () => {
    await using redis = await RedisServer.start(...DURABLE);
    await using directory = await DirectoryProcess.start(
      freePort(),
      redis.address,
    );
    async function unavailable(): Promise<void> {
      for (
        const path of ["/readyz", "/v1/peers/peer-1", "/v1/peers/bob/events"]
      ) {
        const startMs = performance.now();
        const answer = await fetch(directory.url + path);
        const elapsedMs = performance.now() - startMs;
        assertEquals(answer.status, 503);
        assert(Number(answer.headers.get("retry-after")) > 0);
        await answer.body?.cancel();
        assert(elapsedMs < ANSWER_MS, `took ${elapsedMs} ms`);
      }
    }
    await survives(directory, async () => {
      redis.stall();
      await unavailable();
      redis.resume();
    });
    await redis.kill();
    await unavailable();
    const health = await fetch(`${directory.url}/healthz`);
    assertEquals(health.status, 200);
    await health.body?.cancel();
  },
);

redisTest("two directories share one name space through Redis", async () => {
  await using redis = await RedisServer.start();
  await using one = await DirectoryProcess.start(freePort(), redis.address);
  await using other = await DirectoryProcess.start(freePort(), redis.address);
  const identity = await createIdentity();
  const controller = new AbortController();
  const events = new DirectoryClient(other.url)
    .watch("bob", { signal: controller.signal });
  assertEquals((await events.next()).value?.type, "gone");
  const lease = await new DirectoryClient(one.url).register(identity, {
    nickname: "bob",
    methods: ["tcp://192.0.2.7:15358"],
  });
  assertEquals((await events.next()).value?.type, "put");
  const bob = await new DirectoryClient(other.url).lookup("bob");
  assertEquals(bob.thumbprint, identity.thumbprint);
  await one.end("SIGKILL");
  const again = await new DirectoryClient(other.url).register(identity, {
    nickname: "bob",
    methods: ["tcp://192.0.2.8:15358"],
  });
  await again.unregister();
  await lease.unregister().catch(() => {});
  controller.abort();
  await events.return(undefined);
});
