import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { concat } from "@std/bytes";
import { createHash } from "node:crypto";
import {
  encodeFileHeader,
  encodeReceipt,
  FILE_NAME_SIZE_MAX,
  HEADER_SIZE_MAX,
  parseFileHeader,
  parseReceipt,
  RECEIPT_SIZE_MAX,
  safeFileName,
} from "../../src/talk/mod.ts";
import {
  FileFault,
  type Plain,
  readContent,
  readPlain,
  recognize,
  type Talk,
} from "../../src/talk/receive.ts";
import { encodeFile } from "../../src/talk/send_file.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { Prng } from "../helpers/prng.ts";

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function hex(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The same bytes whole, byte by byte, and cut in two at each place near the beginning and the end. */
function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
  for (let at = 1; at < bytes.length; at++) {
    yield [bytes.subarray(0, at), bytes.subarray(at)];
  }
}

async function collect(
  chunks: readonly Uint8Array[],
  keepSizeMax = 1000,
): Promise<Plain | Exclude<Talk, { kind: "plain" }>> {
  const talk = await recognize(bodyOf(chunks));
  return talk.kind === "plain"
    ? await readPlain(talk.body, { keepSizeMax, budget: { left: 1000 } })
    : talk;
}

async function contentOf(
  chunks: readonly Uint8Array[],
): Promise<{ content: Uint8Array; sha256: string; name: string }> {
  const talk = await recognize(bodyOf(chunks));
  assert(talk.kind === "file");
  const pieces: Uint8Array[] = [];
  const reading = readContent(talk.file);
  for (;;) {
    const { value, done } = await reading.next();
    if (done) {
      const { name } = talk.file.header;
      return { content: concat(pieces), sha256: value, name };
    }
    pieces.push(value.slice());
  }
}

async function fileBytes(
  name: string,
  content: Uint8Array,
  size?: number,
): Promise<Uint8Array> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, 10);
    yield content.subarray(10);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeFile({ name, size }, source())) {
    chunks.push(chunk.slice());
  }
  return concat(chunks);
}

Deno.test("recognize() finds a file in every cut of its bytes", async () => {
  const content = utf8("the content of the file, longer than its digest is");
  for (const size of [content.length, undefined]) {
    const message = await fileBytes("a.txt", content, size);
    for (const chunks of cuts(message)) {
      const file = await contentOf(chunks);
      assertEquals(file.content, content);
      assertEquals(file.sha256, hex(content));
      assertEquals(file.name, "a.txt");
    }
  }
});

Deno.test("readContent() finds what is wrong with a file, in every cut", async () => {
  const content = utf8("some bytes");
  const good = await fileBytes("n", content);
  const flipped = good.slice();
  flipped[flipped.length - 1]! ^= 1;
  const header = utf8('\0LEKTF1\n{"name":"n","size":11}\n');
  const digest = good.subarray(-32);
  const cases: [message: Uint8Array, says: string][] = [
    [flipped, "digest is wrong"],
    [good.subarray(0, -1), "digest is wrong"],
    [utf8('\0LEKTF1\n{"name":"n"}\nshort'), "no digest"],
    [concat([header, content, digest]), "10 bytes instead of 11"],
    [concat([header, content, content, digest]), "larger than its 11 bytes"],
  ];
  for (const [message, says] of cases) {
    for (const chunks of cuts(message)) {
      const error = await assertRejects(() => contentOf(chunks), FileFault);
      assertStringIncludes(error.message, says);
    }
  }
});

Deno.test("readContent() stops a file at its announced size, not at its end", async () => {
  let pulledSize = 0;
  const endless = new ReadableStream({
    type: "bytes",
    start(controller): void {
      controller.enqueue(utf8('\0LEKTF1\n{"name":"n","size":1}\n'));
    },
    pull(controller): void {
      pulledSize += 1000;
      controller.enqueue(new Uint8Array(1000));
    },
  });
  const talk = await recognize(endless);
  assert(talk.kind === "file");
  await assertRejects(async () => {
    for await (const _ of readContent(talk.file));
  }, FileFault);
  assert(pulledSize < 100_000, `read ${pulledSize} bytes`);
});

