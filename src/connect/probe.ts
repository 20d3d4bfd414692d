/**
 * Finding out whether a responder answers at all ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#6-connection-methods), section 6).
 *
 * @module
 */
import { beginsReject, encodeProbe } from "../handshake/packets.ts";
import type { Transport } from "../transport/transport.ts";

/** Bytes of an answer that tell it from anything else: `LEKTR`. */
const ANSWER_SIZE = 5;

/**
 * Asks over `transport`, which it closes in any case, also when `signal` fires.
 *
 * @param transport A byte stream of its own, on which nothing was sent yet.
 * @param signal Ends the waiting: the question rejects, or resolves to `false`.
 * @return Whether a Reject came, which every responder answers with by itself.
 */
export async function answersProbe(
  transport: Transport,
  signal: AbortSignal,
): Promise<boolean> {
  function close(): void {
    transport.close();
  }
  signal.addEventListener("abort", close);
  try {
    signal.throwIfAborted();
    await writeAll(transport, encodeProbe());
    return beginsReject(await readSome(transport, ANSWER_SIZE));
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

async function writeAll(
  transport: Transport,
  bytes: Uint8Array,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += await transport.write(bytes.subarray(written));
  }
}

/** Reads until `size` bytes are there, or the stream ends. */
async function readSome(
  transport: Transport,
  size: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const count = await transport.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
