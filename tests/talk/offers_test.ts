// Offers, and what is said to them: what is read back as it was written, and
// what is wrong with everything else.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { ByteReader } from "../../src/talk/byte_reader.ts";
import { entryPathFault } from "../../src/talk/entry_path.ts";
import { magicOf, parseFileHeader } from "../../src/talk/mod.ts";
import {
  encodeOffer,
  type Offer,
  OFFER_MAGIC,
  type OfferEntry,
  readOffer,
  totalSize,
} from "../../src/talk/offer.ts";
import {
  type Answer,
  BLOCK_SIZE,
  blockSizeFor,
  encodeAnswer,
  encodeResult,
  type OfferResult,
  readAnswer,
  readResult,
} from "../../src/talk/offer_answer.ts";
import { recognize } from "../../src/talk/receive.ts";

const ENCODER = new TextEncoder();

/** The bodies of messages, behind their first eight bytes. */
function bodyOf(...pieces: (string | Uint8Array<ArrayBuffer>)[]): ByteReader {
  return new ByteReader(new Blob(pieces).stream());
}

/** An offer of these lines; a line that is a text is taken as it is. */
async function readLines(...lines: unknown[]): Promise<unknown> {
  const text = lines.map((line) =>
    `${typeof line === "string" ? line : JSON.stringify(line)}\n`
  );
  return await readOffer(bodyOf(text.join("")));
}

/** What is said to be wrong with an offer of these lines. */
async function faultOf(...lines: unknown[]): Promise<[string, unknown]> {
  const { fault, number } = Object(await readLines(...lines));
  return [String(fault).split(", by a fault of the program")[0]!, number];
}

const ENTRIES: OfferEntry[] = [
  { kind: "folder", path: "a", mtimeMs: -1, mode: 0o777 },
  { kind: "file", path: "a/b", size: 3, mtimeMs: 8.64e15, mode: 0 },
  { kind: "left", path: "a/c", reason: "it is a device" },
  { kind: "left", path: "a/c", reason: "and again" },
  { kind: "folder", path: "a/d" },
  { kind: "file", path: "a/d/b" },
  { kind: "file", path: "z", size: 0 },
  { kind: "left", path: "top", reason: "" },
];

Deno.test("an offer is read as it was written, also one of many entries", async () => {
  const many = Array.from({ length: 5_000 }, (_, index): OfferEntry => ({
    kind: "file",
    path: `${index}`,
    size: index,
  }));
  for (const entries of [ENTRIES, many, []]) {
    const total = totalSize(entries);
    for (const zstd of [true, false]) {
      const offer: Offer = {
        number: 0xffff_ffff,
        count: entries.length,
        total,
        zstd,
        entries,
      };
      const pieces = [...encodeOffer(offer)];
      for (const piece of pieces) assertEquals(piece.length < 66_000, true);
      assertEquals(pieces.length > 1, entries === many);
      const body = bodyOf(...pieces);
      await body.peek(OFFER_MAGIC.length);
      body.skip(OFFER_MAGIC.length);
      assertEquals(await readOffer(body), offer);
    }
  }
});

const HEAD = { offer: 1, count: 1, total: 0 };

Deno.test("a first line that does not say what it must is refused with words", async () => {
  const noNumber: [string, unknown] = ["it has no number", undefined];
  for (const offer of [undefined, -1, 1.5, "1", 0x1_0000_0000]) {
    assertEquals(await faultOf({ ...HEAD, offer }), noNumber);
  }
  for (const line of ["", "[]", "null", "no JSON", '{"offer":']) {
    assertEquals(await faultOf(line), noNumber);
  }
  for (const count of [undefined, -1, 0.5, "1", 2 ** 53]) {
    assertEquals(await faultOf({ ...HEAD, count }), [
      "it does not say how many entries follow",
      1,
    ]);
  }
  for (const total of [undefined, -1, 0.5, "1", 2 ** 53]) {
    assertEquals(await faultOf({ ...HEAD, total }), [
      "it does not say how large it is",
      1,
    ]);
  }
  assertEquals(await faultOf(), ["it is empty", undefined]);
});

