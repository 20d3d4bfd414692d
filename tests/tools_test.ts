import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseArgs } from "node:util";
import {
  coverageVariables,
  measureChildren,
} from "./helpers/child_coverage.ts";
import {
  isWhollyRun,
  judgeCoverage,
  parseLcov,
  readRaw,
} from "./tools/check_coverage.ts";
import {
  oneOf,
  positiveNumber,
  statusOfTask,
  wholeNumber,
} from "./helpers/task.ts";
import {
  countTests,
  formatTally,
  lastLines,
  runStages,
  shareTests,
  UNMEASURED,
} from "./tools/gate.ts";

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

Deno.test("the gate runs each file of tests once, measured or not", async () => {
  const root = new URL("../", import.meta.url);
  const { measured, unmeasured } = await shareTests(root);
  const { test: { include } } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  ) as { test: { include: string[] } };
  assertEquals(
    [...measured, ...unmeasured].sort(),
    include.filter((path) => path.endsWith("_test.ts")).sort(),
  );
  for (const start of UNMEASURED) {
    assert(
      unmeasured.some((path) => path.startsWith(start)),
      `no file of tests begins with ${start}`,
    );
  }
});

Deno.test("judgeCoverage() wants every branch of the protocol and nine of ten lines", () => {
  const files = parseLcov(
    [
      "SF:/lekt/src/framing/mod.ts",
      "BRDA:1,0,0,0",
      "BRDA:2,0,1,3",
      ...["DA:1,3", "DA:2,3", "end_of_record"],
      "SF:/lekt/src/base/limits.ts",
      ...["DA:1,1", "DA:2,0", "end_of_record"],
      "SF:/lekt/src/connection/connection.ts",
      ...["BRDA:1,0,0,-", "DA:1,1", "DA:2,1", "end_of_record"],
    ].join("\n"),
    "/lekt/",
  );
  assertEquals(files.map(({ path }) => path), [
    "src/framing/mod.ts",
    "src/base/limits.ts",
    "src/connection/connection.ts",
  ]);
  assertEquals(judgeCoverage(files).faults, [
    "Not every line and branch of src/framing/mod.ts is run by the tests: missed are lines none, branches in lines 1",
    "Not every line and branch of src/base/limits.ts is run by the tests: missed are lines 2, branches in lines none",
    "Less than 90 % of the lines are run",
  ]);
  assertEquals(judgeCoverage(files.slice(2)).faults, []);
  assertEquals(judgeCoverage([]).faults, [
    "Less than 90 % of the lines are run",
  ]);
});

/** A report of a file of 100 characters with a function from 10 to 90. */
function rawReport(...inner: [start: number, end: number, count: number][]) {
  const toRange = ([startOffset, endOffset, count]: number[]) => ({
    startOffset: startOffset!,
    endOffset: endOffset!,
    count: count!,
  });
  return {
    url: "file:///lekt/src/framing/mod.ts",
    functions: [
      { ranges: [toRange([0, 100, 1])] },
      { ranges: [[10, 90, 5], ...inner].map(toRange) },
    ],
  };
}

Deno.test("isWhollyRun() asks whether each character ran in one of the programs", () => {
  assertEquals(isWhollyRun([]), false);
  assertEquals(isWhollyRun([rawReport()]), true);
  const first = rawReport([20, 50, 0]);
  assertEquals(isWhollyRun([first]), false);
  assertEquals(isWhollyRun([first, rawReport([30, 60, 0])]), false);
  assertEquals(isWhollyRun([first, rawReport([50, 60, 0])]), true);
  assertEquals(isWhollyRun([rawReport([20, 50, 0], [30, 40, 3])]), false);
});

Deno.test("isWhollyRun() is not misled by sums: a loop that ran as often as its function", () => {
  assertEquals(
    isWhollyRun([rawReport([20, 50, 4]), rawReport([20, 50, 6])]),
    true,
  );
});

