/**
 * The bytes that the transport has on loan, and how much of them it has taken.
 *
 * @module
 */
import { LENGTH_OFFSET, PACKET_HEADER_SIZE } from "../../asm/wire.ts";

/** One run of packets on its way to the transport; the payload of the last one may lie elsewhere. */
export class Loan {
  #packets: Uint8Array | undefined;
  #tail: Uint8Array | undefined;
  #rest: Uint8Array | undefined;
  #isTorn = false;

  /** What the transport has not taken yet and may take next; `undefined` where nothing is lent. */
  get rest(): Uint8Array | undefined {
    return this.#rest;
  }

  /** Lends whole packets; of the last one only the begin where `tail` has the rest of its payload. */
  begin(packets: Uint8Array, tail?: Uint8Array): void {
    this.#packets = packets;
    this.#tail = tail;
    this.#rest = packets;
  }

  /** The transport has taken this many bytes; tells whether that was the last of them. */
  advance(size: number): boolean {
    const rest = this.#rest!;
    if (size < rest.length) {
      this.#rest = rest.subarray(size);
      return false;
    }
    this.#packets = undefined;
    this.#rest = this.#tail;
    this.#tail = undefined;
    return this.#rest === undefined;
  }

  /** Lends nothing beyond what the transport has now. */
  stop(): void {
    if (this.#tail) this.#isTorn = true;
    this.#tail = undefined;
  }

  /** Whether what the transport has taken ends with a whole packet. */
  get isBetweenPackets(): boolean {
    const packets = this.#packets;
    if (!this.#rest) return !this.#isTorn;
    if (!packets) return false; // amid a tail
    const takenSize = packets.length - this.#rest.length;
    const view = new DataView(packets.buffer, packets.byteOffset);
    let size = 0;
    while (size < takenSize) {
      size += PACKET_HEADER_SIZE + view.getUint32(size + LENGTH_OFFSET);
    }
    return size === takenSize;
  }
}
