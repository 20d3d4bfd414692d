/**
 * The limit of any message body that is a byte stream: bare Deno TCP as in
 * `raw_tcp.ts`, each message by way of a `ReadableStream` of its own, straight
 * to the memory of the application's BYOB reader. Nothing is framed, limited or
 * checked.
 *
 * @module
 */
import type { Sink } from "../link.ts";
import { rawAdapter } from "./raw_link.ts";
import { Parts } from "./raw_tcp.ts";

/** As `lekt.ts` reads. */
const READ_SIZE = 256 * 1024;

/** The next message, which has `size` bytes; `onEnd` hears of the end of the connection. */
function bodyOf(
  conn: Deno.TcpConn,
  size: number,
  onEnd: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let missing = size;
  return new ReadableStream({
    type: "bytes",
    async pull(controller): Promise<void> {
      const request = controller.byobRequest!;
      const view = request.view as Uint8Array<ArrayBuffer>;
      const read = await conn.read(view.subarray(0, missing));
      if (read === null) onEnd();
      else request.respond(read);
      missing = read === null ? 0 : missing - read;
      if (missing > 0) return;
      controller.close();
      if (read === null) request.respond(0);
    },
  });
}

async function readStreamed(
  conn: Deno.TcpConn,
  sinkNow: () => Sink,
): Promise<void> {
  const parts = new Parts();
  let memory = new Uint8Array(READ_SIZE);
  let hasEnded = false;
  while (!hasEnded) {
    const body = bodyOf(conn, sinkNow().size, () => hasEnded = true);
    const reader = body.getReader({ mode: "byob" });
    while (true) {
      const { value, done } = await reader.read(memory);
      if (value) memory = new Uint8Array(value.buffer);
      if (done) break;
      parts.take(sinkNow(), value);
    }
  }
}

/** Raw Deno TCP whose messages come by streams. */
export const adapter = rawAdapter({ readAll: readStreamed });
