import { assert, assertEquals } from "@std/assert";
import {
  FILE_NAME_SIZE_MAX,
  numberedFileName,
  plainFileName,
  portableFileName,
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

Deno.test("portableFileName() leaves nothing that Windows takes for something else", () => {
  const names: [name: string, portable: string][] = [
    ["a.txt", "a.txt"],
    ["größe (2).txt", "größe (2).txt"],
    ["12:30?.txt", "12_30_.txt"],
    ['<a>|"b"*', "_a___b__"],
    ["ends in dots...", "ends in dots_"],
    ["ends in blanks  ", "ends in blanks_"],
    ["con", "_con"],
    ["NUL.txt", "_NUL.txt"],
    ["com1.log", "_com1.log"],
    ["console.log", "console.log"],
  ];
  for (const [name, portable] of names) {
    assertEquals(portableFileName(name), portable);
  }
});

Deno.test("plainFileName() leaves a short name of ASCII letters and digits, with its extension", () => {
  const names: [name: string, plain: string][] = [
    ["a.txt", "a.txt"],
    ["größe.txt", "gr__e.txt"],
    ["a b:c.tar.gz", "a_b_c.tar.gz"],
    [`${"x".repeat(200)}.jpeg`, `${"x".repeat(48)}.jpeg`],
    [`x.${"y".repeat(190)}`, `x.${"y".repeat(15)}`],
    ["AUX", "_AUX"],
  ];
  for (const [name, plain] of names) {
    assertEquals(plainFileName(name), plain);
    assert(utf8(plain).length <= 64);
  }
});
