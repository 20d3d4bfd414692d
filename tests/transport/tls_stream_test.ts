import { EventEmitter } from "node:events";
import { TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import type { StreamSocket } from "../../src/runtime/sockets.ts";
import {
  keyOfPem,
  makeCertificate,
} from "../../src/transport/make_certificate.ts";
import { parseMethod, type TcpMethod } from "../../src/transport/method.ts";
import { secureDialled } from "../../src/transport/tls.ts";
import {
  TlsListener,
  type TlsListenOptions,
} from "../../src/transport/tls_listener.ts";
import { TlsTransport, Wire } from "../../src/transport/tls_stream.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { yieldToOthers } from "../../src/transport/yield.ts";

const METHOD = parseMethod("tls://127.0.0.1:1") as TcpMethod;

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

Deno.test("what TLS wants to send before anybody listens is written, too", async () => {
  const socket = new HeldSocket();
  const wire = new Wire({ allowHalfOpen: true });
  wire.write(Uint8Array.of(7));
  const tls = new TLSSocket(wire as unknown as Socket);
  const transport = new TlsTransport(socket, wire, tls, "here", "dialled");
  for (let turn = 0; turn < 4; turn++) await yieldToOthers();
  assertEquals(socket.written[0], 7);
  transport.close();
});

/** The same, whose first write fails. */
class FailingSocket extends HeldSocket {
  override async write(bytes: Uint8Array): Promise<number> {
    const size = await super.write(bytes);
    if (this.written.length > 1) return size;
    throw new Error("no buffer space");
  }
}

/** What TLS has to send goes to `socket`; TLS itself does nothing. */
function transportOver(
  socket: StreamSocket,
): { wire: Wire; transport: TlsTransport } {
  const wire = new Wire({ allowHalfOpen: true });
  const tls = Object.assign(new EventEmitter(), { destroy(): void {} });
  const transport = new TlsTransport(
    socket,
    wire,
    tls as unknown as TLSSocket,
    "here",
    "dialled",
  );
  return { wire, transport };
}

Deno.test("behind a write that failed TLS sends nothing more: it would be out of order", async () => {
  const socket = new FailingSocket();
  socket.release();
  const { wire, transport } = transportOver(socket);
  for (const byte of [1, 2]) {
    wire.write(Uint8Array.of(byte));
    for (let turn = 0; turn < 4; turn++) await yieldToOthers();
  }
  assertEquals(socket.written, [1]);
  transport.close();
});

Deno.test("1 MiB may wait to be sent by TLS, and not a byte more", async () => {
  const { wire, transport } = transportOver(new HeldSocket());
  const into = new Uint8Array(1);
  wire.write(new Uint8Array(1024 * 1024));
  await yieldToOthers();
  let hasFailed = false;
  transport.read(into).catch(() => hasFailed = true);
  for (let turn = 0; turn < 4; turn++) await yieldToOthers();
  assertEquals(hasFailed, false);
  wire.write(new Uint8Array(1));
  await assertRejects(
    () => transport.read(into),
    LektError,
    "too much waits to be sent",
  );
  transport.close();
});

Deno.test("what has arrived for TLS stays as it is until TLS takes it", async () => {
  const [here, there] = PipeSocket.pair();
  const { wire, transport } = transportOver(there);
  const reading = transport.read(new Uint8Array(1));
  for (const byte of [1, 2, 3]) {
    await here.write(Uint8Array.of(byte, byte));
    while (there.readSize < 2 * byte) await yieldToOthers();
  }
  const taken: number[] = [];
  for (let bytes; (bytes = wire.read()) !== null;) taken.push(...bytes);
  assertEquals(taken, [1, 1, 2, 2, 3, 3]);
  transport.close();
  await assertRejects(() => reading, LektError);
});

/** One end of a TCP connection within the process: whatever is written is there at once. */
class PipeSocket implements StreamSocket {
  /** Bytes for which each read had room. */
  readonly rooms: number[] = [];
  /** Bytes that were read. */
  readSize = 0;
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
    this.readSize += size;
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

/** A listener with one client, over a connection within the process. */
function listenTo(
  there: PipeSocket,
  certificate: TlsListenOptions,
): TlsListener<TcpMethod> {
  const clients = [{ connection: there, address: "there" }];
  const closed = Promise.withResolvers<null>();
  return new TlsListener(
    {
      accept: () => Promise.resolve(clients.pop() ?? closed.promise),
      close: () => Promise.resolve(closed.resolve(null)),
      isClosed: false,
    },
    METHOD,
    certificate,
  );
}

/** A TLS record that goes on with a handshake message. */
function handshakeRecord(...payload: number[]): Uint8Array {
  const size = payload.length;
  return Uint8Array.of(22, 3, 3, size >> 8, size & 0xff, ...payload);
}

Deno.test("a client may send 16 KiB within the TLS handshake, and not a byte more", async () => {
  const refused = Promise.withResolvers<LektError>();
  const [here, there] = PipeSocket.pair();
  const listener = listenTo(there, {
    ...await makeCertificate(),
    onRefused: refused.resolve,
  });
  let isRefused = false;
  refused.promise.then(() => isRefused = true);
  // A ClientHello of 65,280 bytes, which never comes whole: records of 4 KiB.
  const piece = new Array(4_096 - 5 - 4).fill(0);
  await here.write(handshakeRecord(1, 0, 0xff, 0, ...piece));
  for (let count = 1; count < 4; count++) {
    await here.write(handshakeRecord(0, 0, 0, 0, ...piece));
  }
  while (there.readSize < 16_384) await yieldToOthers();
  for (let turn = 0; turn < 20; turn++) await yieldToOthers();
  assertEquals([there.readSize, isRefused], [16_384, false]);
  await here.write(Uint8Array.of(22));
  const { message } = await refused.promise;
  assertStringIncludes(message, "it sent too much within the TLS handshake");
  await listener.close();
});

/** A connection that is dialled, and the other end of what is below it. */
function dialled(): {
  transport: TlsTransport;
  tls: TLSSocket;
  here: PipeSocket;
} {
  const [here, there] = PipeSocket.pair();
  const wire = new Wire({ allowHalfOpen: true });
  const tls = new TLSSocket(wire as unknown as Socket);
  const transport = new TlsTransport(there, wire, tls, "here", "dialled");
  return { transport, tls, here };
}

Deno.test("a connection that is closed within its TLS handshake fails it, and reads nothing more", async () => {
  const { transport } = dialled();
  const shaking = transport.handshake("secureConnect", () => undefined);
  await yieldToOthers();
  transport.close();
  await assertRejects(() => shaking, Error, "the TLS handshake failed");
  const error = await assertRejects(
    () => transport.read(new Uint8Array(1)),
    LektError,
  );
  assertEquals(error.code, "CLOSED");
});

Deno.test("a TLS handshake that fails as it ends shows nobody a certificate", async () => {
  const { transport, tls, here } = dialled();
  let isJudged = false;
  const shaking = transport.handshake("secureConnect", () => {
    isJudged = true;
    return undefined;
  });
  tls.emit("secureConnect");
  const failure = new Error("an alert");
  tls.emit("error", failure);
  await here.write(Uint8Array.of(0));
  assertEquals(await assertRejects(() => shaking), failure);
  assertEquals(isJudged, false);
  transport.close();
});

Deno.test("TLS reads 2 KiB at once of a client that is not let in yet, and 64 KiB then", async () => {
  const certificate = await makeCertificate();
  const [here, there] = PipeSocket.pair();
  const listener = listenTo(there, { ...certificate, needsAdmission: true });
  const [client, server] = await Promise.all([
    secureDialled(
      { connection: here, address: "here" },
      { method: METHOD, host: "127.0.0.1" },
      { pinnedKey: await keyOfPem(certificate.cert) },
    ),
    listener.accept(),
  ]);
  for (const room of [2 * 1024, 64 * 1024]) {
    const reading = readSome(server!, 10);
    await writeAll(client, new Uint8Array(10));
    await reading;
    assertEquals(there.rooms.at(-1), room);
    server!.admit!();
  }
  client.close();
  server!.close();
  await listener.close();
});

Deno.test("TLS reads more at once while much arrives, and gives the memory back behind that", async () => {
  const certificate = await makeCertificate();
  const [here, there] = PipeSocket.pair();
  const listener = listenTo(there, certificate);
  const [client, server] = await Promise.all([
    secureDialled(
      { connection: here, address: "here" },
      { method: METHOD, host: "127.0.0.1" },
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
