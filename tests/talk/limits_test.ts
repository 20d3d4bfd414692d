// The limits of the talk convention, one below, at and one above each.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { ByteReader } from "../../src/talk/byte_reader.ts";
import {
  CODE_MESSAGE_SIZE_MAX,
  encodeCodeMessage,
  parseCodeMessage,
} from "../../src/talk/code_proof.ts";
import {
  ENTRY_NAME_SIZE_MAX,
  entryPathFault,
  PATH_SIZE_MAX,
  safeEntryName,
} from "../../src/talk/entry_path.ts";
import {
  ENTRY_COUNT_MAX,
  LINE_SIZE_MAX,
  OFFER_SIZE_MAX,
  readOffer,
} from "../../src/talk/offer.ts";

const ENCODER = new TextEncoder();
const AROUND = [-1, 0, 1] as const;

/** Bytes that a whole offer comes in at a time, and all at once. */
const CUTS = [1_000, Infinity];

/** What is wrong with an offer that comes in chunks of so many bytes. */
async function faultOf(
  pieces: Iterable<string>,
  chunkSize: number,
): Promise<string | undefined> {
  const iterator = pieces[Symbol.iterator]();
  let rest: Uint8Array = new Uint8Array(0);
  const body = new ReadableStream({
    type: "bytes",
    pull(controller: ReadableByteStreamController): void {
      if (rest.length === 0) {
        const { value, done } = iterator.next();
        if (done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        rest = ENCODER.encode(value);
      }
      const chunk = rest.slice(0, chunkSize);
      rest = rest.subarray(chunk.length);
      controller.enqueue(chunk);
    },
  });
  const reader = new ByteReader(body);
  const offer = await readOffer(reader);
  return "fault" in offer ? offer.fault : undefined;
}

function head(count: number): string {
  return `${JSON.stringify({ offer: 1, count, total: 0 })}\n`;
}

/** A line for an entry, LF included, of so many bytes. */
function lineOf(size: number, path = "a"): string {
  const bare = `${JSON.stringify({ path, size: 0, pad: "" })}\n`;
  const pad = "x".repeat(size - bare.length);
  return `${JSON.stringify({ path, size: 0, pad })}\n`;
}

Deno.test("an offer may have lines of 32,768 bytes with their LF, however they are cut", async () => {
  for (const chunkSize of CUTS) {
    for (const extra of AROUND) {
      const offer = [head(1) + lineOf(LINE_SIZE_MAX + extra)];
      const fault = await faultOf(offer, chunkSize);
      assertEquals(fault?.includes("too long") ?? false, extra > 0);
    }
  }
});

Deno.test("a line of an offer that has no end yet is too long at 32,768 bytes, before more is read", async () => {
  for (const extra of AROUND) {
    const size = LINE_SIZE_MAX + extra;
    let isRead = false;
    const body = new ReadableStream({
      type: "bytes",
      pull(controller: ReadableByteStreamController): void {
        if (isRead) controller.error(new Error("it was read further"));
        else controller.enqueue(new Uint8Array(size).fill(0x20));
        isRead = true;
      },
    });
    const read = readOffer(new ByteReader(body)).then(
      (offer) => "fault" in offer ? offer.fault : "",
      ({ message }) => message,
    );
    const text = await read;
    assertEquals(text.includes("too long"), extra >= 0, text);
  }
});

Deno.test("an offer may announce 250,000 entries, and must have as many as it announces", async () => {
  for (const extra of AROUND) {
    const count = ENTRY_COUNT_MAX + extra;
    const fault = await faultOf([head(count)], Infinity);
    const isCounted = fault!.includes("are the most of one offer");
    assertEquals(isCounted, extra > 0, fault);
  }
  for (const extra of AROUND) {
    const lines = Array.from(
      { length: 3 + extra },
      (_, i) => lineOf(60, `${i}`),
    );
    const fault = await faultOf([head(3) + lines.join("")], Infinity);
    assertEquals(fault === undefined, extra === 0, fault);
  }
});

Deno.test("an offer may have 64 MiB", async () => {
  const lineSize = 32_000;
  for (const extra of AROUND) {
    const count = Math.ceil(OFFER_SIZE_MAX / lineSize);
    const first = head(count);
    const pieces = function* (): Generator<string> {
      yield first;
      // The eight bytes in front of it were read before, and are not counted.
      let left = OFFER_SIZE_MAX + extra - first.length;
      for (let index = 0; index < count; index++) {
        const size = index < count - 1 ? lineSize : left;
        yield lineOf(size, `${index}`);
        left -= size;
      }
    };
    const fault = await faultOf(pieces(), Infinity);
    assertEquals(fault?.includes("longer than") ?? false, extra > 0, fault);
    assertEquals(fault === undefined, extra <= 0, fault);
  }
});

Deno.test("a path may have 4,096 bytes, whatever its characters", () => {
  for (const letter of ["a", "é", "€"]) {
    const letterSize = ENCODER.encode(letter).length;
    for (const extra of AROUND) {
      const size = PATH_SIZE_MAX + extra;
      const rest = "b".repeat(size % letterSize);
      const path = letter.repeat(Math.floor(size / letterSize)) + rest;
      assertEquals(ENCODER.encode(path).length, size);
      assertEquals(entryPathFault(path) !== undefined, extra > 0);
    }
  }
});

Deno.test("a name within a folder keeps 255 bytes where it is made fit", () => {
  for (const extra of AROUND) {
    const name = `${"a".repeat(ENTRY_NAME_SIZE_MAX + extra - 1)}\u0007`;
    const size = ENCODER.encode(safeEntryName(name, false)).length;
    assertEquals(size <= ENTRY_NAME_SIZE_MAX, true, `${size}`);
  }
});

Deno.test("a message of a proof may have 8,192 bytes", () => {
  const bare = encodeCodeMessage({ step: "refusal", reason: "" });
  for (const extra of AROUND) {
    const blank = new Uint8Array(CODE_MESSAGE_SIZE_MAX + extra - bare.length);
    const bytes = concat([bare, blank.fill(0x20)]);
    assertEquals(parseCodeMessage(bytes) === undefined, extra > 0);
  }
});
