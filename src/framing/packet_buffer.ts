/**
 * One region of the core for sending: packets are written behind each other
 * and lent to the transport as one run of bytes.
 *
 * @module
 */
import {
  CONTROL_PART,
  MORE_BIT,
  PACKET_HEADER_SIZE,
  SEND_SIZE,
} from "../../asm/wire.ts";
import { type ControlPacket, encodeControl } from "./control.ts";
import type { CoreHolder } from "./core.ts";

const encoder = new TextEncoder();

/**
 * From this part size on each part is put straight into its place: below it,
 * to put all at once and to let the core move them is faster (measured).
 */
const DIRECT_PART_SIZE = 2048;

/** Bytes of UTF-8 that one UTF-16 code unit of a string takes at most. */
const UTF8_SIZE_MAX = 3;

/** Packets that wait for the transport, in one region of the core. */
export class PacketBuffer {
  #holder: CoreHolder;
  #start: number;
  #fill = 0;

  /** Uses the region with this index, 0 or 1. */
  constructor(holder: CoreHolder, regionIndex: number) {
    this.#holder = holder;
    this.#start = regionIndex * SEND_SIZE;
  }

  /** Bytes of packets in the region. */
  get size(): number {
    return this.#fill;
  }

  /** Bytes of payload that one more packet can have. */
  get room(): number {
    return SEND_SIZE - this.#fill - PACKET_HEADER_SIZE;
  }

  /** Bytes of payload that fit into packets with `partSize` each. */
  roomInParts(partSize: number): number {
    const free = SEND_SIZE - this.#fill;
    const whole = Math.floor(free / (PACKET_HEADER_SIZE + partSize));
    const rest = free - whole * (PACKET_HEADER_SIZE + partSize) -
      PACKET_HEADER_SIZE;
    return whole * partSize + Math.max(0, rest);
  }

  /** The packets, for the transport; {@linkcode clear} ends the loan. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#holder.core.sendRegions.subarray(
      this.#start,
      this.#start + this.#fill,
    );
  }

  /** Takes all packets out. */
  clear(): void {
    this.#fill = 0;
  }

  /** Puts a message of one packet; there must be room for it. */
  putMessage(messageId: number, payload: Uint8Array): void {
    const { core } = this.#holder;
    const offset = this.#start + this.#fill;
    const size = payload.length;
    core.sendRegions.set(payload, offset + PACKET_HEADER_SIZE);
    core.writeHeader(offset, messageId, 0, size);
    this.#fill += PACKET_HEADER_SIZE + size;
  }

  /** Puts a text as a message of one packet, where it surely has room; tells whether it had. */
  putText(messageId: number, text: string): boolean {
    if (text.length * UTF8_SIZE_MAX > this.room) return false;
    const offset = this.#start + this.#fill;
    const payloadStart = offset + PACKET_HEADER_SIZE;
    const { written } = encoder.encodeInto(
      text,
      this.#holder.core.sendRegions.subarray(
        payloadStart,
        this.#start + SEND_SIZE,
      ),
    );
    this.#holder.core.writeHeader(offset, messageId, 0, written);
    this.#fill += PACKET_HEADER_SIZE + written;
    return true;
  }

  /** Puts a control packet where it has room; tells whether it had. */
  putControl(packet: ControlPacket): boolean {
    const { subject, body } = encodeControl(packet);
    if (body.length > this.room) return false;
    this.putBegin(subject, CONTROL_PART, body.length, body);
    return true;
  }

  /** Puts parts of a message from `index` on, `partSize` bytes in each but the last; there must be room for them. */
  putParts(
    messageId: number,
    index: number,
    payload: Uint8Array,
    partSize: number,
    hasMore: boolean,
  ): void {
    if (partSize >= DIRECT_PART_SIZE) {
      this.#putPartsDirectly(messageId, index, payload, partSize, hasMore);
      return;
    }
    const offset = this.#start + this.#fill;
    const count = Math.max(1, Math.ceil(payload.length / partSize));
    this.#holder.core.sendRegions.set(
      payload,
      offset + count * PACKET_HEADER_SIZE,
    );
    this.#fill += this.#holder.core.packetize(
      offset,
      payload.length,
      messageId,
      index,
      partSize,
      hasMore,
    );
  }

  #putPartsDirectly(
    messageId: number,
    firstIndex: number,
    payload: Uint8Array,
    partSize: number,
    hasMore: boolean,
  ): void {
    let offset = 0;
    for (let index = firstIndex;; index++) {
      const part = payload.subarray(offset, offset + partSize);
      offset += part.length;
      const isLast = offset === payload.length && !hasMore;
      const field = isLast ? index : index + MORE_BIT;
      this.putBegin(messageId, field, part.length, part);
      if (offset === payload.length) return;
    }
  }

  /** Puts the header of a packet and the begin of its payload; the rest of the payload follows from elsewhere. */
  putBegin(
    messageId: number,
    part: number,
    length: number,
    begin: Uint8Array,
  ): void {
    const offset = this.#start + this.#fill;
    this.#holder.core.writeHeader(offset, messageId, part, length);
    this.#holder.core.sendRegions.set(begin, offset + PACKET_HEADER_SIZE);
    this.#fill += PACKET_HEADER_SIZE + begin.length;
  }
}