Deno.test("entries that make no sense are refused with words", async () => {
  const head = { ...HEAD, count: 2 };
  const folder = { path: "a", folder: true };
  const twice = 'it has "a/b" twice';
  const table: [string, unknown[]][] = [
    ["one of its lines is no JSON object", [head, "[]"]],
    ["one of its lines is no JSON object", [head, ""]],
    ["one of its entries has no path", [head, { size: 0 }]],
    ["one of its entries has no path", [head, { path: 1, size: 0 }]],
    ['the size of "a" is no number of bytes', [head, { path: "a", size: -1 }]],
    ['the size of "a" is no number of bytes', [head, { path: "a", size: "1" }]],
    ['the size of "a" is no number of bytes', [
      head,
      { path: "a", size: 2 ** 53 },
    ]],
    ["its sizes have no sum", [
      head,
      { path: "a", size: 2 ** 53 - 1 },
      { path: "b", size: 1 },
    ]],
    ['the folder of "a/b" does not stand before it', [head, {
      path: "a/b",
      size: 0,
    }]],
    // What stands before a new top is of no use to it.
    ['the folder of "a/c" does not stand before it', [
      { ...HEAD, count: 3 },
      folder,
      { path: "b", folder: true },
      { path: "a/c", size: 0 },
    ]],
    [twice, [
      { ...HEAD, count: 3 },
      folder,
      { path: "a/b", size: 0 },
      { path: "a/b", size: 0 },
    ]],
    [twice, [
      { ...HEAD, count: 3 },
      folder,
      { path: "a/b", folder: true },
      { path: "a/b", size: 0 },
    ]],
    ["its total is not the sum of its sizes", [HEAD, { path: "a", size: 1 }]],
    ["it has 1 of the 2 entries that it announces", [head, folder]],
    ["it has more entries than it announces", [HEAD, folder, folder]],
  ];
  for (const [fault, lines] of table) {
    assertEquals(await faultOf(...lines), [fault, 1]);
  }
});

Deno.test("what is left out may be named again, and times and modes that are none are not taken", async () => {
  const left = { path: "a", left: "why" };
  const read = await readLines({ ...HEAD, count: 2 }, left, left);
  assertEquals(Object(read).entries, [
    { kind: "left", path: "a", reason: "why" },
    { kind: "left", path: "a", reason: "why" },
  ]);
  for (const [mtime, mode] of [[8.64e15 + 2, 0o1000], [1.5, -1], ["1", "7"]]) {
    const read = await readLines(HEAD, { path: "a", size: 0, mtime, mode });
    assertEquals(Object(read).entries, [{ kind: "file", path: "a", size: 0 }]);
  }
});

Deno.test("a line that begins with its end is an empty one, and the last one needs its end", async () => {
  assertEquals(await faultOf("", HEAD), ["it has no number", undefined]);
  const text = `${JSON.stringify({ ...HEAD, count: 0 })}\n{`;
  const { fault } = Object(await readOffer(bodyOf(text)));
  assertEquals(fault.split(", by")[0], "its last line has no end");
});

Deno.test("a path is names with / between them", () => {
  for (const path of ["", "/a", "a/", "a//b"]) {
    assertEquals(
      entryPathFault(path),
      `the path "${path}" is not one of names with / between them`,
    );
  }
  for (const path of ["..", ".", "a/../b", "a/."]) {
    assertEquals(
      entryPathFault(path),
      `the path "${path}" leads out of its folder`,
    );
  }
});

const DIGEST = "0123456789abcdef".repeat(4);

const YES: Answer = {
  kind: "yes",
  number: 7,
  zstd: false,
  have: [[0, 0], [2, 5]],
  partial: [{ entry: 1, size: 5, block: BLOCK_SIZE, digests: [DIGEST] }],
};

async function readAnswerOf(json: unknown): Promise<Answer | undefined> {
  return await readAnswer(
    bodyOf(typeof json === "string" ? json : JSON.stringify(json)),
  );
}

Deno.test("an answer is read as it was written, and nothing else is", async () => {
  const good: Answer[] = [
    { kind: "invite", offers: 1 },
    { kind: "wait", number: 0 },
    { kind: "no", number: 0xffff_ffff, reason: "not now" },
    YES,
    { ...YES, zstd: true, have: [], partial: [] },
  ];
  for (const answer of good) {
    const body = bodyOf(encodeAnswer(answer));
    await body.peek(8);
    body.skip(8);
    assertEquals(await readAnswer(body), answer);
  }
  const yes = { offer: 7, ok: true };
  const entry = { entry: 1, size: 5, block: BLOCK_SIZE, digests: [DIGEST] };
  const bad: unknown[] = [
    "",
    "[]",
    {},
    { ok: true },
    { wait: true },
    { offers: 0 },
    { offer: -1, ok: true },
    { offer: 0x1_0000_0000, wait: true },
    { offer: 7 },
    { offer: 7, ok: 1 },
    ...["x", [1], [[1]], [[1, 2, 3]], [[2, 1]], [[-1, 1]], [[0, 0.5]], {}]
      .map((have) => ({ ...yes, have })),
    ...[
      "x",
      [1],
      [null],
      [{ ...entry, entry: -1 }],
      [{ ...entry, entry: undefined }],
      [{ ...entry, size: -1 }],
      [{ ...entry, size: "5" }],
      [{ ...entry, block: BLOCK_SIZE - 1 }],
      [{ ...entry, block: 0 }],
      [{ ...entry, block: undefined }],
      [{ ...entry, digests: DIGEST }],
      [{ ...entry, digests: [] }],
      [{ ...entry, digests: [DIGEST, DIGEST] }],
      [{ ...entry, digests: [DIGEST.slice(1)] }],
      [{ ...entry, digests: [DIGEST.toUpperCase()] }],
    ].map((partial) => ({ ...yes, partial })),
  ];
  for (const json of bad) assertEquals(await readAnswerOf(json), undefined);
});

