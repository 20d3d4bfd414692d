/**
 * The body of a message that arrives in chunks.
 *
 * @module
 */

/** A body that arrives in these chunks. */
export function bodyOf(
  chunks: readonly Uint8Array[],
): ReadableStream<Uint8Array> {
  const left = chunks.filter(({ length }) => length > 0);
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = left.shift();
      if (chunk) {
        controller.enqueue(chunk.slice());
      } else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}
