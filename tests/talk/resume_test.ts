// What two programs say to each other after the loss of their connection.
import { assertEquals } from "@std/assert";
import { recognize } from "../../src/talk/receive.ts";
import {
  encodeResume,
  type Resume,
  TAKEN_COUNT_MAX,
  type TextId,
} from "../../src/talk/resume.ts";

/** The message as a receiver sees it. */
async function read(message: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const talk = await recognize(new Blob([message]).stream());
  if (talk.kind !== "resume") return talk.kind;
  return talk.resume;
}

function message(json: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`\0LEKTS1\n${json}`);
}

Deno.test("what is said after a loss is read as it was written, and nothing else is", async () => {
  const taken: TextId[] = [[0, 7], [1, 0xffff_ffff]];
  const good: Resume[] = [
    { kind: "ask", ageMs: 1234, link: 1, taken },
    { kind: "ask", ageMs: 0, link: 1_000_000, taken: [] },
    { kind: "known", taken },
    { kind: "unknown" },
  ];
  for (const resume of good) {
    assertEquals(await read(encodeResume(resume)), resume);
  }
  const many = Array.from({ length: 2000 }, (_, id): TextId => [999_999, id]);
  assertEquals(await read(encodeResume({ kind: "known", taken: many })), {
    kind: "known",
    taken: many.slice(-TAKEN_COUNT_MAX),
  });
  const bad = [
    "",
    "[]",
    "{}",
    '{"known":1,"taken":[]}',
    '{"known":true}',
    '{"known":true,"taken":[[0]]}',
    '{"known":true,"taken":[[0,4294967296]]}',
    '{"known":true,"taken":[[-1,0]]}',
    '{"age":1,"link":0,"taken":[]}',
    '{"age":-1,"link":1,"taken":[]}',
    '{"age":1,"link":1000001,"taken":[]}',
    `{"known":true,"taken":[${Array(TAKEN_COUNT_MAX + 1).fill("[0,0]")}]}`,
    `{"known":false,"more":"${"x".repeat(65_536)}"}`,
  ];
  for (const json of bad) assertEquals(await read(message(json)), "plain");
});
