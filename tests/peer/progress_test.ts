// What a person sees of files on their way: sizes, times, bars and rates, at their limits.
import { assertEquals } from "@std/assert";
import {
  displayWidth,
  fit,
  formatSize,
  formatTime,
  Transfer,
  Transfers,
} from "../../src/peer/progress.ts";

const SIZE = 1000;

/** The line of a file of 1000 bytes of which so many have gone in one second. */
function lineOf(count: number, columns: number, label = "a"): string {
  const transfer = new Transfer(label, SIZE, 0);
  transfer.add(count);
  return transfer.render(columns, 1000);
}

Deno.test("units change at 1024, and the last one stays", () => {
  assertEquals(formatSize(1024), "1.0 KiB");
  assertEquals(formatSize(1024 ** 2), "1.0 MiB");
  assertEquals(formatSize(1024 ** 6), "1024.0 PiB");
  assertEquals(formatTime(3599), "59:59");
  assertEquals(formatTime(3600), "1:00:00");
});

Deno.test("a label has between 8 and 32 columns, as the row allows", () => {
  const facts = " 50%  500 B/1000 B  500 B/s  0:01 left";
  const label = "x".repeat(50);
  assertEquals(
    lineOf(500, facts.length + 4 + 20, label),
    `${"x".repeat(19)}~ ${facts}`,
  );
  assertEquals(
    lineOf(500, facts.length + 9, label),
    `${"x".repeat(7)}~ ${facts}`,
  );
  const wide = lineOf(500, 200, label);
  assertEquals(wide.slice(0, 33), `${"x".repeat(31)}~ `);
});

Deno.test("a bar has between 8 and 30 columns, and is full with the file", () => {
  const facts = " 50%  500 B/1000 B  500 B/s  0:01 left";
  const columns = 32 + facts.length + 6 + 8;
  const bar = `[${"=".repeat(4)}${".".repeat(4)}] `;
  assertEquals(lineOf(500, columns), `${"a".padEnd(32)} ${bar}${facts}`);
  assertEquals(lineOf(500, columns - 1), `${"a".padEnd(32)} ${facts}`);
  assertEquals(
    lineOf(500, 200).split(/[[\]]/)[1],
    "=".repeat(15).padEnd(30, "."),
  );
  for (const count of [SIZE, 90 * SIZE]) {
    const line = lineOf(count, 200);
    assertEquals(line.split(/[[\]]/)[1], "=".repeat(30));
    assertEquals(line.slice(65).trimStart().split(" ")[0], "100%");
    assertEquals(line.endsWith("0:00 left"), true, line);
  }
  const empty = new Transfer("a", 0, 0).render(200, 1);
  assertEquals(empty.split(/[[\]]/)[1], "=".repeat(30));
  assertEquals(empty.endsWith("100%  0 B/0 B  0 B/s  0:00 left"), true, empty);
  assertEquals(
    new Transfer("a", SIZE, 0).render(200, 1, false).includes("["),
    false,
  );
  assertEquals(
    new Transfer("a", undefined, 0).render(200, 1),
    `${"a".padEnd(32)} 0 B  0 B/s`,
  );
});

Deno.test("a rate is that of the last three seconds, and nobody knows it at once", () => {
  const transfer = new Transfer("a", SIZE, 0);
  transfer.add(100);
  const rateAt = (ms: number) => transfer.render(200, ms).split("  ").at(-2);
  assertEquals(transfer.render(200, 0).endsWith("  0 B/s  -:-- left"), true);
  assertEquals(rateAt(1000), "100 B/s");
  transfer.add(500);
  assertEquals(rateAt(3000), "200 B/s");
  // What was known after a second still counts just now, and not a moment later.
  assertEquals(rateAt(4000), "167 B/s");
  assertEquals(rateAt(4001), "0 B/s");
  assertEquals(transfer.elapsedMs(4001), 4001);
  // Nobody has looked meanwhile.
  transfer.add(600);
  assertEquals(rateAt(14_001), "60 B/s");
});

Deno.test("four files have a line, and of a fifth the number is told", () => {
  const transfers = new Transfers();
  for (let count = 0; count < 4; count++) transfers.start("a", 10, 0);
  assertEquals(transfers.render(60, 10).length, 4);
  transfers.start("a", 10, 0);
  assertEquals(transfers.render(60, 10).at(-1), "and 1 more");
});

Deno.test("fit() cuts what does not fit, and pads it to the column", () => {
  assertEquals(fit("abcd", 4), "abcd");
  assertEquals(fit("abcde", 4), "abc~");
  assertEquals(fit("a", 1), "a");
  assertEquals(fit("日本語", 5), "日本~");
  assertEquals(fit("日本語", 4), "日~ ");
  assertEquals(displayWidth("日本"), 4);
});
