import { TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import { assertEquals } from "@std/assert";
import type { StreamSocket } from "../../src/runtime/sockets.ts";
import { TlsTransport, Wire } from "../../src/transport/tls_stream.ts";
import { yieldToOthers } from "../../src/transport/yield.ts";

/** A TCP connection that brings nothing, and whose writes end when the test says so. */
class HeldSocket implements StreamSocket {
  readonly written: number[] = [];
  #writing = Promise.withResolvers<void>();

  read(): Promise<number | null> {
    return new Promise(() => {});
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.written.push(...bytes);
    await this.#writing.promise;
    return bytes.byteLength;
  }

  /** Ends the write under way, and those that follow. */
  release(): void {
    this.#writing.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

Deno.test("what TLS wants to send is written whenever it comes, also as a flush ends", async () => {
  // So many steps behind the end of a write: one of them falls on the end of the flush.
  for (let steps = 0; steps < 8; steps++) {
    const socket = new HeldSocket();
    const wire = new Wire({ allowHalfOpen: true });
    const tls = new TLSSocket(wire as unknown as Socket);
    const transport = new TlsTransport(socket, wire, tls, "here", "dialled");
    wire.write(Uint8Array.of(1));
    await yieldToOthers();
    socket.written.length = 0;
    wire.write(Uint8Array.of(2));
    socket.release();
    for (let step = 0; step < steps; step++) await undefined;
    wire.write(Uint8Array.of(3));
    for (let turn = 0; turn < 4; turn++) await yieldToOthers();
    assertEquals(socket.written, [2, 3], `${steps} steps`);
    transport.close();
  }
});
