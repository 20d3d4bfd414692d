/**
 * A store in one SQLite file, or in memory.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { LektError } from "../base/errors.ts";
import { fileReason } from "../base/reasons.ts";
import { harmless } from "../base/text.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { SWEEP_ROWS_MAX } from "./limits.ts";
import { sqliteReason } from "./reasons.ts";
import {
  type DirectoryEvent,
  type DirectoryStore,
  type RegisterOutcome,
  type Registration,
  StoreError,
  type UnregisterOutcome,
} from "./store.ts";
import { put, WatchTable } from "./watch.ts";

/** How often lapsed claims are looked for, in milliseconds. */
const SWEEP_MS = 60_000;

/**
 * EXCLUSIVE makes a second process on the same file fail at once; with NORMAL
 * a power failure may lose the last registrations, which their owners' next
 * refreshes bring back, and a killed process loses none.
 */
const SETTINGS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS peers (
    nickname TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    claim_until INTEGER NOT NULL,
    times INTEGER NOT NULL,
    token TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS peers_by_claim ON peers (claim_until);
`;

/** `times` counts the registrations since the nickname was free; no row comes back where it was not free. */
const REGISTER = `
  INSERT INTO peers (nickname, key, seq, expires, claim_until, times, token)
  VALUES (:nickname, :key, :seq, :expires, :claimUntil, 1, :token)
  ON CONFLICT (nickname) DO UPDATE SET
    key = excluded.key,
    seq = excluded.seq,
    expires = excluded.expires,
    claim_until = excluded.claim_until,
    times = CASE WHEN claim_until <= :now THEN 1 ELSE times + 1 END,
    token = excluded.token
  WHERE claim_until <= :now
    OR (key = excluded.key
      AND (seq < excluded.seq OR (seq = excluded.seq AND token = excluded.token)))
  RETURNING times
`;

const UNREGISTER = `
  UPDATE peers SET seq = :seq, token = NULL
  WHERE nickname = :nickname AND key = :key AND seq < :seq
`;

const OWNER =
  "SELECT key, seq, claim_until AS claimUntil, token FROM peers WHERE nickname = ?";

const LOOKUP = `
  SELECT key, seq, expires, token FROM peers
  WHERE nickname = ? AND token IS NOT NULL AND expires > ?
`;

const SWEEP = `
  DELETE FROM peers WHERE nickname IN
    (SELECT nickname FROM peers WHERE claim_until <= ? LIMIT ${SWEEP_ROWS_MAX})
`;

/** The statements that are run again and again. */
interface Statements {
  register: StatementSync;
  unregister: StatementSync;
  owner: StatementSync;
  lookup: StatementSync;
  sweep: StatementSync;
}

/**
 * Keeps registrations in an SQLite file, which one process at a time may
 * open, or in memory. What was registered survives the end of the process,
 * however it comes.
 */
export class SqliteStore implements DirectoryStore {
  #database: DatabaseSync;
  #statements: Statements;
  #clock: Clock;
  #watches: WatchTable;
  #closed = new AbortController();
  #sweeping: Promise<void>;

  /**
   * Opens the file, and makes it where it is missing.
   *
   * @param path The file, or `:memory:`.
   * @throws {LektError} `INVALID_ARGUMENT` where it cannot be used, for example because another process has it open.
   */
  constructor(path: string, clock: Clock = SYSTEM_CLOCK) {
    this.#clock = clock;
    this.#watches = new WatchTable(clock);
    this.#database = openDatabase(path);
    this.#statements = {
      register: this.#database.prepare(REGISTER),
      unregister: this.#database.prepare(UNREGISTER),
      owner: this.#database.prepare(OWNER),
      lookup: this.#database.prepare(LOOKUP),
      sweep: this.#database.prepare(SWEEP),
    };
    this.#sweeping = this.#sweepAgainAndAgain();
  }

  /** See {@linkcode DirectoryStore.register}. */
  register(
    registration: Registration,
    claimUntil: number,
  ): Promise<RegisterOutcome> {
    return this.#run("register a nickname", () => {
      const { nickname, key, seq, expires, token } = registration;
      const now = this.#clock.now();
      // Not `get`, which stops at the row: only a statement that has ended has
      // its log brought into the file, and the log would grow without end.
      const [row] = this.#statements.register.all({
        ":nickname": nickname,
        ":key": key,
        ":seq": seq,
        ":expires": expires,
        ":claimUntil": claimUntil,
        ":token": token,
        ":now": now,
      });
      if (row) {
        this.#publish(nickname, put(registration));
        return row["times"] === 1 ? "created" : "ok";
      }
      return this.#statements.owner.get(nickname)?.["key"] === key
        ? "stale"
        : "taken";
    });
  }

  /** See {@linkcode DirectoryStore.unregister}. */
  unregister(
    nickname: string,
    key: string,
    seq: number,
  ): Promise<UnregisterOutcome> {
    return this.#run("unregister a nickname", () => {
      const owner = this.#statements.owner.get(nickname);
      if (!owner || (owner["claimUntil"] as number) <= this.#clock.now()) {
        return "absent";
      }
      if (owner["key"] !== key) return "taken";
      if ((owner["seq"] as number) >= seq) {
        return owner["seq"] === seq && owner["token"] === null
          ? "absent"
          : "stale";
      }
      this.#statements.unregister.run({
        ":nickname": nickname,
        ":key": key,
        ":seq": seq,
      });
      if (owner["token"] === null) return "absent";
      this.#publish(nickname, { type: "gone" });
      return "ok";
    });
  }

  /** See {@linkcode DirectoryStore.lookup}. */
  lookup(nickname: string): Promise<Registration | undefined> {
    return this.#run("look a nickname up", () => {
      const row = this.#statements.lookup.get(nickname, this.#clock.now());
      return row && ({ ...row, nickname } as Registration);
    });
  }

  /** See {@linkcode DirectoryStore.watch}. */
  watch(
    nickname: string,
    signal: AbortSignal,
  ): AsyncIterable<DirectoryEvent> {
    return this.#watches.watch(nickname, signal, () => this.lookup(nickname));
  }

  /** How many nicknames are kept, claims without a registration among them. */
  count(): number {
    return this.#database.prepare("SELECT count(*) AS count FROM peers")
      .get()!["count"] as number;
  }

  /** See {@linkcode DirectoryStore.ping}. */
  async ping(): Promise<void> {
    await this.#run("reach the store", () => this.#database.exec("SELECT 1"));
  }

  /** See {@linkcode DirectoryStore.close}. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#watches.close();
    await this.#sweeping;
    this.#database.close();
  }

  #publish(nickname: string, event: DirectoryEvent): void {
    this.#watches.publish(nickname, event);
  }

  // SQLite answers at once; the interface promises a promise, also of failures.
  #run<T>(action: string, work: () => T): Promise<T> {
    try {
      return Promise.resolve(work());
    } catch (cause) {
      return Promise.reject(
        new StoreError(
          action,
          `the SQLite store failed: ${sqliteReason(cause)}`,
          cause,
        ),
      );
    }
  }

  async #sweepAgainAndAgain(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const count = await this.#sweep();
      // After a full slice there is more, and others are let in between.
      await this.#clock.wait(count < SWEEP_ROWS_MAX ? SWEEP_MS : 1, signal);
    }
  }

  async #sweep(): Promise<number> {
    try {
      const { changes } = await this.#run(
        "sweep",
        () => this.#statements.sweep.run(this.#clock.now()),
      );
      return Number(changes);
    } catch {
      // A full disk, say: the requests report it, the next sweep tries again.
      return 0;
    }
  }
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec(SETTINGS);
    return database;
  } catch (cause) {
    database?.close();
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot use the SQLite file ${harmless(path)}: ${openFault(path, cause)}`,
      { cause },
    );
  }
}

/** Why a file could not be opened: the system knows more than SQLite says. */
function openFault(path: string, cause: unknown): string {
  try {
    closeSync(openSync(path, "a+"));
  } catch (error) {
    return fileReason(error);
  }
  return sqliteReason(cause);
}