Deno.test("recognize() refuses files with a bad header, in every cut", async () => {
  const headers = [
    "",
    "[]",
    "null",
    '"name"',
    "{",
    '{"size":1}',
    '{"name":1}',
    '{"name":"n","size":"1"}',
    '{"name":"n","size":-1}',
    '{"name":"n","size":1.5}',
    '{"name":"n","size":9007199254740992}',
  ];
  for (const header of headers) {
    for (const chunks of cuts(utf8(`\0LEKTF1\n${header}\nx`))) {
      assertEquals((await collect(chunks) as Talk).kind, "refusedFile", header);
    }
  }
  const malformed = concat([
    utf8('\0LEKTF1\n{"name":"'),
    Uint8Array.of(0xff),
    utf8('"}\n'),
  ]);
  assertEquals((await collect([malformed]) as Talk).kind, "refusedFile");
});

Deno.test("recognize() takes a header line of 4096 bytes, and no longer one", async () => {
  for (const surplus of [-1, 0, 1]) {
    const start = '{"name":"';
    const end = '"}\n';
    const nameSize = HEADER_SIZE_MAX - start.length - end.length + surplus;
    const message = utf8(`\0LEKTF1\n${start}${"n".repeat(nameSize)}${end}`);
    const talk = await recognize(bodyOf([message]));
    assertEquals(talk.kind, surplus > 0 ? "refusedFile" : "file");
  }
  const unended = utf8(`\0LEKTF1\n${"x".repeat(100_000)}`);
  assertEquals((await collect([unended]) as Talk).kind, "refusedFile");
});

Deno.test("recognize() reads receipts in every cut, and takes for data what is none", async () => {
  const receipts = [
    { id: 7, ok: true },
    { id: 7, ok: true, name: "größe" },
    { id: 4294967295, ok: false, reason: "no" },
    { id: 0, ok: false, name: "n", reason: "no" },
  ];
  for (const receipt of receipts) {
    for (const chunks of cuts(encodeReceipt(receipt))) {
      assertEquals(await collect(chunks), { kind: "receipt", receipt });
    }
  }
  const bad = ["", "7", '{"id":"7","ok":true}', '{"id":7}', '{"id":-1,"ok":1}'];
  bad.push('{"id":4294967296,"ok":true}', '{"id":1.5,"ok":true}');
  bad.push(`{"id":7,"ok":true,"x":"${"x".repeat(RECEIPT_SIZE_MAX)}"}`);
  for (const json of bad) {
    const message = utf8(`\0LEKTR1\n${json}`);
    assertEquals(await collect([message]), {
      size: message.length,
      sha256: hex(message),
      isText: false,
    });
  }
});

Deno.test("readPlain() tells text from data in every cut", async () => {
  const cases: [message: Uint8Array, isText: boolean][] = [
    [utf8(""), true],
    [utf8("plain"), true],
    [utf8("größer €𝄞"), true],
    [utf8("\u{feff}marked"), true],
    [utf8("a\0b"), true],
    [utf8("\0a"), false],
    [utf8("\0LEKTF2\nx"), false],
    [utf8("\0LEKTF1"), false],
    [Uint8Array.of(0x61, 0xff), false],
    [Uint8Array.of(0x61, 0xe2, 0x82), false],
    [Uint8Array.of(0xc0, 0x80), false],
    [Uint8Array.of(0xed, 0xa0, 0x80), false],
  ];
  for (const [message, isText] of cases) {
    for (const chunks of cuts(message)) {
      const plain = await collect(chunks) as Plain;
      const { size, sha256 } = plain;
      assertEquals({ size, sha256, isText: plain.isText }, {
        size: message.length,
        sha256: hex(message),
        isText,
      });
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      assertEquals(plain.text, isText ? decoder.decode(message) : undefined);
    }
  }
});

