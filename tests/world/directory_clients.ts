/**
 * Clients of a directory whose store is in trouble.
 *
 * @module
 */
import {
  createIdentity,
  DirectoryClient,
  type DirectoryServer,
  type Lease,
} from "../../src/directory/mod.ts";
import { messageOf } from "../../src/base/errors.ts";
import { pause } from "./program.ts";

/** Clients of one directory. */
export const CLIENT_COUNT = 50;

/** The shortest lease: it is refreshed every 10 s. */
const LEASE_S = 30;

/** How long it may take until all is well again, in milliseconds. */
const RECOVERY_MS = 70_000;

/** What they register. */
export const METHODS = ["tcp://192.0.2.7:15358"];

/** Limits of a directory, all of whose clients have one address. */
export const NO_LIMITS = {
  writesPerAddress: 1e9,
  readsPerAddress: 1e9,
  writesPerKey: 1e9,
};

/** Clients of one directory, each with a nickname of its own. */
export class Clients implements AsyncDisposable {
  readonly #leases: Lease[] = [];
  readonly #client: DirectoryClient;
  readonly #url: string;
  /** Refreshes that failed. */
  failureCount = 0;

  constructor(url: string) {
    this.#url = url;
    this.#client = new DirectoryClient(url);
  }

  /** What they are called. */
  get nicknames(): string[] {
    return this.#leases.map(({ nickname }) => nickname);
  }

  /** Registers so many. */
  async register(count = CLIENT_COUNT): Promise<void> {
    await Promise.all(Array.from({ length: count }, async () => {
      const lease = await this.#client.register(await createIdentity(), {
        nickname: `client-${this.#leases.length}-${crypto.randomUUID()}`,
        methods: METHODS,
        leaseSeconds: LEASE_S,
        report: ({ event }) => {
          if (event === "failing") this.failureCount += 1;
        },
      });
      this.#leases.push(lease);
    }));
  }

  /** Has all of them register again now. */
  refresh(): void {
    for (const each of this.#leases) each.refresh();
  }

  /** Has one of them leave. */
  async unregister(nickname: string): Promise<void> {
    await this.#leases.find((each) => each.nickname === nickname)!.unregister();
  }

  /** How many can be looked up, by a client that remembers nothing. */
  async foundCount(): Promise<number> {
    const fresh = new DirectoryClient(this.#url);
    const found = await Promise.all(
      this.#leases.map(({ nickname }) =>
        fresh.lookup(nickname).then(() => true, () => false)
      ),
    );
    return found.filter(Boolean).length;
  }

  /** Seconds until all can be looked up. */
  async recovery(): Promise<string> {
    const startMs = performance.now();
    while (performance.now() - startMs < RECOVERY_MS) {
      if (await this.foundCount() === this.#leases.length) {
        return `${Math.round((performance.now() - startMs) / 1_000)} s`;
      }
      await pause(250);
    }
    throw new Error(`only ${await this.foundCount()} came back`);
  }

  /** Ends the refreshes. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#leases) each.abandon();
    return Promise.resolve();
  }
}

/** What comes of one registration. */
export async function registration(
  { url }: Pick<DirectoryServer, "url">,
  nickname: string = crypto.randomUUID(),
): Promise<string> {
  try {
    const lease = await new DirectoryClient(url).register(
      await createIdentity(),
      { nickname, methods: METHODS },
    );
    lease.abandon();
    return "taken";
  } catch (error) {
    return messageOf(error).replace(/[\da-f-]{36}/, "NAME");
  }
}

/** Waits until a directory has reached its store. */
export async function ready({ url }: DirectoryServer): Promise<void> {
  const endMs = performance.now() + RECOVERY_MS;
  while (!(await fetch(`${url}/readyz`, { method: "HEAD" })).ok) {
    if (performance.now() > endMs) throw new Error("the store is not reached");
    await pause(50);
  }
}

/** What has come so far of the registrations that go on. */
export interface Load {
  /** The nicknames of those that were taken. */
  readonly taken: readonly string[];
  /** How many were refused. */
  readonly refusedCount: number;
}

/** Clients that register and others that look up, without a pause, while `body` runs. */
export async function underLoad(
  directory: Pick<DirectoryServer, "url">,
  clients: Clients,
  body: (load: Load) => Promise<string>,
): Promise<string> {
  let isOver = false;
  const taken: string[] = [];
  const load = { taken, refusedCount: 0 };
  async function registerOn(): Promise<void> {
    while (!isOver) {
      const nickname = crypto.randomUUID();
      const outcome = await registration(directory, nickname);
      if (outcome === "taken") taken.push(nickname);
      else load.refusedCount += 1;
      await pause(20);
    }
  }
  async function lookUpOn(): Promise<void> {
    while (!isOver) {
      await clients.foundCount();
      await pause(50);
    }
  }
  const works = [registerOn(), registerOn(), lookUpOn()];
  let outcome: string;
  try {
    outcome = await body(load);
  } finally {
    isOver = true;
    await Promise.all(works);
  }
  return `${outcome}; beside it ${taken.length} new ones were taken and ${load.refusedCount} refused`;
}

/** How many of these nicknames can be looked up; where the store is not reached, asks again. */
export async function foundOf(
  { url }: Pick<DirectoryServer, "url">,
  nicknames: readonly string[],
): Promise<number> {
  const client = new DirectoryClient(url);
  const endMs = performance.now() + RECOVERY_MS;
  async function isFound(nickname: string): Promise<boolean> {
    for (;;) {
      try {
        await client.lookup(nickname);
        return true;
      } catch (error) {
        const isSilent = /cannot be reached|did not answer/
          .test(messageOf(error));
        if (!isSilent || performance.now() > endMs) return false;
        await pause(250);
      }
    }
  }
  let count = 0;
  for (const nickname of nicknames) {
    if (await isFound(nickname)) count += 1;
  }
  return count;
}
