/**
 * A file as the bytes of one message (`PROTOCOL.md`, section 9).
 *
 * @module
 */
import { createHash } from "node:crypto";
import { encodeFileHeader, type FileHeader } from "./mod.ts";

/**
 * Encodes a file as it is read: header line, content, SHA-256. Of a content of
 * known size no byte more than that is sent.
 *
 * @param header The file's name, and its size in bytes where it is known.
 * @param content The content, in chunks of any size; a chunk may be reused once the next one is asked for.
 * @param onSent Called with the number of content bytes in each chunk that was taken.
 * @param ready What the content waits for once the header is taken; where it fails, the message is aborted.
 * @return The bytes of the message, one content chunk at a time.
 * @throws {Error} Where the content ends before its size; that aborts the message.
 */
export async function* encodeFile(
  header: FileHeader,
  content: AsyncIterable<Uint8Array>,
  onSent?: (byteCount: number) => void,
  ready?: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let left = header.size ?? Infinity;
  const chunks = content[Symbol.asyncIterator]();
  try {
    // The content is open by now, and to be let go where no more than this is asked for.
    yield encodeFileHeader(header);
    await ready?.();
    while (left > 0) {
      const { done, value } = await chunks.next();
      if (done) break;
      const piece = value.length > left ? value.subarray(0, left) : value;
      hash.update(piece);
      yield piece;
      onSent?.(piece.length);
      left -= piece.length;
    }
  } finally {
    await chunks.return?.();
  }
  if (header.size !== undefined && left > 0) {
    throw new Error("the file became shorter while it was sent");
  }
  yield hash.digest();
}
