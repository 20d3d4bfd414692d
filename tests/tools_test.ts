import { assertEquals } from "@std/assert";
import {
  judgeCoverage,
  parseLcov,
  removeCutShort,
} from "./tools/check_coverage.ts";
import { countTests, formatTally, lastLines } from "./tools/gate.ts";

Deno.test("countTests() reads the last summary of deno test, colours or not", () => {
  assertEquals(
    countTests(
      "ok | 1 passed | 0 failed (1s)\n\n\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed | 2 ignored (9s)\n",
      0,
    ),
    { passed: 12, failed: 0, skipped: 2 },
  );
  assertEquals(
    countTests("FAILED | 3 passed | 2 failed (1 step) (9s)\n", 1),
    { passed: 3, failed: 2, skipped: 0 },
  );
});

Deno.test("countTests() is never green when nothing ran or the run failed", () => {
  const failure = { passed: 0, failed: 1, skipped: 0 };
  assertEquals(countTests("", 0), failure);
  assertEquals(countTests("error: Type checking failed.\n", 1), failure);
  assertEquals(countTests("ok | 0 passed | 0 failed (1s)\n", 0), failure);
  assertEquals(
    countTests("ok | 5 passed | 0 failed (1s)\n", 1),
    { passed: 5, failed: 1, skipped: 0 },
  );
});

Deno.test("formatTally() names skipped tests only where there are some", () => {
  assertEquals(
    formatTally({ passed: 3, failed: 0, skipped: 0 }),
    "3 passed, 0 failed",
  );
  assertEquals(
    formatTally({ passed: 3, failed: 1, skipped: 2 }),
    "3 passed, 1 failed, 2 skipped",
  );
});

Deno.test("judgeCoverage() wants every branch of the protocol and nine of ten lines", () => {
  const files = parseLcov(
    [
      "SF:/lekt/src/framing.ts",
      "BRDA:1,0,0,0",
      "BRDA:2,0,1,3",
      ...["DA:1,3", "DA:2,3", "end_of_record"],
      "SF:/lekt/src/limits.ts",
      ...["DA:1,1", "DA:2,0", "end_of_record"],
      "SF:/lekt/src/connection.ts",
      ...["BRDA:1,0,0,-", "DA:1,1", "DA:2,1", "end_of_record"],
    ].join("\n"),
    "/lekt/",
  );
  assertEquals(files.map(({ path }) => path), [
    "src/framing.ts",
    "src/limits.ts",
    "src/connection.ts",
  ]);
  assertEquals(judgeCoverage(files).faults, [
    "Not every line and branch of src/framing.ts is run by the tests",
    "Not every line and branch of src/limits.ts is run by the tests",
    "Less than 90 % of the lines are run",
  ]);
  assertEquals(judgeCoverage(files.slice(2)).faults, []);
  assertEquals(judgeCoverage([]).faults, [
    "Less than 90 % of the lines are run",
  ]);
});

Deno.test("removeCutShort() removes the reports of killed programs alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = new URL(`file://${folder}/`);
    const reports = {
      "whole.json": '{"result":[{}]}',
      "cut.json": '{"result":[{}',
      "empty.json": "",
    };
    for (const [name, text] of Object.entries(reports)) {
      await Deno.writeTextFile(new URL(name, root), text);
    }
    assertEquals(await removeCutShort(root), 2);
    const left = await Array.fromAsync(Deno.readDir(root));
    assertEquals(left.map(({ name }) => name), ["whole.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("lastLines() repeats the end of what a stage said", () => {
  assertEquals(lastLines(""), "");
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  assertEquals(
    lastLines(lines.join("\n\n") + "\n"),
    lines.slice(-8).map((line) => `\n    ${line}`).join(""),
  );
});
