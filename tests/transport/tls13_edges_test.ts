// What comes in TLS records and handshake messages, at each of its limits.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { MessageReader } from "../../src/transport/tls13_handshake.ts";
import {
  readCertificate,
  readCertificateRequest,
  readCertificateVerify,
  readKeyUpdate,
  readServerHello,
} from "../../src/transport/tls13_messages.ts";
import {
  plainRecord,
  Protection,
  RecordReader,
} from "../../src/transport/tls13_records.ts";
import { checkSignature } from "../../src/transport/tls13_signature.ts";
import type { Transport } from "../../src/transport/transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const HANDSHAKE = 22;
const DATA = 23;

function zeros(size: number): Bytes {
  return new Uint8Array(size);
}

function bytes(...parts: (number | Uint8Array)[]): Bytes {
  return concat(
    parts.map((part) => typeof part === "number" ? Uint8Array.of(part) : part),
  );
}

/** Bytes behind their count, which has two bytes. */
function counted(content: Uint8Array): Bytes {
  return bytes(content.length >> 8, content.length & 0xff, content);
}

/** Reads records from a byte stream that brings so much at once, and ends. */
function recordsOf(stream: Uint8Array, pieceSize = 7_000): RecordReader {
  let offset = 0;
  const read = (into: Uint8Array): Promise<number | null> => {
    const piece = stream.subarray(offset, offset + pieceSize);
    into.set(piece);
    offset += piece.length;
    return Promise.resolve(piece.length > 0 ? piece.length : null);
  };
  return new RecordReader({ read } as Transport);
}

Deno.test("a TLS record has 16,640 bytes at most", async () => {
  const whole = recordsOf(plainRecord(HANDSHAKE, zeros(16_640)));
  const record = await whole.next();
  assertEquals([record?.type, record?.content.length], [HANDSHAKE, 16_640]);
  assertEquals(await whole.next(), null);
  const long = recordsOf(plainRecord(HANDSHAKE, zeros(16_641)));
  await assertRejects(() => long.next(), Error, "too large");
});

Deno.test("a stream that ends within a TLS record is cut, wherever that is, and one that ends behind it is not", async () => {
  const stream = bytes(
    plainRecord(HANDSHAKE, zeros(3)),
    plainRecord(HANDSHAKE, zeros(0)),
  );
  const ends = [0, 8, 13];
  for (let size = 0; size <= stream.length; size++) {
    for (const pieceSize of [1, 100]) {
      const records = recordsOf(stream.slice(0, size), pieceSize);
      const readAll = async (): Promise<void> => {
        while (await records.next());
      };
      if (ends.includes(size)) await readAll();
      else await assertRejects(readAll, Error, "within a TLS record");
    }
  }
});

Deno.test("a record of another protocol is none of TLS, and behind the keys each is protected", async () => {
  const other = recordsOf(bytes(HANDSHAKE, 4, 3, 0, 1, 0));
  await assertRejects(() => other.next(), Error, "does not speak TLS");
  const open = recordsOf(plainRecord(HANDSHAKE, zeros(30)));
  open.protection = await Protection.of(zeros(32));
  await assertRejects(() => open.next(), Error, "is not protected");
  const sign = recordsOf(plainRecord(20, zeros(1)));
  sign.protection = await Protection.of(zeros(32));
  assertEquals((await sign.next())?.type, 20);
});

Deno.test("what a protected record holds has 16 KiB at most, and its type behind it", async () => {
  const pair = async (): Promise<[Protection, Protection]> => [
    await Protection.of(zeros(32)),
    await Protection.of(zeros(32)),
  ];
  const passed = async (type: number, content: Uint8Array) => {
    const [sending, receiving] = await pair();
    const sealed = await sending.seal(type, content);
    return receiving.open(sealed.slice(0, 5), sealed.slice(5));
  };
  const { content } = await passed(DATA, zeros(16_384));
  assertEquals(content.length, 16_384);
  await assertRejects(() => passed(DATA, zeros(16_385)), Error, "too large");
  await assertRejects(() => passed(0, zeros(0)), Error, "has no type");
  await assertRejects(() => passed(0, zeros(9)), Error, "has no type");
  assertEquals(await passed(0, Uint8Array.of(7, HANDSHAKE, 0)), {
    type: HANDSHAKE,
    content: Uint8Array.of(7),
  });
  assertEquals((await passed(DATA, zeros(0))).content.length, 0);
});

