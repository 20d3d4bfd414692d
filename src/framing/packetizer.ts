/**
 * Message -> packets ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#5-message-packets), section 5).
 *
 * @module
 */
import {
  ABORT_PART,
  OPEN_COUNT_MAX,
  PACKET_HEADER_SIZE,
  PART_SIZE_MAX,
} from "../../asm/wire.ts";
import {
  checkMinor,
  type ControlPacket,
  type GoodbyePacket,
} from "./control.ts";
import { Core } from "./core.ts";
import { LektError, messageOf } from "../base/errors.ts";
import { MessageIds } from "./message_ids.ts";
import { PacketBuffer } from "./packet_buffer.ts";
import { lastPartIndex } from "./part_index.ts";
import { encodeReason } from "../base/text.ts";

const NO_REASON = new Uint8Array(0);

/** Behind the Goodbye no message fits a packet, not even an empty one. */
const NOTHING_FITS = -1;

/** Options of a {@linkcode Packetizer}. */
export interface PacketizerOptions {
  /** Bytes of a message in one packet, at most: 1 to 262,144, which is the default. */
  maxPartBytes?: number;
  /** VERSION_MINOR of the stream: 0, which is the default, or 1, which has control packets. */
  minor?: 0 | 1;
}

/**
 * Turns messages into packets ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#5-message-packets), section 5). What it yields lies
 * in memory that it uses again: write or copy it before the next step.
 *
 * @example A message of unknown length
 * ```ts
 * import { Packetizer } from "@lekt/lekt/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const packetizer = new Packetizer();
 * const id = packetizer.openMessage();
 * let size = 0;
 * for (const bytes of packetizer.packetizePart(id, new Uint8Array(3))) {
 *   size += bytes.length; // write them
 * }
 * const end = new Uint8Array(2);
 * for (const bytes of packetizer.packetizePart(id, end, { last: true })) {
 *   size += bytes.length;
 * }
 * assertEquals(size, 12 + 3 + 12 + 2);
 * ```
 */
export class Packetizer {
  #holder = { core: new Core(OPEN_COUNT_MAX) };
  #buffer: PacketBuffer = new PacketBuffer(this.#holder, 0);
  #putBuffer: PacketBuffer = new PacketBuffer(this.#holder, 1);
  #ids = new MessageIds();
  #nextIndexes = new Map<number, number>();
  #abandonedIds: number[] = [];
  #maxPartBytes: number;
  #minor: 0 | 1;
  #abortedCount = 0;

