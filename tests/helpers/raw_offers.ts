/**
 * Offers and their content, byte by byte, well-formed or not.
 *
 * @module
 */
import { assert } from "@std/assert";
import { concat } from "@std/bytes";
import { createHash } from "node:crypto";
import type { Connection } from "../../mod.ts";
import type { ByteReader } from "../../src/talk/byte_reader.ts";
import { magicOf } from "../../src/talk/mod.ts";
import {
  type Answer,
  type OfferResult,
  readAnswer,
  readResult,
} from "../../src/talk/offer_answer.ts";
import { recognize } from "../../src/talk/receive.ts";
import { ContentWriter } from "../../src/talk/send_content.ts";
import type { ConversationScene } from "./conversation.ts";
import { within } from "./deadline.ts";

const ENCODER = new TextEncoder();

/** Three bytes. */
export const HI = ENCODER.encode("hi\n");

/** An offer of these lines. */
export function offerOf(
  ...lines: (string | Record<string, unknown>)[]
): Uint8Array {
  const text = lines.map((line) =>
    `${typeof line === "string" ? line : JSON.stringify(line)}\n`
  );
  return concat([magicOf("O"), ENCODER.encode(text.join(""))]);
}

/** The first line of offer 1. */
export function head(count: number, total = 0): Record<string, unknown> {
  return { offer: 1, count, total };
}

async function partFrom(
  other: Connection,
  part: string,
): Promise<ByteReader> {
  const message = await within(other.receive(), part);
  const talk = await recognize(message!.body);
  assert(talk.kind === "offering" && talk.part === part, part);
  return talk.body;
}

/** The next message, which is an answer. */
export async function answerFrom(other: Connection): Promise<Answer> {
  return (await readAnswer(await partFrom(other, "answer")))!;
}

/** The next message, which is a result. */
export async function resultFrom(other: Connection): Promise<OfferResult> {
  return (await readResult(await partFrom(other, "result")))!;
}

/** The names in a folder but those of what is kept. */
export function visibleNames(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => !name.startsWith("."));
}

/** The errors that the command has told of. */
export function faultsOf({ events }: ConversationScene): string[] {
  return events().flatMap((event) =>
    event.event === "error" ? [event.message] : []
  );
}

/** The content of offer 1. */
export function content(write: (writer: ContentWriter) => void): Uint8Array {
  const writer = new ContentWriter(4 * 1024 * 1024);
  writer.open(1);
  write(writer);
  return writer.take().slice();
}

/** Adds a block. */
export function block(writer: ContentWriter, bytes: Uint8Array): void {
  writer.room().set(bytes);
  writer.commit(bytes.length);
}

/** The SHA-256. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/** Adds a whole file. */
export function whole(writer: ContentWriter, entry: number, bytes = HI): void {
  writer.begin(entry, 0);
  block(writer, bytes);
  writer.end(digestOf(bytes));
}
