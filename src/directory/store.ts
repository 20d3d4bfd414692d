/**
 * What a directory keeps, behind one interface: nicknames, who owns them, and
 * the latest registration of each.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/** A registration as a store keeps it. */
export interface Registration {
  /** Whose it is. */
  nickname: string;
  /** The thumbprint of the key that signed it. */
  key: string;
  /** Rises with each record of one key for one nickname. */
  seq: number;
  /** Until when it may be served, in milliseconds since 1970. */
  expires: number;
  /** The signed record, byte for byte. */
  token: string;
}

/** A change that a watcher sees: a registration came or was renewed, or there is none any more. */
export type DirectoryEvent =
  | { type: "put"; registration: Registration }
  | { type: "gone" };

/**
 * How a registration went: `created` where the nickname was free, `ok` where
 * it was the same key's, `taken` where it is another key's, `stale` where a
 * record with a higher `seq`, or another one with the same, was there before.
 */
export type RegisterOutcome = "created" | "ok" | "taken" | "stale";

/** How an unregistration went; `absent` where there was nothing to take back. */
export type UnregisterOutcome = "ok" | "taken" | "stale" | "absent";

/**
 * Keeps registrations. Each method is one atomic act; each rejects with a
 * {@linkcode StoreError} within 1.5 s where the store cannot be reached, and
 * what it asked for may then have been done all the same.
 */
export interface DirectoryStore {
  /**
   * Takes a registration, or a refresh of it, where the nickname is free, or
   * its claim has lapsed, or the key is the same and `seq` is higher. The very
   * same registration again is a success.
   *
   * @param registration Who can be reached how, and until when.
   * @param claimUntil Until when the nickname is this key's, in milliseconds since 1970.
   */
  register(
    registration: Registration,
    claimUntil: number,
  ): Promise<RegisterOutcome>;
  /**
   * Takes a registration back; the nickname stays its owner's.
   *
   * @param nickname The nickname to give back.
   * @param key The thumbprint of whoever holds it.
   * @param seq The number of the record that says so; higher than that of the registration.
   */
  unregister(
    nickname: string,
    key: string,
    seq: number,
  ): Promise<UnregisterOutcome>;
  /**
   * The registration of a nickname, until it expires.
   *
   * @param nickname The nickname.
   */
  lookup(nickname: string): Promise<Registration | undefined>;
  /**
   * The present state first, then each change; a watcher that is slow may see
   * only the latest of many. Ends when `signal` fires or the store is closed.
   *
   * @param nickname The nickname.
   * @param signal Ends it.
   */
  watch(
    nickname: string,
    signal: AbortSignal,
  ): AsyncIterable<DirectoryEvent>;
  /** Resolves where the store answers. */
  ping(): Promise<void>;
  /** Ends everything that is open. May be called again. */
  close(): Promise<void>;
}

/**
 * The store cannot be reached, or did not answer in time.
 *
 * @example
 * ```ts
 * import { openStore, StoreError } from "@lekt/lekt/directory";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const store = await openStore("redis://127.0.0.1:1"); // where nothing listens
 * const error = await assertRejects(() => store.lookup("bob"), StoreError);
 * assertEquals(error.code, "UNREACHABLE");
 * await store.close();
 * ```
 */
export class StoreError extends LektError {
  /**
   * Makes an error that says what the store was asked for, and what stopped it.
   *
   * @param action What the store was asked for, such as `find a nickname`.
   * @param state What stopped it.
   * @param cause What lies beneath.
   */
  constructor(action: string, state: string, cause?: unknown) {
    super(
      "UNREACHABLE",
      `Cannot ${action}: ${state}`,
      cause === undefined ? {} : { cause },
    );
    this.name = "StoreError";
  }
}
