/**
 * A message that arrived in one piece: most are of this kind, so it is small.
 *
 * @module
 */

/** What such a message counts besides its bytes, so that endless empty ones have a bound too: an object and an `ArrayBuffer`. */
export const WHOLE_OVERHEAD_SIZE = 256;

/** A complete message, in memory that it may share with its neighbours. */
export class WholeMessage {
  /** The sender's id for it. */
  readonly id: number;
  /** Bytes of the message. */
  readonly size: number;
  /** Bytes of memory that it stands for while it is unread: the first of those that share a copy stands for all of it. */
  readonly heldSize: number;
  #buffer: ArrayBuffer;
  #offset: number;

  /** The bytes `offset` to `offset + size` of `buffer`. */
  constructor(
    id: number,
    buffer: ArrayBuffer,
    offset: number,
    size: number,
    heldSize: number,
  ) {
    this.id = id;
    this.size = size;
    this.heldSize = heldSize;
    this.#buffer = buffer;
    this.#offset = offset;
  }

  /** Its bytes. A view is made only here: it costs more than all the rest of a short message. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#offset, this.size);
  }
}
