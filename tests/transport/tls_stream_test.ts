import { TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import { assertEquals } from "@std/assert";
import type { StreamSocket } from "../../src/runtime/sockets.ts";
import {
  keyOfPem,
  makeCertificate,
} from "../../src/transport/make_certificate.ts";
import { parseMethod, type TcpMethod } from "../../src/transport/method.ts";
import { secureDialled } from "../../src/transport/tls.ts";
import { TlsListener } from "../../src/transport/tls_listener.ts";
import { TlsTransport, Wire } from "../../src/transport/tls_stream.ts";
import type { Transport } from "../../src/transport/transport.ts";
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

/** One end of a TCP connection within the process: whatever is written is there at once. */
class PipeSocket implements StreamSocket {
  /** Bytes for which each read had room. */
  readonly rooms: number[] = [];
  #waiting: Uint8Array[] = [];
  #news = Promise.withResolvers<void>();
  #other!: PipeSocket;
  #isOver = false;

  static pair(): [PipeSocket, PipeSocket] {
    const [one, other] = [new PipeSocket(), new PipeSocket()];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  async read(into: Uint8Array): Promise<number | null> {
    this.rooms.push(into.length);
    while (this.#waiting.length === 0) {
      if (this.#isOver) return null;
      await this.#news.promise;
    }
    let size = 0;
    while (size < into.length && this.#waiting.length > 0) {
      const first = this.#waiting.shift()!;
      const taken = first.subarray(0, into.length - size);
      into.set(taken, size);
      size += taken.length;
      const rest = first.subarray(taken.length);
      if (rest.length > 0) this.#waiting.unshift(rest);
    }
    return size;
  }

  write(bytes: Uint8Array): Promise<number> {
    this.#other.#waiting.push(bytes.slice());
    this.#other.#wake();
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    this.#other.close();
    return Promise.resolve();
  }

  close(): void {
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

async function writeAll(to: Transport, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    from += await to.write(bytes.subarray(from));
  }
}

async function readSome(from: Transport, size: number): Promise<void> {
  const into = new Uint8Array(size);
  for (let left = size; left > 0;) {
    left -= (await from.read(into.subarray(0, left)))!;
  }
}

Deno.test("TLS reads more at once while much arrives, and gives the memory back behind that", async () => {
  const certificate = await makeCertificate();
  const method = parseMethod("tls://127.0.0.1:1") as TcpMethod;
  const [here, there] = PipeSocket.pair();
  const clients = [{ connection: there, address: "there" }];
  const closed = Promise.withResolvers<null>();
  const listener = new TlsListener(
    {
      accept: () => Promise.resolve(clients.pop() ?? closed.promise),
      close: () => Promise.resolve(closed.resolve(null)),
      isClosed: false,
    },
    method,
    certificate,
  );
  const [client, server] = await Promise.all([
    secureDialled(
      { connection: here, address: "here" },
      { method, host: "127.0.0.1" },
      { pinnedKey: await keyOfPem(certificate.cert) },
    ),
    listener.accept(),
  ]);
  await writeAll(server!, new Uint8Array(1024 * 1024));
  here.rooms.length = 0;
  await readSome(client, 1024 * 1024);
  await writeAll(server!, new Uint8Array(10));
  await readSome(client, 10);
  await writeAll(server!, new Uint8Array(10));
  await readSome(client, 10);
  const [short, long] = [64 * 1024, 256 * 1024];
  assertEquals(here.rooms, [short, ...Array(5).fill(long), short]);
  client.close();
  server!.close();
  await listener.close();
});
