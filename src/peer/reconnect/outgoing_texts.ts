/**
 * The texts that one conversation sends: kept until the other side confirms
 * that it has taken them, so that they can be sent again over another
 * connection.
 *
 * @module
 */
import { concat } from "@std/bytes";
import { type Connection, LektError } from "../../../mod.ts";
import type { TextId } from "../../talk/resume.ts";

/** Texts that are kept at once, and their bytes: with so many, whoever says more waits. */
const KEPT_COUNT_MAX = 1_000;
const KEPT_SIZE_MAX = 8 * 1024 * 1024;

/** Bytes of the longest text that is kept; a longer one is sent once. */
const TEXT_SIZE_MAX = 1024 * 1024;

/** A text that is not confirmed yet. */
interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The connection over which it was sent last. */
  link?: number;
  /** Its id there, once a part of it has gone. */
  id?: number;
}

/** What {@linkcode OutgoingTexts} tells. */
export interface OutgoingTextsOptions {
  /** A text did not arrive, and is not sent again. */
  readonly onFault: (message: string) => void;
}

/** Sends texts, and knows which are confirmed. */
export class OutgoingTexts {
  readonly #options: OutgoingTextsOptions;
  readonly #kept = new Set<Kept>();
  #keptSize = 0;
  #isSendingOnce = false;
  #connection: Connection | undefined;
  #link = 0;
  #isEnded = false;
  #room = Promise.withResolvers<void>();

  /** Sends over this connection first. */
  constructor(connection: Connection, options: OutgoingTextsOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** How many are not confirmed. */
  get count(): number {
    return this.#kept.size + (this.#isSendingOnce ? 1 : 0);
  }

  /** Sends a text, or keeps it until there is a connection again; resolves when the next may follow. */
  async send(
    text: Uint8Array | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { start, rest } = await startOf(text);
    if (rest) return await this.#sendOnce(start, rest);
    while (!this.#hasRoom && !this.#isEnded) await this.#room.promise;
    if (this.#isEnded) return;
    const kept: Kept = { bytes: new Uint8Array(start) };
    this.#kept.add(kept);
    this.#keptSize += kept.bytes.length;
    this.#transmit(kept);
  }

  /** There is no connection for now: what is said is kept. */
  pause(): void {
    this.#connection = undefined;
  }

  /**
   * Goes on over another connection, on which the other side has said what it
   * has taken.
   *
   * @return How many are sent again that may have been on their way before.
   */
  resume(
    connection: Connection,
    link: number,
    taken: readonly TextId[],
  ): number {
    const takenIds = new Set(taken.map(([link, id]) => `${link} ${id}`));
    for (const kept of this.#kept) {
      if (takenIds.has(`${kept.link} ${kept.id}`)) this.#forget(kept);
    }
    return this.#goOn(connection, link);
  }

  /**
   * Goes on over another connection to somebody who does not know what was said
   * before: what may have arrived is not sent again.
   *
   * @return How many that are.
   */
  beginAnew(connection: Connection, link: number): number {
    let lostCount = 0;
    for (const kept of this.#kept) {
      if (kept.id === undefined) continue;
      lostCount++;
      this.#forget(kept);
    }
    this.#goOn(connection, link);
    return lostCount;
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#isEnded = true;
    this.#connection = undefined;
    this.#room.resolve();
  }

  get #hasRoom(): boolean {
    return this.#kept.size < KEPT_COUNT_MAX && this.#keptSize < KEPT_SIZE_MAX;
  }

  #goOn(connection: Connection, link: number): number {
    this.#connection = connection;
    this.#link = link;
    let repeatedCount = 0;
    for (const kept of this.#kept) {
      if (kept.id !== undefined) repeatedCount++;
      this.#transmit(kept);
    }
    return repeatedCount;
  }

  /** At once, so that texts keep their order. */
  async #transmit(kept: Kept): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    kept.link = this.#link;
    delete kept.id;
    try {
      await connection.send(kept.bytes, {
        confirm: true,
        onId: (id) => kept.id = id,
      });
      this.#forget(kept);
    } catch (error) {
      // Where the connection has failed, it is kept.
      if (!(error instanceof LektError) || error.code !== "CANCELLED") return;
      this.#forget(kept);
      this.#options.onFault(`A text was not taken: ${error.message}`);
    }
  }

  /** What is too long to be kept: only a confirmation says that it has arrived. */
  async #sendOnce(
    start: Uint8Array,
    rest: AsyncIterator<Uint8Array>,
  ): Promise<void> {
    async function* text(): AsyncGenerator<Uint8Array> {
      yield start;
      yield* { [Symbol.asyncIterator]: () => rest };
    }
    this.#isSendingOnce = true;
    try {
      if (!this.#connection) throw new Error("the connection is lost");
      await this.#connection.send(text(), { confirm: true });
    } catch {
      this.#options.onFault(
        "A long text was not confirmed when the connection was lost: it may not have arrived, and is not sent again",
      );
    } finally {
      this.#isSendingOnce = false;
    }
  }

  #forget(kept: Kept): void {
    if (!this.#kept.delete(kept)) return;
    this.#keptSize -= kept.bytes.length;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

/** A text, or as much of its beginning as shows that it is too long to be kept, with the rest. */
async function startOf(
  text: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<{ start: Uint8Array; rest?: AsyncIterator<Uint8Array> }> {
  if (text instanceof Uint8Array) {
    const isKept = text.length <= TEXT_SIZE_MAX;
    return isKept ? { start: text } : { start: text, rest: nothing() };
  }
  const chunks = text[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size <= TEXT_SIZE_MAX) {
    const { done, value } = await chunks.next();
    if (done) return { start: concat(pieces) };
    pieces.push(value);
    size += value.length;
  }
  return { start: concat(pieces), rest: chunks };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
