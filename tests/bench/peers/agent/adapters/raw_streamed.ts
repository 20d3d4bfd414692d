/**
 * The limit of any message body that is a byte stream: bare Deno TCP as in
 * `raw_tcp.ts`, read by way of a `ReadableStream` straight to the memory of the
 * application's BYOB reader. Nothing is framed, limited or checked.
 *
 * @module
 */
import type { Sink } from "../link.ts";
import { rawAdapter } from "./raw_link.ts";
import { Parts } from "./raw_tcp.ts";

/** As `lekt.ts` reads. */
const READ_SIZE = 256 * 1024;

function streamOf(
  conn: Deno.TcpConn,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller): Promise<void> {
      const { view } = controller.byobRequest!;
      const size = await conn.read(view as Uint8Array<ArrayBuffer>);
      if (size === null) controller.close();
      controller.byobRequest!.respond(size ?? 0);
    },
  });
}

async function readStreamed(
  conn: Deno.TcpConn,
  sinkNow: () => Sink,
): Promise<void> {
  const parts = new Parts();
  const reader = streamOf(conn).getReader({ mode: "byob" });
  let memory = new Uint8Array(READ_SIZE);
  while (true) {
    const { value, done } = await reader.read(memory);
    if (done) return;
    parts.take(sinkNow(), value);
    memory = new Uint8Array(value.buffer);
  }
}

/** Raw Deno TCP whose bytes come by a stream. */
export const adapter = rawAdapter({ readAll: readStreamed });
