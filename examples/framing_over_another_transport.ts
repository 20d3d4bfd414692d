/**
 * Messages of any length over another transport, here a MessageChannel
 * between two ends that could as well be a page and its worker: the framing of
 * LEKT without its connections. A long message is under way while a short one
 * overtakes it, and a third is given up half-way.
 *
 * deno run examples/framing_over_another_transport.ts
 */
import { Packetizer, Reassembler } from "@lekt/lekt/framing";
import { assertEquals } from "@std/assert";

const LONG_SIZE = 1_000_000;
const CHUNK_SIZE = 100_000;

/** Sends three messages, in turns. */
function sendAll(port: MessagePort): void {
  const packetizer = new Packetizer({ maxPartBytes: 64 * 1024 });

  function post(bytes: Uint8Array): void {
    // The packetizer uses its memory again: what is kept must be a copy.
    port.postMessage(bytes.slice());
  }

  const long = packetizer.openMessage(); // its length need not be known
  const hopeless = packetizer.openMessage();
  for (let size = 0; size < LONG_SIZE; size += CHUNK_SIZE) {
    const chunk = new Uint8Array(CHUNK_SIZE).fill(7);
    const last = size + CHUNK_SIZE === LONG_SIZE;
    for (const bytes of packetizer.packetizePart(long, chunk, { last })) {
      post(bytes);
    }
    if (size !== 0) continue;
    const short = new TextEncoder().encode("out of my way");
    for (const bytes of packetizer.packetize(short)) post(bytes);
    for (const bytes of packetizer.packetizePart(hopeless, chunk)) post(bytes);
    post(packetizer.abort(hopeless, "the source ran dry"));
  }
  port.postMessage(null); // this transport's way to say: end of stream
}

/** Takes packets until the end of the stream; tells what became of each message, in that order. */
function receiveAll(port: MessagePort): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const reassembler = new Reassembler();
  const sizes = new Map<number, number>();
  const outcomes: string[] = [];

  function take(bytes: Uint8Array): void {
    for (const event of reassembler.push(bytes)) {
      if (event.kind === "aborted") {
        outcomes.push(`given up: ${event.reason}`);
        continue;
      }
      // Lent until the next step: counted here, and not kept.
      const size = (sizes.get(event.messageId) ?? 0) + event.payload.length;
      sizes.set(event.messageId, size);
      if (event.isLast) outcomes.push(`${size} bytes`);
    }
  }

  port.onmessage = ({ data }: MessageEvent<Uint8Array | null>) => {
    try {
      if (data) return take(data);
      reassembler.end(); // throws where a message was cut short
      resolve(outcomes);
    } catch (error) {
      reject(error);
    }
  };
  return promise;
}

const { port1, port2 } = new MessageChannel();
const outcomes = receiveAll(port2);
sendAll(port1);
console.log(await outcomes);
assertEquals(await outcomes, [
  "13 bytes",
  "given up: the source ran dry",
  `${LONG_SIZE} bytes`,
]);
port1.close();
port2.close();
