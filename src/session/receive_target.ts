/**
 * Where the next bytes of a connection go, by what is known of them: so that
 * they are copied as little as possible. The first row that applies decides.
 *
 * | what is known                                               | they are read to       | who takes them there                      |
 * | ----------------------------------------------------------- | ---------------------- | ----------------------------------------- |
 * | no message has come yet                                     | the small buffer       | the handshake, or as in the third row     |
 * | nothing is incomplete, and the last read brought little     | the small buffer       | `small_message_reader.ts`: a copy; what   |
 * |                                                             |                        | it does not know, the core                |
 * | cores are scarce, and the last read brought little          | the small buffer       | the core, from a copy                     |
 * | 64 KiB or more of a part are missing, and a reader waits    | the reader's memory    | the core counts them: `message.ts` gives  |
 * | with memory for so many                                     |                        | them to the reader                        |
 * | a reader has memory of its own, and a part of 64 KiB or     | the region, up to the  | the core: `byte_queue.ts` gets a copy     |
 * | more ends soon or has ended                                 | end of the next header |                                           |
 * | a long message begins                                       | the region, 66 KiB     | the same                                  |
 * | anything else                                               | the region             | the same                                  |
 *
 * The region is the core's receive region, and no more of it is used than may
 * be held. Where cores are scarce (`core.ts`) it is not lent, for a read may
 * take for ever: then a buffer of 16 KiB stands for it.
 *
 * @module
 */
import { PACKET_HEADER_SIZE } from "../../asm/wire.ts";
import { assert } from "../base/assert.ts";
import type { LektError } from "../base/errors.ts";
import { areCoresScarce } from "../framing/core.ts";
import { DIRECT_SIZE_MIN, type Exchange } from "./exchange.ts";
import { readShortControls } from "./short_controls.ts";
import { SmallMessageReader } from "./small_message_reader.ts";

/** Bytes read at once where little is expected, as before the first message: the largest handshake packet and a few more. */
const SMALL_READ_SIZE = 1152;

/** Bytes read at once, at least, however little room is left. */
const READ_SIZE_MIN = 4 * 1024;

/** Bytes read at once where more is expected and the region is not lent. */
const OWN_READ_SIZE = 16 * 1024;

/** Of a long message that begins no more is read to the region than has it handed over: then the rest can go straight to its reader, from its first part on. */
const BEGIN_SIZE = 66 * 1024;

/** What the memory is that was lent for a read: a column of the table above. */
type Target =
  | "small buffer"
  | "own buffer"
  | "reader's memory"
  | "region";

/** Lends memory for reads, one at a time. */
export class ReceiveTarget {
  #target: Target = "small buffer";
  #wasSmall = true;
  #hasBegunLong = false;
  #wasFilled = false;
  #smallBuffer = new Uint8Array(SMALL_READ_SIZE);
  #ownBuffer: Uint8Array | undefined;
  #smallReader = new SmallMessageReader();
  #lent: Uint8Array | undefined;
  // A double from the start: as a small integer it would outgrow that at 1 GiB, and all compiled code that reads this object would be thrown away.
  #receivedBytes = -0;

  /** Bytes that were taken. */
  get receivedBytes(): number {
    return this.#receivedBytes + 0;
  }

  /** A long message has begun with what was taken last: who gets it now may want the rest in memory of its own. */
  get hasBegunLong(): boolean {
    return this.#hasBegunLong;
  }

