/**
 * The last registration of each nickname that a directory gave.
 *
 * @module
 */
import type { SignedRecord } from "./record.ts";

/** Nicknames that are remembered at most, 8 KiB each. */
const RECORDS_MAX = 1_000;

/** A record and what the directory calls its bytes. */
export interface CachedRecord {
  /** The record, verified. */
  record: SignedRecord;
  /** The directory's `ETag` for it. */
  etag: string;
}

/** Remembers verified records until they expire. */
export class RecordCache {
  #records = new Map<string, CachedRecord>();

  /** The record of a nickname, unless it has expired by `now`, in milliseconds since 1970. */
  get(nickname: string, now: number): CachedRecord | undefined {
    const cached = this.#records.get(nickname);
    if (cached === undefined || cached.record.expiresAt * 1_000 > now) {
      return cached;
    }
    this.#records.delete(nickname);
    return undefined;
  }

  /** Remembers a record; where there are too many, the one that was put in first goes. */
  put(record: SignedRecord, etag: string): void {
    this.#records.delete(record.nickname);
    this.#records.set(record.nickname, { record, etag });
    if (this.#records.size <= RECORDS_MAX) return;
    const [oldest] = this.#records.keys();
    this.#records.delete(oldest!);
  }

  /** Forgets a nickname. */
  delete(nickname: string): void {
    this.#records.delete(nickname);
  }
}
