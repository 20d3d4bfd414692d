import { assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import { numberedFileName, safeFileName } from "../../src/talk/mod.ts";
import { readOffer } from "../../src/talk/offer.ts";
import { readAnswer, readResult } from "../../src/talk/offer_answer.ts";
import { readContentNumber } from "../../src/talk/receive_content.ts";
import {
  FileFault,
  readContent,
  readPlain,
  recognize,
  type Talk,
} from "../../src/talk/receive.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { fromHex, toHex } from "../helpers/cuts.ts";
import vectors from "../vectors/talk.json" with { type: "json" };

type Piece = string | { text: string; count: number } | { hex: string };

/** A message, and what it is: with its header and content in hex, or with what a receipt says. */
interface TalkVector {
  name: string;
  rules: string[];
  breaks?: string[];
  message: Piece[];
  what: string;
  header?: Record<string, unknown>;
  content?: string;
  receipt?: Record<string, unknown>;
}

const ENCODER = new TextEncoder();

function bytesOf(piece: Piece): Uint8Array {
  if (typeof piece === "string") return ENCODER.encode(piece);
  if ("hex" in piece) return fromHex(piece.hex);
  return ENCODER.encode(piece.text.repeat(piece.count));
}

function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.subarray(index * size, (index + 1) * size),
  );
}

async function contentOf(talk: Talk & { kind: "file" }): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of readContent(talk.file)) pieces.push(toHex(piece));
  return pieces.join("");
}

/** What a message about an offer is, as the vectors write it. */
async function judgeOffering(
  { part, body }: Talk & { kind: "offering" },
): Promise<Record<string, unknown>> {
  switch (part) {
    case "offer": {
      const offer = await readOffer(body);
      return "fault" in offer
        ? { what: "refusedOffer" }
        : { what: part, says: offer };
    }
    case "answer": {
      const says = await readAnswer(body);
      return says ? { what: part, says } : { what: "nothing" };
    }
    case "result": {
      const says = await readResult(body);
      return says ? { what: part, says } : { what: "nothing" };
    }
    case "content":
      return { what: part, number: await readContentNumber(body) };
  }
}

/** What a message is, as the vectors write it. */
async function judge(
  bytes: Uint8Array,
  chunkSize: number,
): Promise<Record<string, unknown>> {
  const talk = await recognize(bodyOf(chunksOf(bytes, chunkSize)));
  if (talk.kind === "refusedFile") return { what: talk.kind };
  if (talk.kind === "receipt") {
    return { what: talk.kind, receipt: talk.receipt };
  }
  if (talk.kind === "offering") return await judgeOffering(talk);
  if (talk.kind === "plain") {
    const budget = { left: bytes.length };
    const plain = await readPlain(talk.body, { keepSizeMax: 0, budget });
    return { what: plain.isText ? "text" : "data" };
  }
  if (talk.kind === "resume") return { what: talk.kind };
  const { header } = talk.file;
  return { what: talk.kind, header, content: await contentOf(talk) };
}

for (const vector of vectors.messages as TalkVector[]) {
  const { name, message, rules: _rules, breaks: _breaks, ...wanted } = vector;
  Deno.test(`a message of the talk convention in any cut: ${name}`, async () => {
    const bytes = concat(message.map(bytesOf));
    for (const chunkSize of [1, 7, 4096, 65_536]) {
      if (wanted.what === "damagedFile") {
        await assertRejects(() => judge(bytes, chunkSize), FileFault);
      } else {
        assertEquals(await judge(bytes, chunkSize), wanted);
      }
    }
  });
}

Deno.test("files get the names of the vectors", () => {
  for (const { given, place } of vectors.names) {
    assertEquals(safeFileName(given), place);
  }
  for (const { name, next } of vectors.taken) {
    const tried = next.map((_, index) => numberedFileName(name, index + 2));
    assertEquals(tried, next);
  }
});
