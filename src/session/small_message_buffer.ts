/**
 * Short messages as packets, in memory of their own: a connection that sends
 * little needs no core, and 10,000 of them could not have one each.
 *
 * @module
 */
import {
  LENGTH_OFFSET,
  PACKET_HEADER_SIZE,
  PART_OFFSET,
} from "../../asm/wire.ts";
import { type ControlPacket, setNumber } from "../framing/control.ts";
import { bytesOfControl } from "./control_queue.ts";

/** Bytes of packets that it has room for. */
export const SMALL_BUFFER_SIZE = 1024;

const encoder = new TextEncoder();

/** Packets that wait for the transport, as in a `PacketBuffer`. */
export class SmallMessageBuffer {
  #memory: Uint8Array<ArrayBuffer> | undefined;
  #fill = 0;

  /** Bytes of packets in it. */
  get size(): number {
    return this.#fill;
  }

  /** Bytes of payload that one more packet can have. */
  get room(): number {
    return SMALL_BUFFER_SIZE - this.#fill - PACKET_HEADER_SIZE;
  }

  /** The packets, for the transport; {@linkcode clear} ends the loan. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#fill);
  }

  /** Takes all packets out. */
  clear(): void {
    this.#fill = 0;
  }

  /** Puts a message of one packet; there must be room for it. */
  putMessage(messageId: number, payload: Uint8Array): void {
    this.#bytes.set(payload, this.#fill + PACKET_HEADER_SIZE);
    this.#putHeader(messageId, payload.length);
  }

  /** Puts a text as a message of one packet; there must be room for three bytes of each of its code units. */
  putText(messageId: number, text: string): void {
    const room = this.#bytes.subarray(this.#fill + PACKET_HEADER_SIZE);
    this.#putHeader(messageId, encoder.encodeInto(text, room).written);
  }

  /** Puts a control packet where it has room; tells whether it had. */
  putControl(packet: ControlPacket): boolean {
    const bytes = bytesOfControl(packet);
    if (bytes.length > SMALL_BUFFER_SIZE - this.#fill) return false;
    this.#bytes.set(bytes, this.#fill);
    this.#fill += bytes.length;
    return true;
  }

  get #bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory ??= new Uint8Array(SMALL_BUFFER_SIZE);
  }

  #putHeader(messageId: number, length: number): void {
    const bytes = this.#bytes;
    setNumber(bytes, this.#fill, messageId);
    setNumber(bytes, this.#fill + PART_OFFSET, 0);
    setNumber(bytes, this.#fill + LENGTH_OFFSET, length);
    this.#fill += PACKET_HEADER_SIZE + length;
  }
}
