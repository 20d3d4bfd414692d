/**
 * The limit of any message body that is a byte stream: bare Deno TCP as in
 * `raw_tcp.ts`, each message by way of a `ReadableStream` of its own, straight
 * to the memory of the application's BYOB reader. It comes in parts, of whose
 * headers only the length is looked at, and others have the event loop as often
 * as beside lekt. Nothing is limited or checked.
 *
 * @module
 */
import type { Sink } from "../link.ts";
import { rawAdapter } from "./raw_link.ts";
import { PartReader } from "./raw_parts.ts";
import { Parts } from "./raw_tcp.ts";

/** As `lekt.ts` reads. */
const READ_SIZE = 256 * 1024;

/** The next message, which has `size` bytes; `onEnd` hears of the end of the connection. */
function bodyOf(
  parts: PartReader,
  size: number,
  onEnd: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let missing = size;
  return new ReadableStream({
    type: "bytes",
    async pull(controller): Promise<void> {
      const request = controller.byobRequest!;
      const view = request.view as Uint8Array<ArrayBuffer>;
      const read = await parts.read(view);
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
  const reading = new PartReader(conn);
  let memory = new Uint8Array(READ_SIZE);
  let hasEnded = false;
  while (!hasEnded) {
    const body = bodyOf(reading, sinkNow().size, () => hasEnded = true);
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
export const adapter = rawAdapter({
  readAll: readStreamed,
  isFramed: true,
});
