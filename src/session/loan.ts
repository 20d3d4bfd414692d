/**
 * The bytes that the transport has on loan, and how much of them it has taken.
 * They lie in memory of this side's own, never in an application's: a write
 * that has begun cannot be called off, and reads its memory until it ends.
 *
 * @module
 */
import { LENGTH_OFFSET, PACKET_HEADER_SIZE } from "../../asm/wire.ts";
import { numberAt } from "../framing/control.ts";

/** One run of whole packets on its way to the transport. */
export class Loan {
  #packets: Uint8Array | undefined;
  #rest: Uint8Array | undefined;

  /** What the transport has not taken yet and may take next; `undefined` where nothing is lent. */
  get rest(): Uint8Array | undefined {
    return this.#rest;
  }

  /** Lends whole packets. */
  begin(packets: Uint8Array): void {
    this.#packets = packets;
    this.#rest = packets;
  }

  /** The transport has taken this many bytes; tells whether that was the last of them. */
  advance(size: number): boolean {
    const rest = this.#rest;
    if (!rest) return false;
    this.#rest = size < rest.length ? rest.subarray(size) : undefined;
    return this.#rest === undefined;
  }

  /** Whether what the transport has taken ends with a whole packet. */
  get isBetweenPackets(): boolean {
    if (!this.#rest) return true;
    const packets = this.#packets!;
    const takenSize = packets.length - this.#rest.length;
    let size = 0;
    while (size < takenSize) {
      size += PACKET_HEADER_SIZE + numberAt(packets, size + LENGTH_OFFSET);
    }
    return size === takenSize;
  }
}
