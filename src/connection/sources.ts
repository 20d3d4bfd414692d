/**
 * What can be sent, brought to two forms: bytes that are all there, or bytes
 * that come piece by piece.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/** What `send` takes: a text, bytes, a Blob, or a source of bytes of any length. */
export type Sendable =
  | string
  | BufferSource
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

const encoder = new TextEncoder();

/** The bytes, where all are there; `undefined` for a source. */
export function wholeBytes(data: Sendable): Uint8Array | undefined {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (
    data instanceof ArrayBuffer ||
    typeof SharedArrayBuffer === "function" && data instanceof SharedArrayBuffer
  ) {
    return new Uint8Array(data);
  }
  return undefined;
}

/** The pieces of a source; throws `INVALID_ARGUMENT` where `data` is none. */
export function pieces(data: Sendable): AsyncIterator<Uint8Array> {
  const source = data instanceof Blob ? data.stream() : data;
  const isSource = typeof source === "object" && source !== null &&
    Symbol.asyncIterator in source;
  if (!isSource) {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot send this: expected a string, a BufferSource, a Blob, a ReadableStream or an AsyncIterable of Uint8Array",
    );
  }
  if (!(source instanceof ReadableStream)) {
    return source[Symbol.asyncIterator]();
  }
  if (source.locked) {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot send this ReadableStream: it is locked to a reader",
    );
  }
  return streamPieces(source.getReader());
}

/** Not the stream's own iterator: that does not cancel a stream that hangs. */
function streamPieces(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncIterator<Uint8Array> {
  return {
    async next() {
      const { value } = await reader.read();
      if (value !== undefined) return { value, done: false };
      reader.releaseLock();
      return { value, done: true };
    },
    async return(reason) {
      await reader.cancel(reason);
      reader.releaseLock();
      return { value: undefined, done: true };
    },
  };
}

/** The bytes of a piece; throws `INVALID_ARGUMENT` where a source gives something else. */
export function pieceBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new LektError(
    "INVALID_ARGUMENT",
    "Cannot send what the source gives: expected a Uint8Array",
  );
}