Deno.test("readRaw() reads what is wanted, and removes the reports of killed programs alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = new URL(`file://${folder}/`);
    const files = {
      "whole.json": JSON.stringify(rawReport()),
      "other.json": JSON.stringify({ ...rawReport(), url: "file:///other" }),
      "cut.json": JSON.stringify(rawReport()).slice(0, -1),
      "empty.json": "",
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(new URL(name, root), text);
    }
    const { url } = rawReport();
    const { reports, cutShort } = await readRaw(root, (at) => at === url);
    assertEquals([...reports], [[url, [rawReport()]]]);
    assertEquals(cutShort, 2);
    const left = await Array.fromAsync(Deno.readDir(root));
    assertEquals(left.map(({ name }) => name).sort(), [
      "other.json",
      "whole.json",
    ]);
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

Deno.test("runStages() runs each stage, also behind one that fails, and keeps their order", async () => {
  const root = new URL("../", import.meta.url);
  const results = await runStages({
    good: ["eval", "1"],
    bad: ["eval", "console.error('why'); Deno.exit(1)"],
    last: ["eval", "1"],
  }, root);
  assertEquals(
    results.map(([line]) => line.replace(/\([\d.]+ s\)/, "(s)")),
    ["ok  good (s)", "FAILED  bad (s)\n    why", "ok  last (s)"],
  );
  assertEquals(results.map(([, { failed }]) => failed), [0, 1, 0]);
});

Deno.test("programs that tests start inherit no coverage; it is given to them where a file of tests asks for it", () => {
  assertEquals(Deno.env.get("DENO_COVERAGE_DIR"), undefined);
  assertEquals(coverageVariables(), {});
  measureChildren();
  const folder = Deno.env.get("LEKT_CHILD_COVERAGE_DIR");
  assertEquals(
    coverageVariables(),
    folder === undefined ? {} : { DENO_COVERAGE_DIR: folder },
  );
});

/** What a task prints while it runs. */
async function printedBy(
  args: string[],
  main: (args: string[]) => number,
): Promise<[status: number, lines: string[]]> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (line: string): void => void lines.push(line);
  try {
    return [await statusOfTask(args, "deno task it [--n N]", main), lines];
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("a task runs only with arguments that it takes, and tells which at --help", async () => {
  let runCount = 0;
  const main = (args: string[]): number => {
    const { values } = parseArgs({ args, options: { n: { type: "string" } } });
    wholeNumber(values.n ?? "0", "--n");
    runCount++;
    return 7;
  };
  assertEquals(await printedBy(["--n", "3"], main), [7, []]);
  for (const help of ["--help", "-h"]) {
    assertEquals(await printedBy(["--n", "3", help], main), [0, [
      "usage: deno task it [--n N]",
    ]]);
  }
  for (const args of [["--seed", "1"], ["more"], ["--n", "x"], ["--n"]]) {
    const [status, [line]] = await printedBy(args, main);
    assertEquals(status, 2);
    assertMatch(line!, /\nusage: deno task it/);
  }
  assertEquals(runCount, 1);
});

/** Programs of tasks that take no arguments; some of them change files or the network. */
const BARE = [
  "bench/chart.ts",
  "bench/relay.ts",
  "tools/cable_pull.ts",
  "tools/check_coverage.ts",
  "tools/check_docs.ts",
  "tools/check_types.ts",
  "tools/publish_dry.ts",
];

/** How those are run here: without permissions whatever they began would fail. */
const BARE_RUN = ["run", "--quiet", "--no-prompt", "--ignore-env"];

Deno.test("tasks that take no arguments say so, and do nothing where they get some", async () => {
  const told = await Promise.all(
    BARE.flatMap((path) =>
      ["--help", "more"].map(async (argument) => {
        const program = new URL(path, import.meta.url).pathname;
        const { code, stdout, stderr } = await new Deno.Command(
          Deno.execPath(),
          {
            args: [...BARE_RUN, program, argument],
          },
        ).output();
        const text = new TextDecoder().decode(code === 0 ? stdout : stderr);
        return `${code} ${text.split("\n").at(-2)?.replace(/:.*/, "")}`;
      })
    ),
  );
  assertEquals(told, BARE.flatMap(() => ["0 usage", "2 usage"]));
});

Deno.test("numbers and names of a task's command line are what they must be", () => {
  assertEquals(wholeNumber("0", "--n"), 0);
  assertEquals(wholeNumber("12", "--n", 12), 12);
  for (const text of ["", " ", "x", "1.5", "11", "-1", "1e99"]) {
    assertThrows(() => wholeNumber(text, "--n", 12), Error, "Cannot read --n");
  }
  assertEquals(positiveNumber("0.1", "--n"), 0.1);
  for (const text of ["", "0", "-1", "x", "Infinity"]) {
    assertThrows(() => positiveNumber(text, "--n"), Error, "Cannot read --n");
  }
  assertEquals(oneOf("a", ["a", "b"], "part"), "a");
  assertThrows(() => oneOf("c", ["a", "b"], "part"), Error, "one of a, b");
});

Deno.test("every task that runs a program of the tests tells what it takes", async () => {
  const root = new URL("../", import.meta.url);
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const files = Object.values<string>(tasks)
    .filter((line) => line.startsWith("deno run "))
    .flatMap((line) => /tests\/\S+\.ts(?! task)/.exec(line) ?? []);
  assertEquals(files.includes("tests/simulation/main.ts"), true);
  for (const file of files) {
    const text = await Deno.readTextFile(new URL(file, root));
    // Without a look at its arguments it takes none, and runs.
    const readsArgs = /Deno\.args|run(?:Bare)?Task/.test(text);
    const tells = /run(?:Bare)?Task\(|usage: |readOptions\(/.test(text);
    assertEquals(!readsArgs || tells, true, file);
  }
});
