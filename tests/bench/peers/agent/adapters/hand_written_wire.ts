/**
 * The LEKT wire by hand: its packets, and buffers for them.
 *
 * @module
 */

/** Message id, message part, length. */
export const HEADER_SIZE = 12;
/** Bytes of the longest part. */
export const PART_SIZE = 256 * 1024;
/** In the message part: another one follows. */
export const MORE = 0x8000_0000;

/** A buffer and how it is written to. */
export interface Buffer {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
}

/** So many bytes. */
export function newBuffer(size: number): Buffer {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** The stream ended where more had to come. */
export function broken(): never {
  throw new Error("Cannot read: a part is cut short");
}
