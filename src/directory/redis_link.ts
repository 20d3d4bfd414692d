/**
 * A connection to Redis that never makes anybody wait for ever.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import type { LektError } from "../base/errors.ts";
import { SYSTEM_CLOCK, withDeadline } from "./clock.ts";
import { STORE_DEADLINE_MS } from "./limits.ts";
import {
  createRedisClient,
  parseRedisAddress,
  type RedisAddress,
  type RedisClient,
  type ScriptArguments,
} from "./redis_address.ts";
import { redisReason } from "./reasons.ts";
import { LOOKUP_SCRIPT, type RedisScript } from "./redis_scripts.ts";
import { StoreError } from "./store.ts";

/** How often the server is probed while it answers, in milliseconds. */
const PROBE_MS = 1_000;

/** How often it is probed while it does not. */
const PROBE_DOWN_MS = 200;

/** After so long without any answer, in milliseconds, the client is given up and a new one made. */
export const REPLACE_MS = 10_000;

/** Probed in the place of a nickname; no nickname is empty. */
const PROBE_KEY = "lekt:{}";

/** Events that may mean that changes were missed, by kind of client. */
const READY_EVENTS = ["ready", "node-ready", "topology-change"];

/**
 * Runs scripts within a deadline. While the server does not answer, everything
 * fails at once, so that nothing piles up; a probe finds out when it is back.
 */
export class RedisLink {
  #address: RedisAddress;
  #client: RedisClient;
  #onReady: (client: RedisClient) => void;
  #replaceMs: number;
  #isStalled = false;
  /** Why the client has no connection, as it last said. */
  #trouble: unknown;
  #answeredAt = Date.now();
  #closed = new AbortController();
  #probing: Promise<void>;

  /**
   * Begins to connect.
   *
   * @param onReady Called when the client has connected, or may have missed something.
   * @param replaceMs See {@linkcode REPLACE_MS}.
   * @throws {LektError} `INVALID_ARGUMENT` where the address is malformed.
   */
  constructor(
    address: string,
    onReady: (client: RedisClient) => void,
    replaceMs: number = REPLACE_MS,
  ) {
    this.#address = parseRedisAddress(address);
    this.#replaceMs = replaceMs;
    this.#onReady = onReady;
    this.#client = this.#connect();
    this.#probing = this.#probeAgainAndAgain();
  }

  /** Runs a script; rejects with a {@linkcode StoreError} within {@linkcode STORE_DEADLINE_MS}. */
  script(
    action: string,
    { sha, text }: RedisScript,
    options: ScriptArguments,
  ): Promise<unknown> {
    return this.run(action, async (client) => {
      try {
        return await client.evalSha(sha, options);
      } catch (error) {
        if (!messageOf(error).includes("NOSCRIPT")) throw error;
        return await client.eval(text, options);
      }
    });
  }

  /** Does something with the client, as {@linkcode script} does. */
  async run<T>(
    action: string,
    work: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    if (this.#isStalled) {
      throw new StoreError(action, "the Redis server does not answer");
    }
    return await this.#try(action, work);
  }

  /** Ends the connection and the probes. */
  async close(): Promise<void> {
    this.#closed.abort();
    destroy(this.#client);
    await this.#probing;
  }

  get #where(): string {
    return this.#address.nodes.map(({ host, port }) => `${host}:${port}`)
      .join(",");
  }

  async #try<T>(
    action: string,
    work: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    // Made only where it is needed: each error takes down where it was made.
    let late: StoreError | undefined;
    function expire(): StoreError {
      const state =
        `the Redis server did not answer within ${STORE_DEADLINE_MS} ms`;
      return late = new StoreError(action, state);
    }
    try {
      const result = await withDeadline(
        work(this.#client),
        STORE_DEADLINE_MS,
        expire,
      );
      this.#answeredAt = Date.now();
      this.#trouble = undefined;
      return result;
    } catch (error) {
      if (late && error === late) {
        this.#isStalled = true;
        throw late;
      }
      throw new StoreError(
        action,
        `the Redis server at ${this.#where} cannot be used: ${
          redisReason(this.#trouble ?? error)
        }`,
        error,
      );
    }
  }

  async #probeAgainAndAgain(): Promise<void> {
    const { signal } = this.#closed;
    let isDown = true;
    await SYSTEM_CLOCK.wait(PROBE_DOWN_MS, signal);
    while (!signal.aborted) {
      const wasDown = isDown;
      isDown = !await this.#probe();
      // A client that was made now would never be closed.
      if (signal.aborted) return;
      if (wasDown && !isDown) this.#onReady(this.#client);
      if (isDown && Date.now() - this.#answeredAt > this.#replaceMs) {
        destroy(this.#client);
        this.#client = this.#connect();
      }
      await SYSTEM_CLOCK.wait(isDown ? PROBE_DOWN_MS : PROBE_MS, signal);
    }
  }

  async #probe(): Promise<boolean> {
    try {
      await this.#try(
        "reach the store",
        (client) =>
          client.eval(LOOKUP_SCRIPT.text, { keys: [PROBE_KEY], arguments: [] }),
      );
      this.#isStalled = false;
      return true;
    } catch (error) {
      // What fails at once holds nobody up: only silence is a stall.
      if ((error as LektError).cause !== undefined) this.#isStalled = false;
      return false;
    }
  }

  #connect(): RedisClient {
    this.#answeredAt = Date.now();
    const client = createRedisClient(this.#address);
    // Without a listener an error event would end the process; the commands
    // that fail report it.
    client.on("error", (error) => {
      // Sentinels tell `undefined` before they tell why.
      if (error instanceof Error) this.#trouble = error;
    });
    for (const event of READY_EVENTS) {
      client.on(event, () => this.#onReady(client));
    }
    client.connect().catch(ignore);
    return client;
  }
}

function ignore(): void {}

function destroy(client: RedisClient): void {
  try {
    Promise.resolve(client.destroy()).catch(ignore);
  } catch {
    // It was not open.
  }
}
