/**
 * How the pages and the room put their messages: a line of JSON that says what
 * it is, and behind it the bytes of a file, where it is one.
 */

/** Bytes of the longest line. */
const HEAD_SIZE_MAX = 8 * 1024;

const LINE_FEED = 10;

/**
 * A message, for `send`.
 *
 * @param {Record<string, unknown>} head What it is.
 * @param {AsyncIterable<Uint8Array>} [content] The bytes of a file.
 */
export async function* wrap(head, content) {
  yield new TextEncoder().encode(`${JSON.stringify(head)}\n`);
  if (content) yield* content;
}

/**
 * What a message is, and the bytes behind that; throws where it is none.
 *
 * @param {{ body: ReadableStream<Uint8Array> }} message As it was received.
 * @returns {Promise<[head: Record<string, unknown>, content: AsyncGenerator<Uint8Array>]>}
 */
export async function unwrap({ body }) {
  const reader = body.getReader();
  let line = new Uint8Array(0);
  let end = -1;
  while (end < 0) {
    const { value, done } = await reader.read();
    if (done) throw new SyntaxError("The message has no line at its beginning");
    const longer = new Uint8Array(line.length + value.length);
    longer.set(line);
    longer.set(value, line.length);
    line = longer;
    end = line.indexOf(LINE_FEED);
    if (end < 0 && line.length > HEAD_SIZE_MAX) {
      await reader.cancel("your message begins with no line of JSON");
      throw new SyntaxError("The message's first line is too long");
    }
  }
  const head = JSON.parse(new TextDecoder().decode(line.subarray(0, end)));
  if (typeof head !== "object" || head === null) {
    throw new SyntaxError("The message's first line is no JSON object");
  }
  return [head, rest(line.subarray(end + 1), reader)];
}

/**
 * @param {Uint8Array} first
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 */
async function* rest(first, reader) {
  try {
    if (first.length > 0) yield first;
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel("not wanted");
  }
}
