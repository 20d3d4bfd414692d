/**
 * Where the next bytes of a connection in connected state are read to, so that
 * they are copied as little as possible, and who takes them from there.
 *
 * @module
 */
import { PACKET_HEADER_SIZE } from "../../asm/wire.ts";
import type { LektError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import { SmallMessageReader } from "./small_message_reader.ts";

/** Bytes read at once where little is expected, as before the first message: the largest handshake packet and a few more. */
export const SMALL_READ_SIZE = 1152;

/** Bytes read at once, at least, however little room is left. */
const READ_SIZE_MIN = 4 * 1024;

/** From this size on payload is read straight to where it is wanted: to the memory of the reader who waits for it, or of its message. */
export const DIRECT_SIZE_MIN = 64 * 1024;

/** A message of which so much has arrived goes on in large parts: no more than the header of the next one is read to the region, so that its payload can be read straight to where it is wanted. */
const LONG_SIZE_MIN = 256 * 1024;

/** Of a long message that begins no more is read to the region than has it handed over: then the rest can go straight to its reader (1 MiB, streamed: 7 % more). */
const BEGIN_SIZE = 66 * 1024;

/** What the memory that was lent for a read is: `end of message` is as much of the receive region as the message under way lacks; a `shared block` belongs to the messages to come. */
type Place =
  | "small"
  | "region"
  | "end of message"
  | "reader"
  | "message"
  | "shared block";

/** Lends memory for reads, one at a time. */
export class Receiving {
  #place: Place = "small";
  #wasSmall = true;
  #smallReader = new SmallMessageReader();

  /** Memory for the next read: the receive region, no more of it than may be held; or what serves better. `small` is memory for a connection on which little comes. */
  lend(exchange: Exchange, small: Uint8Array): Uint8Array {
    const { sharedBlocks } = exchange;
    const wantsSharedBlock = exchange.wantsSharedBlock;
    if (
      sharedBlocks.isReading || wantsSharedBlock && exchange.isBetweenMessages
    ) {
      this.#place = "shared block";
      return sharedBlocks.lend();
    }
    if (this.#wasSmall && exchange.isBetweenMessages) {
      this.#place = "small";
      this.releaseCoreWhereIdle(exchange);
      return small;
    }
    return this.#lendDirectly(exchange) ??
      this.#lendRegion(
        exchange,
        wantsSharedBlock ? exchange.singlePacketMissing : 0,
      );
  }

  /** Takes the first `size` bytes of what was lent; returns an error where they break a rule. */
  take(
    exchange: Exchange,
    lent: Uint8Array,
    size: number,
  ): LektError | undefined {
    this.#wasSmall = size < SMALL_READ_SIZE;
    const { elsewhere, inbox, reader } = exchange;
    switch (this.#place) {
      case "shared block":
        return exchange.takeSharedBlock(size);
      case "reader":
      case "message":
        return reader.receiveElsewhere(size, elsewhere);
      case "small":
        return this.#takeSmall(exchange, lent, size);
      case "end of message":
        return reader.receive(size, inbox);
      case "region": {
        const error = reader.receive(size, inbox);
        exchange.expectSharedBlock(size);
        return error;
      }
    }
  }

  /** A connection on which little comes and nothing is under way needs no core. */
  releaseCoreWhereIdle(exchange: Exchange): void {
    if (this.#place === "small" && exchange.outbox.isDrained) {
      exchange.releaseIdleCore();
    }
  }

  #takeSmall(
    exchange: Exchange,
    bytes: Uint8Array,
    size: number,
  ): LektError | undefined {
    if (exchange.isBetweenMessages) {
      const batch = this.#smallReader.read(bytes, size);
      if (batch) {
        exchange.inbox.takeBatch(batch);
        return undefined;
      }
    }
    exchange.core.receiveRegion.set(bytes.subarray(0, size));
    return exchange.reader.receive(size, exchange.inbox);
  }

  /** The memory of a reader who waits for the payload under way, or of its message. */
  #lendDirectly({ core, inbox }: Exchange): Uint8Array | undefined {
    const missing = core.payloadMissing;
    if (missing < DIRECT_SIZE_MIN) return undefined;
    const slot = core.payloadSlot;
    const reader = inbox.readerOf(slot);
    const free = reader?.readInto?.subarray(reader.readSize);
    if (free && free.length >= DIRECT_SIZE_MIN) {
      this.#place = "reader";
      return free.subarray(0, missing);
    }
    const memory = inbox.lend(slot, DIRECT_SIZE_MIN, missing);
    if (memory) this.#place = "message";
    return memory;
  }

  #lendRegion(
    { core, inbox }: Exchange,
    singlePacketMissing: number,
  ): Uint8Array {
    if (singlePacketMissing > 0) {
      this.#place = "end of message";
      return core.receiveRegion.subarray(0, singlePacketMissing);
    }
    const missing = core.payloadMissing;
    const wasDirect = this.#place === "reader" || this.#place === "message";
    this.#place = "region";
    const isInLargePart = missing > 0 && missing < DIRECT_SIZE_MIN &&
      core.payloadSize >= DIRECT_SIZE_MIN &&
      inbox.arrivedSize(core.payloadSlot) >= LONG_SIZE_MIN;
    const isBetween = missing === 0 ? wasDirect : isInLargePart;
    const isBegin = missing >= 2 * BEGIN_SIZE &&
      inbox.arrivedSize(core.payloadSlot) === 0;
    const sizeMax = isBetween
      ? missing + PACKET_HEADER_SIZE
      : isBegin
      ? BEGIN_SIZE
      : Infinity;
    const room = Math.max(inbox.room, READ_SIZE_MIN);
    return core.receiveRegion.subarray(0, Math.min(room, sizeMax));
  }
}