Deno.test("an answer may have 10,000 ranges, 65,536 digests and 8 MiB", async () => {
  for (const extra of [-1, 0, 1]) {
    const have = Array(10_000 + extra).fill([0, 0]);
    const answer = await readAnswerOf({ offer: 7, ok: true, have });
    assertEquals(answer === undefined, extra > 0);
    const bare = JSON.stringify({ offer: 7, ok: true });
    const padded = bare.padEnd(8 * 1024 * 1024 + extra);
    assertEquals(await readAnswerOf(padded) === undefined, extra > 0);
    const digests = 65_536 + extra;
    const partial = [16_384, 16_384, 16_384, digests - 3 * 16_384].map((
      count,
      entry,
    ) => ({
      entry,
      size: (count - 1) * BLOCK_SIZE,
      block: BLOCK_SIZE,
      digests: Array(count).fill(DIGEST),
    }));
    const many = await readAnswerOf({ offer: 7, ok: true, partial });
    assertEquals(many === undefined, extra > 0);
  }
});

Deno.test("no file has more than 16,384 digests", () => {
  assertEquals(blockSizeFor(0), BLOCK_SIZE);
  const most = 16_383 * BLOCK_SIZE;
  assertEquals(blockSizeFor(most), BLOCK_SIZE);
  assertEquals(blockSizeFor(most + 1), 2 * BLOCK_SIZE);
  assertEquals(blockSizeFor(2 * most + 1), 4 * BLOCK_SIZE);
  for (const size of [most, most + 1, 2 * most, 2 ** 53 - 1]) {
    const count = Math.floor(size / blockSizeFor(size)) + 1;
    assertEquals(count <= 16_384, true, `${size}`);
  }
});

async function readResultOf(json: unknown): Promise<OfferResult | undefined> {
  return await readResult(
    bodyOf(typeof json === "string" ? json : JSON.stringify(json)),
  );
}

Deno.test("a result is read as it was written, and nothing else is", async () => {
  const good: OfferResult[] = [
    { number: 1, ok: true, failed: [], renamed: [] },
    { number: 1, ok: true, failed: [[0, "why"]], renamed: [[3, "b (2)"]] },
    { number: 1, ok: false, reason: "", failed: [], renamed: [] },
  ];
  for (const result of good) {
    const message = encodeResult(result);
    const text = new TextDecoder().decode(message);
    assertEquals(text.includes("failed"), result.failed.length > 0);
    const body = bodyOf(message);
    await body.peek(8);
    body.skip(8);
    assertEquals(await readResult(body), result);
  }
  const bad: unknown[] = [
    "",
    {},
    { ok: true },
    { offer: 1 },
    { offer: 1, ok: 1 },
    ...["x", [1], [[1]], [["a", "b"]], [[-1, "b"]], [[1, 2]], [[1, "b", 3]]]
      .flatMap((list) => [
        { offer: 1, ok: true, failed: list },
        { offer: 1, ok: true, renamed: list },
      ]),
  ];
  for (const json of bad) assertEquals(await readResultOf(json), undefined);
  for (const extra of [-1, 0, 1]) {
    const failed = Array(10_000 + extra).fill([0, "x"]);
    const result = await readResultOf({ offer: 1, ok: true, failed });
    assertEquals(result === undefined, extra > 0);
    const padded = JSON.stringify({ offer: 1, ok: true })
      .padEnd(8 * 1024 * 1024 + extra);
    assertEquals(await readResultOf(padded) === undefined, extra > 0);
  }
});

Deno.test("what is said after a loss may have 65,536 bytes", async () => {
  for (const extra of [-1, 0, 1]) {
    const json = '{"known":true,"taken":[]}'.padEnd(65_536 - 8 + extra);
    const bytes = concat([magicOf("S"), ENCODER.encode(json)]);
    const { kind } = await recognize(new Blob([bytes]).stream());
    assertEquals(kind, extra > 0 ? "plain" : "resume");
  }
  for (const pair of ["[0,1,2]", '"01"', "{}"]) {
    const json = `{"known":true,"taken":[${pair}]}`;
    const bytes = concat([magicOf("S"), ENCODER.encode(json)]);
    const { kind } = await recognize(new Blob([bytes]).stream());
    assertEquals(kind, "plain");
  }
});

Deno.test("a header tells of offers by a whole number of 1 or more", () => {
  for (
    const [offers, expected] of [
      [1, 1],
      [2, 2],
      [0, undefined],
      [-1, undefined],
      [1.5, undefined],
      ["1", undefined],
    ] as const
  ) {
    const line = JSON.stringify({ name: "a", offers });
    const header = parseFileHeader(ENCODER.encode(line));
    assertEquals(
      Object(header).header?.offers ?? Object(header).offers,
      expected,
    );
  }
});
