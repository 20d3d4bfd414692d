import { assert, assertEquals } from "@std/assert";
import {
  FILE_NAME_SIZE_MAX,
  numberedFileName,
  safeFileName,
} from "../../src/talk/mod.ts";

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

Deno.test("safeFileName() leaves a name that can do no harm", () => {
  const names: [sent: string, safe: string][] = [
    ["a.txt", "a.txt"],
    ["/etc/passwd", "passwd"],
    ["..\\..\\a.exe", "a.exe"],
    ["a/b\\c", "c"],
    ["", "file"],
    [".", "file"],
    ["..", "file"],
    ["dir/", "file"],
    ["\u001b\u0000\u202e", "file"],
    [".\u0000.", "file"],
    ["a\u001bb\u200e.t\u2028xt", "ab.txt"],
    [".hidden", "hidden"],
    [".bash_profile", "bash_profile"],
    ["/home/bob/.ssh", "ssh"],
    ["...", "file"],
    ["..a", "a"],
    ["\u0000.\u200e.profile", "profile"],
    ["a.", "a."],
    ["spaces stay .x", "spaces stay .x"],
  ];
  for (const [sent, safe] of names) assertEquals(safeFileName(sent), safe);
});

Deno.test("safeFileName() cuts to 200 bytes, at a character, and keeps the extension", () => {
  const cases: [sent: string, safe: string][] = [
    [`${"a".repeat(196)}.txt`, `${"a".repeat(196)}.txt`],
    [`${"a".repeat(197)}.txt`, `${"a".repeat(196)}.txt`],
    [`${"ü".repeat(150)}.gz`, `${"ü".repeat(98)}.gz`],
    ["a".repeat(201), "a".repeat(200)],
    [`a.${"b".repeat(300)}`, `a.${"b".repeat(198)}`],
    ["𝄞".repeat(51), "𝄞".repeat(50)],
  ];
  for (const [sent, safe] of cases) {
    assertEquals(safeFileName(sent), safe);
    assert(utf8(safe).length <= FILE_NAME_SIZE_MAX);
  }
});

Deno.test("numberedFileName() puts the number before the extension", () => {
  assertEquals(numberedFileName("a.txt", 1), "a.txt");
  assertEquals(numberedFileName("a.txt", 2), "a (2).txt");
  assertEquals(numberedFileName("a.tar.gz", 3), "a.tar (3).gz");
  assertEquals(numberedFileName("noext", 2), "noext (2)");
  assertEquals(numberedFileName(".hidden", 2), ".hidden (2)");
});