Deno.test("a handshake message has 32 KiB at most, header included", () => {
  const of = (size: number, sentSize: number): MessageReader => {
    const messages = new MessageReader(recordsOf(zeros(0)));
    messages.push(
      bytes(11, 0, size >> 8, size & 0xff, zeros(sentSize)),
    );
    return messages;
  };
  const most = 32 * 1024 - 4;
  assertEquals(of(most, most - 1).take(), undefined);
  const whole = of(most, most);
  assertEquals(whole.take()?.body.length, most);
  assertEquals([whole.isAtEnd, whole.take()], [true, undefined]);
  assertThrows(() => of(most + 1, 0).take(), Error, "too long");
  const behind = of(5, 6);
  assertEquals([behind.take()?.whole.length, behind.isAtEnd], [9, false]);
});

Deno.test("a header that is not whole is no message yet, and a record that brings nothing is none", () => {
  const messages = new MessageReader(recordsOf(zeros(0)));
  for (const byte of [20, 0, 0]) {
    messages.push(Uint8Array.of(byte));
    assertEquals(messages.take(), undefined);
  }
  messages.push(Uint8Array.of(0));
  assertEquals(messages.take()?.type, 20);
  assertThrows(() => messages.push(zeros(0)), Error, "an empty record");
});

Deno.test("the sign for middleboxes may come once, before a message", async () => {
  const sign = plainRecord(20, Uint8Array.of(1));
  const finished = plainRecord(HANDSHAKE, Uint8Array.of(20, 0, 0, 0));
  const next = (...records: Uint8Array[]) =>
    new MessageReader(recordsOf(bytes(...records))).next();
  assertEquals((await next(sign, finished)).type, 20);
  const odds = [
    [sign, sign],
    [plainRecord(20, Uint8Array.of(2))],
    [plainRecord(20, Uint8Array.of(1, 1))],
    [plainRecord(DATA, Uint8Array.of(1))],
  ];
  for (const records of odds) {
    await assertRejects(() => next(...records), Error, "another type");
  }
  await assertRejects(() => next(sign), Error, "closed within");
  const alert = plainRecord(21, Uint8Array.of(2, 40));
  await assertRejects(() => next(alert), Error, "alert 2, 40");
});

const ECDSA = { name: "ECDSA", namedCurve: "P-256" };

