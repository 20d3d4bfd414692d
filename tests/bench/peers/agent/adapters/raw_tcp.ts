/**
 * The limit of the runtime: bare `Deno.connect`, reused buffers, no framing
 * (both ends know the size).
 *
 * @module
 */
import type { PartSink, Sink } from "../link.ts";
import { rawAdapter } from "./raw_link.ts";

const READ_SIZE = 128 * 1024;
/** A read brings at most so many messages: where only a byte is to come, as on an idle connection, little memory is set aside. */
const READ_COUNT = 1024;
/** Messages from this size on are taken in pieces. */
const LARGE_SIZE = 16 * 1024;

/** Lends messages out of one reused buffer. */
export async function readLent(
  conn: Deno.TcpConn,
  sinkNow: () => Sink,
): Promise<void> {
  const parts = new Parts();
  let memory = new Uint8Array();
  let held = 0;
  while (true) {
    const wanted = Math.min(READ_SIZE, READ_COUNT * sinkNow().size);
    if (held === 0 && memory.length < wanted) memory = new Uint8Array(wanted);
    const size = await conn.read(memory.subarray(held));
    if (size === null) return;
    const sink = sinkNow();
    if (sink.size >= LARGE_SIZE) parts.take(sink, memory.subarray(0, size));
    else held = takeWhole(sink, memory, held + size);
  }
}

/** Hands large messages over in the pieces in which they come. */
export class Parts {
  #open: { sink: PartSink; missing: number } | undefined;

  /** Takes the next bytes of the stream. */
  take(sink: Sink, bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const open = this.#open ??= { sink: sink.open(), missing: sink.size };
      const size = Math.min(open.missing, bytes.length - at);
      open.sink.part(bytes.subarray(at, at + size));
      at += size;
      open.missing -= size;
      if (open.missing === 0) {
        this.#open = undefined;
        open.sink.end();
      }
    }
  }
}

function takeWhole(sink: Sink, memory: Uint8Array, end: number): number {
  const size = sink.size;
  let at = 0;
  for (; end - at >= size; at += size) sink.lent(memory, at);
  memory.copyWithin(0, at, end);
  return end - at;
}

/** Raw Deno TCP. */
export const adapter = rawAdapter({ readAll: readLent });
