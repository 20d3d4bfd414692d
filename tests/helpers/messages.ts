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

/** How many bytes a {@linkcode pattern} has before it begins again. */
const PERIOD = 256;

/** Bytes that tell their place. */
export function pattern(size: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < Math.min(size, PERIOD); index++) {
    bytes[index] = index * 31 + seed;
  }
  // Many megabytes of them, one by one, would take most of the time of some tests.
  for (let done = PERIOD; done < size; done *= 2) {
    bytes.copyWithin(done, 0, done);
  }
  return bytes;
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
