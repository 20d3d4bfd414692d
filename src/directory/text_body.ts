/**
 * Texts that come from others, bounded in size.
 *
 * @module
 */

/** The text of a body, or `undefined` where it has more than `sizeMax` bytes; the rest is then not read. */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  sizeMax: number,
): Promise<string | undefined> {
  return body === null ? "" : await collectText(body.getReader(), sizeMax);
}

/** All that `reader` gives as text, or `undefined` where that has more than `sizeMax` bytes; the rest is then not read. */
export async function collectText(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  sizeMax: number,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  while (true) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > sizeMax) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