Deno.test("an ECDSA signature is two whole numbers of 32 bytes, and nothing else", async () => {
  const { publicKey } = await crypto.subtle.generateKey(ECDSA, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const spki = new Uint8Array(
    await crypto.subtle.exportKey("spki", publicKey),
  );
  const check = (der: Bytes, scheme = 0x0403): Promise<void> =>
    checkSignature(spki, scheme, der, zeros(32));
  const number = (size: number, first = 1): Bytes =>
    bytes(2, size, first, zeros(size - 1));
  const pair = (...parts: Uint8Array[]): Bytes => {
    const content = bytes(...parts);
    return bytes(0x30, content.length, content);
  };
  // Of the right form, and not by this key.
  for (const [one, other] of [[32, 32], [1, 32], [32, 5]] as const) {
    const der = pair(number(one), number(other));
    await assertRejects(() => check(der), Error, "does not hold the key");
  }
  const padded = pair(number(33, 0), number(33, 0));
  await assertRejects(() => check(padded), Error, "does not hold the key");
  const good = pair(number(32), number(32));
  const odds: Bytes[] = [
    pair(number(33), number(32)),
    pair(number(32), number(34, 0)),
    pair(bytes(3, 1, 1), number(32)),
    pair(number(32), bytes(3, 1, 1)),
    good.slice(0, -1),
    bytes(good, 0),
    bytes(0x31, good.slice(1)),
    bytes(0x30, good.length - 3, good.slice(2)),
    pair(number(32)),
    zeros(0),
  ];
  for (const [at, odd] of odds.entries()) {
    await assertRejects(() => check(odd), Error, "signature is none", `${at}`);
  }
  await assertRejects(() => check(good, 0x0401), Error, "unknown kind");
});

/** The extensions of a ServerHello. */
const VERSION = bytes(0, 43, counted(bytes(3, 4)));
const SHARE = bytes(0, 51, counted(bytes(0, 0x17, counted(zeros(65)))));

/** A ServerHello; what differs from one that is right. */
function serverHello(
  { random = zeros(32), middle = bytes(0, 0x13, 1, 0), extensions }: {
    random?: Bytes;
    middle?: Bytes;
    extensions?: Bytes[];
  },
): Bytes {
  const all = bytes(...extensions ?? [VERSION, SHARE]);
  return bytes(3, 3, random, middle, counted(all));
}

Deno.test("a ServerHello is refused where anything of it is odd, missing, doubled, or of another length", () => {
  assertEquals(readServerHello(serverHello({})).length, 65);
  const share = (size: number): Bytes =>
    bytes(0, 51, counted(bytes(0, 0x17, counted(zeros(size)))));
  const odds: Bytes[] = [
    serverHello({ middle: bytes(1, 9, 0x13, 1, 0) }),
    serverHello({ middle: bytes(0, 0x13, 2, 0) }),
    serverHello({ middle: bytes(0, 0x13, 1, 1) }),
    serverHello({ extensions: [VERSION] }),
    serverHello({ extensions: [SHARE] }),
    serverHello({ extensions: [VERSION, SHARE, VERSION] }),
    serverHello({ extensions: [VERSION, SHARE, SHARE] }),
    serverHello({ extensions: [VERSION, SHARE, bytes(0, 9, 0, 0)] }),
    serverHello({ extensions: [VERSION, share(64)] }),
    serverHello({ extensions: [VERSION, share(66)] }),
    serverHello({
      extensions: [bytes(0, 43, counted(bytes(3, 3))), SHARE],
    }),
    serverHello({
      extensions: [bytes(0, 43, counted(bytes(3, 4, 0))), SHARE],
    }),
    bytes(serverHello({}), 0),
    bytes(3, 4, serverHello({}).slice(2)),
  ];
  for (const [at, odd] of odds.entries()) {
    assertThrows(() => readServerHello(odd), Error, "expected", `${at}`);
  }
  const whole = serverHello({});
  for (let size = 0; size < whole.length; size++) {
    assertThrows(() => readServerHello(whole.slice(0, size)), Error);
  }
  const retry = bytes(0xcf, 0x21, 0xad, 0x74, zeros(28));
  const asking = serverHello({ random: retry });
  assertThrows(() => readServerHello(asking), Error, "P-256");
});

Deno.test("the other messages are read whole, and neither cut nor with anything behind", () => {
  const verify = bytes(4, 3, counted(zeros(70)));
  assertEquals(readCertificateVerify(verify).signature.length, 70);
  const list = bytes(0, 0, 7, 0, 0, 2, 5, 6, 0, 0);
  const certificate = bytes(0, list);
  assertEquals(readCertificate(certificate), bytes(5, 6));
  for (
    const [read, whole] of [
      [readCertificateVerify, verify],
      [readCertificate, certificate],
    ] as const
  ) {
    assertThrows(() => read(bytes(whole, 0)), Error, "trailing");
    for (let size = 0; size < whole.length; size++) {
      assertThrows(() => read(whole.slice(0, size)), Error, "cut short");
    }
  }
  assertThrows(() => readCertificate(bytes(1, 9, list)), Error, "Certificate");
  assertEquals(readCertificateRequest(bytes(1, 9)), bytes(9));
});

Deno.test("a KeyUpdate has one byte, 0 or 1", () => {
  assertEquals([0, 1].map((asked) => readKeyUpdate(bytes(asked))), [
    false,
    true,
  ]);
  for (const odd of [bytes(), bytes(2), bytes(255), bytes(0, 0)]) {
    assertThrows(() => readKeyUpdate(odd), Error, "KeyUpdate");
  }
});
