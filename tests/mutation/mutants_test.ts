import { assertEquals } from "@std/assert";
import { mutantsOf, mutated } from "./mutants.ts";

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
