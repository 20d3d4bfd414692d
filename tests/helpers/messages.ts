/**
 * Small things that tests of connections need.
 *
 * @module
 */
import { assert, assertRejects } from "@std/assert";
import { type Connection, LektError, type Message } from "../../mod.ts";
import { within } from "./deadline.ts";

/** The next message, which must be there. */
export async function receive(connection: Connection): Promise<Message> {
  const message = await within(connection.receive(), "a message");
  assert(message, "the stream ended");
  return message;
}

/** What `run` rejects with. */
export async function failureOf(
  run: () => Promise<unknown>,
): Promise<LektError> {
  return await within(assertRejects(run, LektError), "a failure");
}

/** Bytes that tell their place. */
export function pattern(size: number, seed = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed) & 0xff);
}

/** A source that gives `bytes` in pieces of `size`. */
export async function* inPieces(
  bytes: Uint8Array,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size);
  }
}
