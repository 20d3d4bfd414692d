/**
 * What holds of a transport that was closed.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import type { Transport } from "../../src/transport/transport.ts";

/** Reads, writes and the end of the stream are refused. */
export async function assertClosed(transport: Transport): Promise<void> {
  for (
    const attempt of [
      () => transport.read(new Uint8Array(1)),
      () => transport.write(new Uint8Array(1)),
      () => transport.closeWrite(),
    ]
  ) {
    assertEquals((await assertRejects(attempt, LektError)).code, "CLOSED");
  }
}
