/**
 * What is left to do behind a Reject (`PROTOCOL.md`, section 4): to write it,
 * and to read and drop what the other side still sends.
 *
 * @module
 */
import { LINGER_SIZE_MAX } from "../base/limits.ts";

/** The wait behind a Reject; the deadline is kept by the handshake. */
export class Lingering {
  #isRejectWritten = false;
  #isReadOut = false;
  #droppedSize = 0;

  /** Whether the transport can be closed: the Reject is written, and nothing more is to be read. */
  get isOver(): boolean {
    return this.#isRejectWritten && this.#isReadOut;
  }

  /** The driver has asked for a packet behind the Reject, so the Reject is written. */
  noteRejectWritten(): void {
    this.#isRejectWritten = true;
  }

  /** The other side has ended its stream. */
  noteEndOfStream(): void {
    this.#isReadOut = true;
  }

  /** `size` bytes were read and dropped; behind the most that is allowed no more are read. */
  noteDropped(size: number): void {
    this.#droppedSize += size;
    if (this.#droppedSize > LINGER_SIZE_MAX) this.#isReadOut = true;
  }
}
