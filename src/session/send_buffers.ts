/**
 * The memory that packets wait in for the transport: two regions of the core,
 * one of which is filled while the other is written, and two buffers that need
 * no core: a small one, and one for long messages that nobody shares the
 * connection with.
 *
 * @module
 */
import type { CoreHolder } from "../framing/core.ts";
import { PacketBuffer } from "../framing/packet_buffer.ts";
import { Loan } from "./loan.ts";
import { LongBuffer } from "./long_buffer.ts";
import {
  SMALL_BUFFER_SIZE,
  SmallMessageBuffer,
} from "./small_message_buffer.ts";
import type { Turns } from "./turns.ts";

/** Where parts of long messages are put. */
export type PartBuffer = PacketBuffer | LongBuffer;

/** A message of which so much is there is put into the long buffer. */
const LONG_SIZE_MIN = 512 * 1024;

/** But for a link that takes so much a millisecond, which is how much longer than with a region a short message may wait there. */
const QUICK_SIZE = 256 * 1024;

/** And only where so many writes were as quick, and had nothing but one long message: a short one in each millisecond finds regions. */
const QUICK_COUNT = 32;

/** Shorter writes tell nothing. */
const WRITE_SIZE_MIN = 64 * 1024;

/** What waits for the transport, and what it has on loan. */
export class SendBuffers {
  #regions: [PacketBuffer, PacketBuffer];
  #fillIndex = 0;
  #small = new SmallMessageBuffer();
  #long = new LongBuffer();
  #quickCount = 0;
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
      this.#small.size === 0 && this.#long.size === 0;
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
    this.#quickCount = 0;
    this.#loan.begin(this.#small.bytes());
    return true;
  }

  /** Where the next parts of long messages go, behind what is in the region that is filled. */
  bufferForLong(turns: Turns): PartBuffer {
    const { filling } = this;
    if (filling.size > 0 || turns.size > 1) this.#quickCount = 0;
    const isAlone = turns.readyCount === 1;
    if (this.#quickCount < QUICK_COUNT || !isAlone) return filling;
    const { length } = turns.first!.chunk;
    return length < LONG_SIZE_MIN ? filling : this.#long;
  }

  /** Lends what was filled, where there is anything in it; behind a region it goes on with the other. */
  lendFilled(): void {
    const { filling } = this;
    if (this.#long.size > 0) this.#loan.begin(this.#long.bytes());
    if (filling.size === 0) return;
    this.#wasSmall = filling.size <= SMALL_BUFFER_SIZE;
    this.#loan.begin(filling.bytes());
    this.#fillIndex = 1 - this.#fillIndex;
  }

  /** The transport has taken this many bytes, in so many milliseconds; tells whether that was the last of them. */
  advance(size: number, ms: number): boolean {
    if (size >= WRITE_SIZE_MIN) {
      const isQuick = size >= ms * QUICK_SIZE;
      this.#quickCount = isQuick ? this.#quickCount + 1 : 0;
    }
    return this.#loan.advance(size);
  }

  /** What was lent may be filled again. */
  clearLent(): void {
    this.#regions[1 - this.#fillIndex]!.clear();
    this.#small.clear();
    this.#long.clear();
  }
}
