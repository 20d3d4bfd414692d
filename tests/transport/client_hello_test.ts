import { assertEquals } from "@std/assert";
import { connect } from "node:tls";
import { Duplex } from "node:stream";
import { offersHttp, readHello } from "../../src/transport/client_hello.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { parseMethod } from "../../src/transport/method.ts";

const SIZE = 2048;

/** The ClientHello of a client that offers `protocols` by ALPN. */
async function clientHello(protocols: string[]): Promise<Uint8Array> {
  const said = Promise.withResolvers<Uint8Array>();
  const wire = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      said.resolve(Uint8Array.from(chunk));
      done();
    },
  });
  const client = connect({ socket: wire, ALPNProtocols: protocols });
  client.on("error", () => {});
  const hello = await said.promise;
  client.destroy();
  return hello;
}

/** Reads bytes that come in pieces of `size`, the first of which begins a record. */
async function readIn(bytes: Uint8Array, size: number): Promise<number> {
  let at = 0;
  let firsts = 0;
  const read = await readHello(
    {
      read(into: Uint8Array) {
        if (at === bytes.length) return Promise.resolve(null);
        const piece = bytes.subarray(at, at + Math.min(size, into.length));
        into.set(piece);
        at += piece.length;
        return Promise.resolve(piece.length);
      },
    },
    SIZE,
    () => firsts++,
  );
  assertEquals(firsts, bytes.length === 0 ? 0 : 1);
  assertEquals(read, bytes.length === 0 ? null : bytes.slice(0, at));
  return at;
}

Deno.test("offersHttp() tells who offers HTTP/1.1, in every cut", async () => {
  for (
    const [protocols, isHttp] of [
      [["http/1.1"], true],
      [["h2", "http/1.1"], true],
      [["h2"], false],
      [["http/1.0", "xhttp/1.1"], false],
    ] as const
  ) {
    const hello = await clientHello([...protocols]);
    assertEquals(offersHttp(hello), isHttp, `${protocols}`);
    for (let size = 0; size < hello.length; size++) {
      const part = offersHttp(hello.subarray(0, size));
      assertEquals(part && !isHttp, false, `${size} bytes`);
    }
  }
  assertEquals(offersHttp(new TextEncoder().encode("GET / HTTP/1.1")), false);
  const other = await clientHello(["http/1.1"]);
  other[0]!++;
  assertEquals(offersHttp(other), false);
});

Deno.test("readHello() reads a ClientHello whole, however it comes", async () => {
  const hello = await clientHello(["http/1.1"]);
  for (const size of [1, 7, 100, hello.length]) {
    assertEquals(await readIn(hello, size), hello.length);
  }
  const long = new Uint8Array(3_000);
  long.set([22, 3, 1, (3_000 - 5) >> 8, (3_000 - 5) & 0xff]);
  assertEquals(await readIn(long, 1_400), 3_000);
  assertEquals(await readIn(long.subarray(0, 2_500), 1_400), 2_500);
});

Deno.test("readHello() waits for a ClientHello of up to 4 KiB, and for no byte behind it", async () => {
  const record = (size: number): Uint8Array => {
    const bytes = new Uint8Array(5_000);
    bytes.set([22, 3, 1, (size - 5) >> 8, (size - 5) & 0xff]);
    return bytes;
  };
  for (const [size, read] of [[4_095, 4_095], [4_096, 4_096], [4_097, 5]]) {
    // Its header, then byte by byte.
    const lengths = [5, ...Array(5_000).fill(1)];
    let at = 0;
    const bytes = record(size!);
    const source = {
      read(into: Uint8Array): Promise<number> {
        const length = Math.min(lengths.shift()!, into.length);
        into.set(bytes.subarray(at, at + length));
        at += length;
        return Promise.resolve(length);
      },
    };
    const hello = await readHello(source, SIZE, () => {});
    assertEquals([at, hello?.length], [read, read]);
  }
});

Deno.test("readHello() does not wait for more of what is no ClientHello, or is too long", async () => {
  const long = new Uint8Array(SIZE).fill(22);
  assertEquals(await readIn(long, 100), 100);
  assertEquals(await readIn(new TextEncoder().encode("GET /"), 1), 1);
  assertEquals(await readIn(new Uint8Array(0), 1), 0);
});

/** The keys that a wss listener sees: of a client that shows one and offers HTTP as browsers do, or not. */
async function keysSeen(
  requireClientKey: boolean,
): Promise<(string | undefined)[]> {
  const [bob, alice] = [await makeCertificate(), await makeCertificate()];
  const listener = await listenOn(parseMethod("tls://127.0.0.1:0"), {
    ...bob,
    requireClientKey,
  });
  const { method } = listener;
  if (method.scheme !== "tls") throw new Error("no tls");
  const browser = connect({
    port: method.port,
    host: "127.0.0.1",
    cert: alice.cert,
    key: alice.key,
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
  });
  const first = await listener.accept();
  const { cert, key } = alice;
  const program = await dial(method, { cert, key, pinnedKey: bob.spki });
  const second = await listener.accept();
  const keys = [first, second].map((each) =>
    each?.remoteKey && (each.remoteKey === alice.spki ? "alice" : "other")
  );
  browser.destroy();
  await new Promise((resolve) => browser.once("close", resolve));
  for (const each of [program, first, second]) each?.close();
  await listener.close();
  return keys;
}

Deno.test("a listener asks programs for a certificate, and browsers only where it needs one", async () => {
  assertEquals(await keysSeen(false), [undefined, "alice"]);
  assertEquals(await keysSeen(true), ["alice", "alice"]);
});
