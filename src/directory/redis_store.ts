/**
 * A store in Redis or Valkey, for any number of directory processes.
 *
 * @module
 */
import { SYSTEM_CLOCK } from "./clock.ts";
import type { RedisClient } from "./redis_address.ts";
import { RedisLink } from "./redis_link.ts";
import {
  LOOKUP_SCRIPT,
  REGISTER_SCRIPT,
  UNREGISTER_SCRIPT,
} from "./redis_scripts.ts";
import {
  type DirectoryEvent,
  type DirectoryStore,
  type RegisterOutcome,
  type Registration,
  StoreError,
  type UnregisterOutcome,
} from "./store.ts";
import { put, WatchTable } from "./watch.ts";

/** How often watched nicknames are looked at without any sign of a change, in milliseconds. */
const RESYNC_MS = 15_000;

/** Nicknames that are looked at at once. */
const RESYNC_COUNT = 64;

/** A registration, or none, and the revision of the nickname. */
interface State {
  revision: number;
  registration: Registration | undefined;
}

/**
 * Keeps registrations in Redis 7 or Valkey: one hash for each nickname, named
 * `lekt:{NICKNAME}` with the nickname percent-encoded, which goes when its
 * claim lapses. Changes are published on `lekt:{NICKNAME}:events`. The server
 * must be set not to evict keys (`maxmemory-policy noeviction`, its default).
 */
export class RedisStore implements DirectoryStore {
  #link: RedisLink;
  #watches: WatchTable;
  #revisions = new Map<string, number>();
  #closed = new AbortController();
  #resyncing: Promise<void>;
  #isResyncDue = false;

  /**
   * Begins to connect; what is asked for before that has come about is refused.
   *
   * @param address As `openStore` takes it.
   * @param options `replaceMs`: after so long without any answer, in milliseconds, a new connection is made. Default: 10,000.
   * @throws {LektError} `INVALID_ARGUMENT` where the address is malformed.
   */
  constructor(address: string, options: { replaceMs?: number } = {}) {
    this.#watches = new WatchTable(SYSTEM_CLOCK);
    this.#link = new RedisLink(address, () => {
      this.#isResyncDue = true;
      this.#wake();
    }, options.replaceMs);
    this.#resyncing = this.#resyncAgainAndAgain();
  }

  /** See {@linkcode DirectoryStore.register}. */
  async register(
    registration: Registration,
    claimUntil: number,
  ): Promise<RegisterOutcome> {
    const { nickname, key, seq, expires, token } = registration;
    const outcome = await this.#link.script(
      "register a nickname",
      REGISTER_SCRIPT,
      {
        keys: [hashOf(nickname)],
        arguments: [
          key,
          String(seq),
          String(expires),
          String(claimUntil),
          token,
          channelOf(nickname),
        ],
      },
    );
    return outcome as RegisterOutcome;
  }

  /** See {@linkcode DirectoryStore.unregister}. */
  async unregister(
    nickname: string,
    key: string,
    seq: number,
  ): Promise<UnregisterOutcome> {
    const outcome = await this.#link.script(
      "unregister a nickname",
      UNREGISTER_SCRIPT,
      {
        keys: [hashOf(nickname)],
        arguments: [key, String(seq), channelOf(nickname)],
      },
    );
    return outcome as UnregisterOutcome;
  }

  /** See {@linkcode DirectoryStore.lookup}. */
  async lookup(nickname: string): Promise<Registration | undefined> {
    return (await this.#state(nickname)).registration;
  }

  /** See {@linkcode DirectoryStore.watch}. */
  async *watch(
    nickname: string,
    signal: AbortSignal,
  ): AsyncGenerator<DirectoryEvent> {
    try {
      yield* this.#watches.watch(nickname, signal, async () => {
        await this.#subscribe(nickname);
        const state = await this.#state(nickname);
        this.#note(nickname, state);
        return state.registration;
      });
    } finally {
      await this.#unsubscribe(nickname);
    }
  }

  /** See {@linkcode DirectoryStore.ping}. */
  async ping(): Promise<void> {
    await this.#state("");
  }

  /** See {@linkcode DirectoryStore.close}. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#wake();
    this.#watches.close();
    await this.#link.close();
    await this.#resyncing;
  }

  async #state(nickname: string): Promise<State> {
    const reply = await this.#link.script("look a nickname up", LOOKUP_SCRIPT, {
      keys: [hashOf(nickname)],
      arguments: [],
    });
    return readState(nickname, reply as string[]);
  }

  /** Tells whether a state is at least as new as the newest one seen, and remembers it. */
  #note(nickname: string, { revision, registration }: State): boolean {
    // A server that lost its data starts over: what it says counts.
    const isEmpty = revision === 0 && registration === undefined;
    if (!isEmpty && revision < (this.#revisions.get(nickname) ?? 0)) {
      return false;
    }
    this.#revisions.set(nickname, revision);
    return true;
  }

  #publish(nickname: string, state: State): void {
    if (!this.#watches.has(nickname) || !this.#note(nickname, state)) return;
    const { registration } = state;
    this.#watches.publish(
      nickname,
      registration ? put(registration) : { type: "gone" },
    );
  }

  #hear = (message: string, channel: string): void => {
    const nickname = nicknameOf(channel);
    this.#publish(nickname, readState(nickname, message.split("\n")));
  };

  #subscribe(nickname: string): Promise<void> {
    return this.#link.run(
      "watch a nickname",
      (client: RedisClient) =>
        client.sSubscribe(channelOf(nickname), this.#hear),
    );
  }

  async #unsubscribe(nickname: string): Promise<void> {
    if (this.#watches.has(nickname)) return;
    this.#revisions.delete(nickname);
    if (this.#closed.signal.aborted) return;
    try {
      await this.#link.run(
        "stop watching a nickname",
        (client) => client.sUnsubscribe(channelOf(nickname), this.#hear),
      );
    } catch (error) {
      // The connection is gone, and the subscription with it.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #wake: () => void = ignore;

  async #resyncAgainAndAgain(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      if (!this.#isResyncDue) await this.#waitForResync();
      this.#isResyncDue = false;
      const nicknames = this.#watches.nicknames;
      while (nicknames.length > 0 && !signal.aborted) {
        const slice = nicknames.splice(-RESYNC_COUNT);
        await Promise.all(slice.map((nickname) => this.#resync(nickname)));
      }
    }
  }

  async #waitForResync(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([woken.signal, this.#closed.signal]);
    await SYSTEM_CLOCK.wait(RESYNC_MS, either);
  }

  async #resync(nickname: string): Promise<void> {
    try {
      await this.#subscribe(nickname);
      this.#publish(nickname, await this.#state(nickname));
    } catch (error) {
      // It comes round again when the server is back.
      if (!(error instanceof StoreError)) throw error;
    }
  }
}

function ignore(): void {}

function hashOf(nickname: string): string {
  return `lekt:{${encodeURIComponent(nickname)}}`;
}

function channelOf(nickname: string): string {
  return `${hashOf(nickname)}:events`;
}

function nicknameOf(channel: string): string {
  return decodeURIComponent(
    channel.slice("lekt:{".length, -"}:events".length),
  );
}

function readState(nickname: string, fields: readonly string[]): State {
  const [revision = "0", key = "", seq, expires, token] = fields;
  const registration = token === undefined ? undefined : {
    nickname,
    key,
    seq: Number(seq),
    expires: Number(expires),
    token,
  };
  return { revision: Number(revision), registration };
}