  /**
   * Throws `INVALID_ARGUMENT` where `maxPartBytes` or `minor` is out of bounds.
   *
   * @param options What is to differ from the defaults.
   */
  constructor(options: PacketizerOptions = {}) {
    const { maxPartBytes = PART_SIZE_MAX, minor = 0 } = options;
    checkMinor(minor);
    if (
      !Number.isInteger(maxPartBytes) || maxPartBytes < 1 ||
      maxPartBytes > PART_SIZE_MAX
    ) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot packetize with maxPartBytes ${
          messageOf(maxPartBytes)
        }: expected an integer from 1 to ${PART_SIZE_MAX}`,
      );
    }
    this.#maxPartBytes = maxPartBytes;
    this.#minor = minor;
  }

  /**
   * Packetizes one whole message and yields its packets, as many at once as
   * have room. A message that fits one packet is one; a longer one is open
   * while this runs. Throws `CLOSED` behind {@linkcode goodbye}.
   *
   * @param message The whole message.
   */
  *packetize(message: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    if (message.length > this.#maxPartBytes) {
      const messageId = this.openMessage();
      try {
        yield* this.packetizePart(messageId, message, { last: true });
      } finally {
        if (this.#ids.isOpen(messageId)) {
          this.#close(messageId);
          this.#abortedCount++;
          this.#abandonedIds.push(messageId);
        }
      }
      return;
    }
    this.#beginBuffer();
    this.#buffer.putMessage(this.#ids.take(), message);
    yield this.#buffer.bytes();
  }

  /**
   * Packetizes small messages together: puts one that fits one packet behind
   * those put before, for {@linkcode take}. Returns `false`, and puts nothing,
   * where the buffer has no room left, or the message needs more packets.
   * Throws `CLOSED` behind {@linkcode goodbye}.
   *
   * @param message The whole message.
   *
   * @example Many small messages in one write
   * ```ts
   * import { Packetizer } from "@lekt/lekt/framing";
   * import { assertEquals } from "@std/assert";
   *
   * const packetizer = new Packetizer();
   * packetizer.put(new Uint8Array(4));
   * packetizer.put(new Uint8Array(0));
   * assertEquals(packetizer.take().length, 12 + 4 + 12);
   * ```
   */
  put(message: Uint8Array): boolean {
    const size = message.length;
    this.#putAborts(this.#putBuffer);
    if (size > this.#maxPartBytes || size > this.#putBuffer.room) {
      this.#checkOpen();
      return false;
    }
    this.#putBuffer.putMessage(this.#ids.take(), message);
    return true;
  }

  /** The packets of all messages {@linkcode put} since the last call; valid until the next call of any method. */
  take(): Uint8Array<ArrayBuffer> {
    this.#putAborts(this.#putBuffer);
    const bytes = this.#putBuffer.bytes();
    this.#putBuffer.clear();
    return bytes;
  }

  /**
   * Opens a message of which the length need not be known; returns its id.
   * Throws `LIMIT` where 1,024 are open, `CLOSED` behind {@linkcode goodbye}.
   */
  openMessage(): number {
    this.#checkOpen();
    if (this.#ids.openCount >= OPEN_COUNT_MAX) {
      throw new LektError(
        "LIMIT",
        `Cannot open a message: ${OPEN_COUNT_MAX} are open`,
      );
    }
    const messageId = this.#ids.open();
    this.#nextIndexes.set(messageId, 0);
    return messageId;
  }

  /**
   * Packetizes the next bytes of an open message, and with `last` ends it. An
   * empty chunk that is not the last one gives nothing, for a packet with MORE
   * carries at least one byte. Throws `INVALID_ARGUMENT` where the id is not
   * open, `LIMIT` at the highest part index.
   *
   * @param messageId Which message, as `openMessage` returned it.
   * @param chunk The next bytes of it, of any number.
   * @param options Whether they are the last ones.
   */
  *packetizePart(
    messageId: number,
    chunk: Uint8Array,
    options: { last?: boolean } = {},
  ): Generator<Uint8Array<ArrayBuffer>> {
    const { last = false } = options;
    this.#indexOf(messageId);
    const partSize = this.#maxPartBytes;
    let offset = 0;
    let isDone = chunk.length === 0 && !last;
    while (!isDone) {
      this.#beginBuffer();
      const whole = this.#buffer.roomInParts(partSize);
      const size = Math.min(
        chunk.length - offset,
        whole - whole % partSize,
      );
      isDone = offset + size === chunk.length;
      this.#putParts(
        messageId,
        chunk.subarray(offset, offset + size),
        !(last && isDone),
      );
      offset += size;
      if (last && isDone) this.#close(messageId);
      yield this.#buffer.bytes();
    }
  }

  /**
   * Gives an open message up; returns the Abort packet, or no bytes where there
   * is no packet of the message so far: the other side does not know it then.
   * The reason is cut to 1,023 bytes. Throws `INVALID_ARGUMENT` where the id is
   * not open.
   *
   * @param messageId Which message, as `openMessage` returned it.
   * @param reason Why, for the other side; at most 1,023 bytes of it are sent.
   */
  abort(messageId: number, reason = ""): Uint8Array<ArrayBuffer> {
    const isKnown = this.#indexOf(messageId) > 0;
    this.#close(messageId);
    this.#abortedCount++;
    this.#beginBuffer();
    if (!isKnown) return this.#buffer.bytes();
    const payload = encodeReason(reason);
    this.#buffer.putBegin(messageId, ABORT_PART, payload.length, payload);
    return this.#buffer.bytes();
  }

  /**
   * Returns a control packet of version 1.1; a Goodbye is made by
   * {@linkcode goodbye}. Throws `INVALID_ARGUMENT` where the `minor` is 0, or a
   * value has no place in the packet.
   *
   * @param packet What it says; its reason is cut to 1,023 bytes.
   *
   * @example Ping
   * ```ts
   * import { Packetizer, Reassembler } from "@lekt/lekt/framing";
   * import { assertEquals } from "@std/assert";
   *
   * const packetizer = new Packetizer({ minor: 1 });
   * const data = new Uint8Array(8);
   * const bytes = packetizer.control({ type: "ping", data });
   * const [event] = new Reassembler({ minor: 1 }).push(bytes);
   * assertEquals(event, {
   *   kind: "control",
   *   messageId: 0,
   *   packet: { type: "ping", data },
   * });
   * ```
   */
  control(
    packet: Exclude<ControlPacket, GoodbyePacket>,
  ): Uint8Array<ArrayBuffer> {
    return this.#control(packet);
  }

  /**
   * Ends the messages of this direction; returns the Goodbye packet of version
   * 1.1, which counts those that were packetized. Control packets may follow
   * it, no message. Throws `INVALID_ARGUMENT` where the `minor` is 0, messages
   * are open, or some that were {@linkcode put} are not taken yet, `CLOSED`
   * where it was called before.
   *
   * @param reason Why, for the other side; at most 1,023 bytes of it are sent.
   */
  goodbye(reason = ""): Uint8Array<ArrayBuffer> {
    this.#checkOpen();
    const isBusy = this.#ids.openCount > 0 || this.#putBuffer.size > 0;
    if (isBusy) {
      throw new LektError(
        "INVALID_ARGUMENT",
        "Cannot say Goodbye: messages are open, or put and not taken",
      );
    }
    const messageCount = (this.#ids.takenCount - this.#abortedCount) >>> 0;
    const bytes = this.#control({ type: "goodbye", messageCount, reason });
    this.#maxPartBytes = NOTHING_FITS;
    return bytes;
  }

  #control(packet: ControlPacket): Uint8Array<ArrayBuffer> {
    if (this.#minor === 0) {
      throw new LektError(
        "INVALID_ARGUMENT",
        "Cannot write a control packet: version 1.0 has none, so give the packetizer minor 1",
      );
    }
    this.#beginBuffer();
    this.#buffer.putControl(packet);
    return this.#buffer.bytes();
  }

  #checkOpen(): void {
    if (this.#maxPartBytes !== NOTHING_FITS) return;
    throw new LektError(
      "CLOSED",
      "Cannot packetize: nothing may follow the Goodbye",
    );
  }

  #beginBuffer(): void {
    this.#buffer.clear();
    this.#putAborts(this.#buffer);
  }

  /** Gives up what was left early. */
  #putAborts(buffer: PacketBuffer): void {
    const { length } = this.#abandonedIds;
    if (length === 0 || buffer.room < length * PACKET_HEADER_SIZE) return;
    for (const messageId of this.#abandonedIds) {
      buffer.putBegin(messageId, ABORT_PART, 0, NO_REASON);
    }
    this.#abandonedIds = [];
  }

  #putParts(messageId: number, payload: Uint8Array, hasMore: boolean): void {
    const partSize = this.#maxPartBytes;
    const index = this.#indexOf(messageId);
    const count = Math.max(1, Math.ceil(payload.length / partSize));
    lastPartIndex(messageId, index, count, !hasMore);
    this.#buffer.putParts(messageId, index, payload, partSize, hasMore);
    this.#nextIndexes.set(messageId, index + count);
  }

  #indexOf(messageId: number): number {
    const index = this.#nextIndexes.get(messageId);
    if (index === undefined) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot packetize message ${messageOf(messageId)}: it is not open`,
        { messageId },
      );
    }
    return index;
  }

  #close(messageId: number): void {
    this.#ids.close(messageId);
    this.#nextIndexes.delete(messageId);
  }
}
