/**
 * What can be sent, brought to two forms: bytes that are all there, or bytes
 * that come piece by piece. What is neither is refused: it must never arrive
 * as fewer bytes, or as zeros.
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

/** What a typed array really has: a subclass, or an own property, may say otherwise. */
const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype);
const lengthOf = getterOf(typedArrayPrototype, "length");
const bufferOf = getterOf(typedArrayPrototype, "buffer");
const offsetOf = getterOf(typedArrayPrototype, "byteOffset");
const byteLengthOf = getterOf(typedArrayPrototype, "byteLength");

// deno-lint-ignore no-explicit-any -- what a getter gives
function getterOf(prototype: object, name: string): () => any {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!;
}

/** Whether these are bytes that can be taken as they are, at once. */
export function isPlainBytes(data: unknown): data is Uint8Array {
  // Not `instanceof` alone: a proxy, or an object made from the prototype, has no bytes.
  if (!(data instanceof Uint8Array) || !ArrayBuffer.isView(data)) return false;
  const { length } = data;
  return length > 0 && length === lengthOf.call(data);
}

/** The bytes, where all are there; `undefined` for a source. Throws `INVALID_ARGUMENT` where the memory was transferred, or resized away. */
export function wholeBytes(data: Sendable): Uint8Array | undefined {
  if (typeof data === "string") return encoder.encode(data);
  if (ArrayBuffer.isView(data)) return bytesOfView(data);
  const isBuffer = data instanceof ArrayBuffer ||
    typeof SharedArrayBuffer === "function" &&
      data instanceof SharedArrayBuffer;
  if (!isBuffer) return undefined;
  try {
    // A `DataView` of what is no buffer, or of none any more, throws; a typed array is empty then.
    return bytesOfView(new DataView(data));
  } catch (cause) {
    throw goneError(cause);
  }
}

/** The pieces of a source, unchecked; throws `INVALID_ARGUMENT` where `data` is none. */
export function pieces(data: Sendable): AsyncIterator<unknown> {
  const source = data instanceof Blob ? data.stream() : data;
  if (source instanceof ReadableStream) {
    if (!source.locked) return streamPieces(source.getReader());
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot send this ReadableStream: it is locked to a reader",
    );
  }
  const isSource = typeof source === "object" && source !== null &&
    Symbol.asyncIterator in source;
  const iterator = isSource ? source[Symbol.asyncIterator]() : undefined;
  if (typeof iterator?.next !== "function") {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot send this: expected a string, a BufferSource, a Blob, a ReadableStream or an AsyncIterable of Uint8Array",
    );
  }
  return isNodeStream(source) ? nodeStreamPieces(source, iterator) : iterator;
}

/** Tells a source of which nothing was read that nothing is wanted of it, so that it closes what it has open; of no effect on what is none. */
export function letGo(data: Sendable, reason: unknown): void {
  letGoPieces(() => pieces(data), reason);
}

/** Tells a source that no more is wanted of it. Not awaited: one that hangs may never answer. */
export function letGoPieces(
  open: () => AsyncIterator<unknown>,
  reason: unknown,
): void {
  new Promise((resolve) => resolve(open().return?.(reason))).catch(() => {});
}

/** Not the stream's own iterator: that does not cancel a stream that hangs. */
function streamPieces(
  reader: ReadableStreamDefaultReader<unknown>,
): AsyncIterator<unknown> {
  return {
    async next() {
      const { value, done } = await reader.read();
      if (!done) return { value, done };
      reader.releaseLock();
      return { value, done };
    },
    async return(reason) {
      await reader.cancel(reason);
      reader.releaseLock();
      return { value: undefined, done: true };
    },
  };
}

/** What of a stream of Node is used. */
interface NodeStream {
  destroy(): unknown;
}

function isNodeStream(source: unknown): source is NodeStream {
  const { destroy, pipe } = source as { destroy?: unknown; pipe?: unknown };
  return typeof destroy === "function" && typeof pipe === "function";
}

/** Its iterator closes the stream only where it was begun and does not hang. */
function nodeStreamPieces(
  stream: NodeStream,
  iterator: AsyncIterator<unknown>,
): AsyncIterator<unknown> {
  return {
    next: () => iterator.next(),
    return() {
      stream.destroy();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}

/** What an iterator has answered; throws `INVALID_ARGUMENT` where that is no answer. */
export function resultOf(answer: unknown): { done: boolean; value: unknown } {
  if (typeof answer === "object" && answer !== null) {
    const { done, value } = answer as IteratorResult<unknown>;
    return { done: Boolean(done), value };
  }
  throw pieceError();
}

/** The bytes of a piece; throws `INVALID_ARGUMENT` where a source gives something else. */
export function pieceBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array && ArrayBuffer.isView(piece)) {
    return bytesOfView(piece);
  }
  throw pieceError();
}

function bytesOfView(view: ArrayBufferView): Uint8Array {
  try {
    if (view instanceof DataView) {
      return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    }
    // Throws where the memory is gone; the length is just 0 then.
    Uint8Array.prototype.at.call(view, 0);
    const buffer: ArrayBufferLike = bufferOf.call(view);
    const isPlain = view instanceof Uint8Array &&
      view.length === lengthOf.call(view) && !isResizable(buffer);
    // Of the length that it has now, so that a resized buffer does not go unnoticed.
    return isPlain ? view : new Uint8Array(
      buffer,
      offsetOf.call(view),
      byteLengthOf.call(view),
    );
  } catch (cause) {
    throw goneError(cause);
  }
}

function isResizable(buffer: ArrayBufferLike): boolean {
  const { resizable, growable } = buffer as {
    resizable?: boolean;
    growable?: boolean;
  };
  return resizable === true || growable === true;
}

function pieceError(): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    "Cannot send what the source gives: expected a Uint8Array",
  );
}

function goneError(cause: unknown): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    "Cannot send these bytes: their memory was transferred or resized away, or they are none",
    { cause },
  );
}
