import { assertEquals } from "@std/assert";
import { mutantsOf, mutated } from "./mutants.ts";
import { reachedLines } from "./project_copy.ts";

/** The changed lines that come of one, or of a block. */
function changesOf(text: string): string[] {
  return mutantsOf("x.ts", text).map(({ after }) => after);
}

Deno.test("a comparison is moved by one and turned round, and a refusal is left out", () => {
  assertEquals(changesOf("if (size > max) throw late();"), [
    "if (size >= max) throw late();",
    "if (size <= max) throw late();",
    "if (false && (size > max)) throw late();",
  ]);
  assertEquals(changesOf("  if (isLate) {\n    return;\n  }"), [
    "  if (false && (isLate)) {",
  ]);
  assertEquals(changesOf("  if (isLate) {\n    count++;\n  }"), []);
});

Deno.test("bounds are exchanged", () => {
  assertEquals(changesOf("const size = Math.min(a, Math.max(b, c));"), [
    "const size = Math.max(a, Math.max(b, c));",
    "const size = Math.min(a, Math.min(b, c));",
  ]);
});

Deno.test("comments, arrows and claims are left as they are", () => {
  assertEquals(changesOf("// if (a < b) return;"), []);
  assertEquals(changesOf(" * a < b"), []);
  assertEquals(changesOf("const f = (a) => a;"), []);
  assertEquals(changesOf("  assert(size < max);"), []);
  assertEquals(changesOf("run(); // while a < b"), []);
});

Deno.test("a mutant changes one line of its file", () => {
  const text = "one\nif (a < b) c();\nthree";
  const [mutant] = mutantsOf("x.ts", text);
  assertEquals(mutated(text, mutant!), "one\nif (a <= b) c();\nthree");
});

Deno.test("lines beside one that ran are reached, and files that were loaded without any are known", () => {
  const lcov = "SF:/copy/src/a.ts\nDA:10,3\nDA:11,0\nDA:20,0\nend_of_record\n" +
    "SF:/copy/src/b.ts\nDA:1,0\nend_of_record\n";
  const reached = reachedLines(lcov, "/copy");
  assertEquals([...reached.get("src/a.ts")!], [8, 9, 10, 11, 12]);
  assertEquals(reached.get("src/b.ts")?.size, 0);
});