  /** Memory for the next read, on loan until {@linkcode takeBack} or {@linkcode forget}; no more of the region than `sizeMax` bytes, but where a long message begins. There is no exchange before the first message. */
  lend(exchange: Exchange | undefined, sizeMax: number): Uint8Array {
    assert(!this.#lent, "The receive buffer is lent already");
    this.#lent = exchange ? this.#choose(exchange, sizeMax) : this.#smallBuffer;
    return this.#lent;
  }

  /** The memory that was lent, of which the first `size` bytes are filled. */
  takeBack(size: number): Uint8Array {
    const lent = this.#lent;
    assert(lent && size <= lent.length, "More was received than was lent");
    this.#lent = undefined;
    return lent;
  }

  /** So many bytes of what was lent were taken elsewhere. */
  noteTaken(size: number): void {
    this.#receivedBytes += size;
  }

  /** Nothing has come to what was lent, and nothing will. */
  forget(): void {
    this.#lent = undefined;
  }

  /** Has the first `size` bytes of what was lent taken; returns an error where they break a rule. */
  take(
    exchange: Exchange,
    lent: Uint8Array,
    size: number,
  ): LektError | undefined {
    this.noteTaken(size);
    this.#wasSmall = size < SMALL_READ_SIZE;
    this.#hasBegunLong = size === BEGIN_SIZE && lent.length === BEGIN_SIZE;
    this.#wasFilled = size === lent.length;
    switch (this.#target) {
      case "small buffer":
        return this.#takeSmall(exchange, lent, size);
      case "own buffer":
        return receiveCopy(exchange, lent.subarray(0, size));
      case "reader's memory":
        return exchange.receiveElsewhere(size);
      case "region":
        return exchange.receive(size);
    }
  }

  /** A connection on which little comes and nothing is under way needs no core; where cores are scarce none does, as long as nothing of it is lent. */
  releaseCoreWhereIdle(exchange: Exchange): void {
    const { outbox } = exchange;
    if (areCoresScarce()) {
      const isLent = this.#lent !== undefined && this.#target === "region";
      if (isLent || !outbox.buffers.isEmpty) return;
    } else if (this.#target !== "small buffer" || !outbox.isDrained) return;
    exchange.releaseIdleCore();
  }

  #takeSmall(
    exchange: Exchange,
    bytes: Uint8Array,
    size: number,
  ): LektError | undefined {
    const end = this.#takeWithoutCore(exchange, bytes, size);
    if (typeof end !== "number") return end;
    return end < size
      ? receiveCopy(exchange, bytes.subarray(end, size))
      : undefined;
  }

  /** The offset behind what needs no core, all of which was taken; or the error of some of it. */
  #takeWithoutCore(
    exchange: Exchange,
    bytes: Uint8Array,
    size: number,
  ): number | LektError {
    let at = 0;
    while (at < size && exchange.isBetweenMessages) {
      const start = at;
      if (exchange.receipts) {
        const end = readShortControls(bytes, at, size, exchange);
        if (typeof end !== "number") return end;
        at = end;
      }
      const batch = exchange.receipts?.goodbye
        ? undefined
        : this.#smallReader.read(bytes, at, size);
      if (batch) {
        const error = exchange.takeBatch(batch, batch.endOffset - at);
        if (error) return error;
        at = batch.endOffset;
      }
      if (at === start) break;
    }
    return at;
  }

  /** The table above. */
  #choose(exchange: Exchange, sizeMax: number): Uint8Array {
    const isSmall = this.#wasSmall &&
      (exchange.isBetweenMessages || !this.#wasFilled && areCoresScarce());
    if (isSmall) {
      this.#target = "small buffer";
      this.#ownBuffer = undefined;
      this.releaseCoreWhereIdle(exchange);
      return this.#smallBuffer;
    }
    const memory = this.#lendDirectly(exchange);
    if (!memory) return this.#lendRegion(exchange, sizeMax);
    this.releaseCoreWhereIdle(exchange);
    return memory;
  }

  /** The memory of a reader who waits for the payload under way. */
  #lendDirectly({ underWay, inbox }: Exchange): Uint8Array | undefined {
    const missing = underWay.payloadMissing;
    if (missing < DIRECT_SIZE_MIN) return undefined;
    const reader = inbox.readerOf(underWay.payloadSlot);
    const free = reader?.readInto?.subarray(reader.readSize);
    if (!free || free.length < DIRECT_SIZE_MIN) return undefined;
    this.#target = "reader's memory";
    return free.subarray(0, missing);
  }

  /** The receive region, no more of it than may be held, and only up to where the rest may go elsewhere. */
  #lendRegion(exchange: Exchange, readSizeMax: number): Uint8Array {
    const { underWay, inbox } = exchange;
    const missing = underWay.payloadMissing;
    const isBetween = missing === 0
      ? this.#target === "reader's memory"
      : missing < DIRECT_SIZE_MIN &&
        underWay.payloadSize >= DIRECT_SIZE_MIN &&
        inbox.hasReaderWithMemory(underWay.payloadSlot);
    const isBegin = missing >= 2 * BEGIN_SIZE &&
      inbox.arrivedSize(underWay.payloadSlot) === 0;
    const sizeMax = isBetween
      ? missing + PACKET_HEADER_SIZE
      : isBegin
      ? BEGIN_SIZE
      : readSizeMax;
    const room = Math.max(inbox.room, READ_SIZE_MIN);
    return this.#region(exchange).subarray(0, Math.min(room, sizeMax));
  }

  #region(exchange: Exchange): Uint8Array {
    if (areCoresScarce()) {
      this.#target = "own buffer";
      this.releaseCoreWhereIdle(exchange);
      return this.#ownBuffer ??= new Uint8Array(OWN_READ_SIZE);
    }
    this.#target = "region";
    this.#ownBuffer = undefined;
    return exchange.core.receiveRegion;
  }
}

/** Has the core take bytes that were read to another place. */
function receiveCopy(
  exchange: Exchange,
  bytes: Uint8Array,
): LektError | undefined {
  exchange.core.receiveRegion.set(bytes);
  return exchange.receive(bytes.length);
}