Deno.test("readPlain() keeps no more text than it may, and gives back what it drops", async () => {
  for (const surplus of [-1, 0, 1]) {
    const chunks = [utf8("x".repeat(50)), utf8("y".repeat(50 + surplus))];
    const budget = { left: 1000 };
    const talk = await recognize(bodyOf(chunks));
    assert(talk.kind === "plain");
    const plain = await readPlain(talk.body, { keepSizeMax: 100, budget });
    assertEquals(plain.isText, true);
    assertEquals(plain.text === undefined, surplus > 0);
    assertEquals(budget.left, surplus > 0 ? 1000 : 900 - surplus);
  }
  const budget = { left: 10 };
  const talk = await recognize(bodyOf([utf8("more than ten")]));
  assert(talk.kind === "plain");
  const plain = await readPlain(talk.body, { keepSizeMax: 100, budget });
  assertEquals(plain.text, undefined);
  assertEquals(budget.left, 10);
});

Deno.test("readPlain() reads a large body in small memory, and rejects with its error", async () => {
  const size = 3_000_000;
  const prng = new Prng(4);
  const large = Uint8Array.from({ length: size }, () => prng.next());
  const chunks = prng.cut(large, 200_000);
  assertEquals((await collect(chunks) as Plain).sha256, hex(large));

  const failing = new ReadableStream<Uint8Array>({
    type: "bytes",
    start(controller) {
      controller.enqueue(utf8("begin of a text"));
    },
    pull() {
      throw new Error("cut short");
    },
  });
  const budget = { left: 100 };
  await assertRejects(
    async () => {
      const talk = await recognize(failing);
      if (talk.kind === "plain") {
        await readPlain(talk.body, { keepSizeMax: 100, budget });
      }
    },
    Error,
    "cut short",
  );
  assertEquals(budget.left, 100);
});

Deno.test("encodeFile() sends no more than the size, and fails on less", async () => {
  const content = utf8("0123456789abcdef");
  const message = await fileBytes("n", content, 12);
  assertEquals((await contentOf([message])).content, content.subarray(0, 12));
  await assertRejects(() => fileBytes("n", content, 17), Error, "shorter");
  const empty = await fileBytes("n", new Uint8Array(0), 0);
  assertEquals((await contentOf([empty])).content.length, 0);
});

Deno.test("encodeFileHeader() and parseFileHeader() agree, and the line is never too long", () => {
  const names = ["a.txt", "größe", '"quoted"', "n".repeat(10_000)];
  for (const name of names) {
    const encoded = encodeFileHeader({ name, size: 5, type: "text/plain" });
    assert(encoded.length <= 8 + HEADER_SIZE_MAX);
    assertEquals(encoded.at(-1), 0x0a);
    assertEquals(parseFileHeader(encoded.subarray(8, -1)), {
      name: safeFileName(name),
      size: 5,
      type: "text/plain",
    });
  }
});

Deno.test("parseReceipt() reads a missing or odd reason as an empty one", () => {
  assertEquals(parseReceipt(utf8('{"id":1,"ok":false}')), {
    id: 1,
    ok: false,
    reason: "",
  });
  assertEquals(parseReceipt(utf8('{"id":1,"ok":true,"reason":"x"}')), {
    id: 1,
    ok: true,
  });
});

Deno.test("a receipt with the longest name and reason is read as one", () => {
  const receipt = encodeReceipt({
    id: 4294967295,
    name: "\u0001".repeat(10_000),
    ok: false,
    reason: "\u0001".repeat(10_000),
  });
  assert(receipt.length <= RECEIPT_SIZE_MAX, `${receipt.length} bytes`);
  const { name, reason } = parseReceipt(receipt.subarray(8))!;
  assertEquals([name!.length, reason!.length], [FILE_NAME_SIZE_MAX, 1023]);
});

Deno.test("a header with a bad size still tells which file it is about", () => {
  const header = parseFileHeader(utf8('{"name":"n","size":-1}'));
  assert("fault" in header);
  assertEquals(header.name, "n");
});
