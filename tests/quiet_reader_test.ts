import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { readQuietly } from "../src/quiet_reader.ts";
import { RECORD_LENGTH } from "../src/whole_run.ts";
import { ABORT, MORE, packet } from "./helpers/raw_peer.ts";

Deno.test("readQuietly() reads messages of one packet each, in a copy", () => {
  const ids = [7, 0xffff_ffff, 0];
  const bytes = concat([
    packet(ids[0]!, 0, "hello"),
    packet(ids[1]!, 0),
    packet(ids[2]!, 0, new Uint8Array(1000).fill(9)),
  ]);
  const run = readQuietly(bytes)!;
  bytes.fill(0);
  assertEquals(run.count, 3);
  const indexes = ids.map((_, at) => at * RECORD_LENGTH);
  assertEquals(indexes.map((index) => run.idAt(index)), ids);
  const contents = indexes.map((index) => run.bytesAt(index));
  assertEquals(contents.map(({ length }) => length), [5, 0, 1000]);
  assertEquals(new TextDecoder().decode(contents[0]), "hello");
  assertEquals(contents[2], new Uint8Array(1000).fill(9));
  assertEquals(contents[0]!.buffer, contents[2]!.buffer);
});

Deno.test("readQuietly() gives one message memory of its own size", () => {
  const run = readQuietly(packet(1, 0, "alone"))!;
  assertEquals(run.bytesAt(0).buffer.byteLength, 5);
  assertEquals(readQuietly(packet(1, 0))!.bytesAt(0).length, 0);
});

Deno.test("readQuietly() leaves everything else to the core", () => {
  assertEquals(readQuietly(new Uint8Array(0)), undefined);
  const whole = packet(1, 0, "x");
  const others: Record<string, Uint8Array> = {
    "a part with MORE": packet(2, MORE, "x"),
    "another part": packet(2, 1, "x"),
    "an Abort": packet(2, ABORT, "why"),
    "a reserved part": packet(2, 0xffff_ffff, "x"),
    "a cut header": whole.subarray(0, 11),
    "a cut payload": packet(2, 0, "xyz").subarray(0, 14),
  };
  for (const [what, other] of Object.entries(others)) {
    assertEquals(readQuietly(other), undefined, what);
    assertEquals(readQuietly(concat([whole, other])), undefined, what);
  }
});
