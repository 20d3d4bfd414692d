// Files, receipts and plain messages where one byte more or less decides.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import {
  encodeReceipt,
  HEADER_SIZE_MAX,
  MAGIC_SIZE,
  RECEIPT_SIZE_MAX,
} from "../../src/talk/mod.ts";
import {
  hasContent,
  type IncomingFile,
  type Plain,
  readContent,
  readPlain,
  recognize,
  type Talk,
} from "../../src/talk/receive.ts";
import { encodeFile } from "../../src/talk/send_file.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { within } from "../helpers/deadline.ts";
import { pattern } from "../helpers/messages.ts";

const AROUND = [-1, 0, 1] as const;

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A body of which nothing comes behind these bytes, and no end. */
function openBody(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(bytes),
    pull: () => new Promise<void>(() => {}),
  });
}

async function refusalOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const talk = await within(recognize(openBody(bytes)), "a refusal");
  assert(talk.kind === "refusedFile", talk.kind);
  return talk.fault;
}

async function fileOf(body: ReadableStream<Uint8Array>): Promise<IncomingFile> {
  const talk: Talk = await within(recognize(body), "a header");
  assert(talk.kind === "file", talk.kind);
  return talk.file;
}

Deno.test("a receipt may have 8,192 bytes, and is data beyond that", async () => {
  const bare = encodeReceipt({ id: 7, ok: true });
  for (const extra of AROUND) {
    const blank = new Uint8Array(RECEIPT_SIZE_MAX + extra - bare.length);
    const bytes = concat([bare, blank.fill(0x20)]);
    const { kind } = await recognize(bodyOf([bytes]));
    assertEquals(kind, extra > 0 ? "plain" : "receipt");
  }
});

Deno.test("a header that is bad already is refused before more of the file comes", async () => {
  assertStringIncludes(
    await refusalOf(utf8("\0LEKTF1\n\n")),
    "is no JSON object",
  );
  const endless = new Uint8Array(MAGIC_SIZE + HEADER_SIZE_MAX).fill(0x20);
  endless.set(utf8("\0LEKTF1\n"));
  assertStringIncludes(await refusalOf(endless), "has no end");
});

Deno.test("a file that is offered rather than sent has no content, and one that fails has none either", async () => {
  const header = utf8('\0LEKTF1\n{"name":"n"}\n');
  assertEquals(await hasContent(await fileOf(bodyOf([header]))), false);
  const begun = bodyOf([header, pattern(1)]);
  assertEquals(await hasContent(await fileOf(begun)), true);
  const broken = new ReadableStream<Uint8Array>({
    type: "bytes",
    start: (controller) => controller.enqueue(header.slice()),
    pull: () => Promise.reject(new Error("it was aborted")),
  });
  assertEquals(await hasContent(await fileOf(broken)), false);
});

Deno.test("no piece of a file is empty", async () => {
  const message: Uint8Array[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield pattern(100);
  }
  for await (const piece of encodeFile({ name: "n" }, source())) {
    message.push(piece.slice());
  }
  const bytes = concat(message);
  for (const size of [1, 31, 32, 33, 200]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      chunks.push(bytes.subarray(at, at + size));
    }
    for await (const piece of readContent(await fileOf(bodyOf(chunks)))) {
      assert(piece.length > 0);
    }
  }
});

Deno.test("a file of known size is sent whole without a look for more of it", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield pattern(5);
    await new Promise<void>(() => {});
  }
  const pieces = encodeFile({ name: "n", size: 5 }, source());
  const sizes: number[] = [];
  for (let count = 0; count < 3; count++) {
    const { value } = await within(pieces.next(), "the next piece");
    sizes.push(value!.length);
  }
  assertEquals(sizes.slice(1), [5, 32]);
});

async function plainOf(
  chunks: readonly Uint8Array[],
  budget: { left: number },
  keepSizeMax = 10,
): Promise<Plain> {
  const talk = await recognize(bodyOf(chunks));
  assert(talk.kind === "plain");
  return await readPlain(talk.body, { keepSizeMax, budget });
}

Deno.test("a text may take all that is left to be kept, and what is not kept takes none of it", async () => {
  // `recognize()` has looked at the first eight bytes, which are one chunk then.
  const start = utf8("12345678");
  for (const extra of AROUND) {
    const budget = { left: start.length + extra };
    const { text } = await plainOf([start], budget);
    assertEquals(text, extra < 0 ? undefined : "12345678");
    assertEquals(budget.left, extra < 0 ? 7 : extra);
  }
  const cases: [what: string, chunks: Uint8Array[]][] = [
    ["data from its first byte on", [new Uint8Array(8), utf8("a")]],
    ["data from its second chunk on", [start, Uint8Array.of(0xff), utf8("a")]],
    ["too long for what is kept of it", [start, utf8("abc"), utf8("d")]],
  ];
  for (const [what, chunks] of cases) {
    const budget = { left: 100 };
    const { text, size } = await plainOf(chunks, budget);
    assertEquals([text, budget.left], [undefined, 100], what);
    assertEquals(size, concat(chunks).length);
  }
});
