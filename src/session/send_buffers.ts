/**
 * The memory that packets wait in for the transport: two regions of the core,
 * one of which is filled while the other is written, and a small buffer that
 * needs no core.
 *
 * @module
 */
import type { CoreHolder } from "../framing/core.ts";
import { PacketBuffer } from "../framing/packet_buffer.ts";
import { Loan } from "./loan.ts";
import {
  SMALL_BUFFER_SIZE,
  SmallMessageBuffer,
} from "./small_message_buffer.ts";

/** What waits for the transport, and what it has on loan. */
export class SendBuffers {
  #regions: [PacketBuffer, PacketBuffer];
  #fillIndex = 0;
  #small = new SmallMessageBuffer();
  #wasSmall = true;
  #loan = new Loan();

  /** The regions are those of the core that `holder` has. */
  constructor(holder: CoreHolder) {
    this.#regions = [new PacketBuffer(holder, 0), new PacketBuffer(holder, 1)];
  }

  /** The region that is filled. */
  get filling(): PacketBuffer {
    return this.#regions[this.#fillIndex]!;
  }

  /** What the transport has on loan and has not taken yet. */
  get rest(): Uint8Array | undefined {
    return this.#loan.rest;
  }

  /** Whether everything has gone to the transport, and nothing is lent to it. */
  get isEmpty(): boolean {
    return !this.#loan.rest && this.filling.size === 0 &&
      this.#small.size === 0;
  }

  /** Whether what the transport has taken ends with a whole packet. */
  get isBetweenPackets(): boolean {
    return this.#loan.isBetweenPackets;
  }

  /** Where `size` bytes of payload go: while little is sent, to memory that needs no core; never behind what is in a region. */
  bufferFor(size: number): SmallMessageBuffer | PacketBuffer {
    const fitsSmall = this.#wasSmall && !this.#loan.rest &&
      this.filling.size === 0 && size <= this.#small.room;
    return fitsSmall ? this.#small : this.filling;
  }

  /** Lends what the small buffer has; tells whether it has anything. */
  lendSmall(): boolean {
    if (this.#small.size === 0) return false;
    this.#loan.begin(this.#small.bytes());
    return true;
  }

  /** Lends the region that was filled, where there is anything in it, and goes on with the other. */
  lendFilled(): void {
    const { filling } = this;
    if (filling.size === 0) return;
    this.#wasSmall = filling.size <= SMALL_BUFFER_SIZE;
    this.#loan.begin(filling.bytes());
    this.#fillIndex = 1 - this.#fillIndex;
  }

  /** The transport has taken this many bytes; tells whether that was the last of them. */
  advance(size: number): boolean {
    return this.#loan.advance(size);
  }

  /** What was lent may be filled again. */
  clearLent(): void {
    this.#regions[1 - this.#fillIndex]!.clear();
    this.#small.clear();
  }
}
