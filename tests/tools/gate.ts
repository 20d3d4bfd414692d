/**
 * The one gate, for a developer and for a machine: `deno task ok`. It runs the
 * tests and, beside them, all other stages, also behind one that fails, and ends
 * with a line that counts: each test is one check, and so is each other stage.
 *
 * @module
 */
import {
  CHILD_COVERAGE_VARIABLE,
  COVERAGE_VARIABLE,
} from "../helpers/child_coverage.ts";

/** How many checks went which way. */
export interface Tally {
  /** Checks that passed. */
  passed: number;
  /** Checks that failed. */
  failed: number;
  /** Tests that did not run, for want of something on this machine. */
  skipped: number;
}

const COVERAGE_FOLDER = "coverage";

/** Lines of a failed stage's errors that are said again at the end. */
const REASON_LINES = 8;

/** Stages that run side by side: most of them keep one core busy, and a small build server has two. */
const SIDE_BY_SIDE = 2;

/** They take what the tests leave of the processors: tests that have deadlines do not notice them. */
const BESIDE_TESTS = ["nice", "-n", "10"];

/** Stages by name, each with the arguments of `deno`; those that take longest come first. That the core is what its sources give, a test says. */
type Stages = Record<string, string[]>;

const STAGES: Stages = {
  "check": ["task", "check"],
  "bench": ["task", "test:bench", "--no-check"],
  "doc": ["task", "doc"],
  "publish": ["task", "publish:dry"],
  "lint": ["lint"],
  "fmt": ["fmt", "--check"],
};

/** The tests; the stage `check` looks at their types and those of `bench`, and at those of the code on the pages. */
const TEST = ["task", "test", "--no-check"];

/**
 * Tests whose own coverage is not taken: what they run in their process others
 * run, too. To take it costs a second for each file of tests, and as much again
 * as a test that computes. It is of those that start programs, compute for long,
 * or look at the tools, by how their paths begin.
 */
export const UNMEASURED: readonly string[] = [
  "tests/asm/",
  "tests/attacks/",
  "tests/bench/",
  "tests/browser",
  "tests/directory/bench_test.ts",
  "tests/directory/crash_test.ts",
  "tests/examples_test.ts",
  "tests/framing/fuzz_test.ts",
  "tests/fuzz/",
  "tests/interop/",
  "tests/loopback_test.ts",
  "tests/peer/",
  "tests/processes/",
  "tests/relay/killed_test.ts",
  "tests/runtimes_test.ts",
  "tests/service_test.ts",
  "tests/session/windows_test.ts",
  "tests/simulation/",
  "tests/tools_test.ts",
  "tests/transport/growth_test.ts",
  "tests/wireshark/",
];

/** Files of tests at once, one more than there are cores: some wait, for a deadline or for programs, while others run. */
const JOBS = navigator.hardwareConcurrency + 1;

/** Those that look at what the tests have left. */
const STAGES_BEHIND_TESTS: Stages = {
  "coverage": ["task", "coverage:check"],
};

/** Counts the tests in the output of `deno test`; a run that left no count, or failed without saying where, is one failure. */
export function countTests(output: string, status: number): Tally {
  // deno-lint-ignore no-control-regex -- colours are control sequences
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const summary =
    /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/gm;
  const last = [...plain.matchAll(summary)].at(-1);
  const tally = {
    passed: Number(last?.[1] ?? 0),
    failed: Number(last?.[2] ?? 0),
    skipped: Number(last?.[3] ?? 0),
  };
  const ranNothing = tally.passed + tally.failed === 0;
  if (tally.failed === 0 && (status !== 0 || ranNothing)) tally.failed = 1;
  return tally;
}

function addTally(sum: Tally, { passed, failed, skipped }: Tally): void {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
}

/** What a stage said last, below its line: why it failed can be read where only the end of a log is kept. */
export function lastLines(errors: string): string {
  return errors.split("\n").filter((line) => line.trim() !== "")
    .slice(-REASON_LINES).map((line) => `\n    ${line}`).join("");
}

/** The last line of the gate. */
export function formatTally({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

/** Runs all of `stages`, some side by side, and shows what each has said when it is over; tells the line and the tally of each, in their order. */
export async function runStages(
  stages: Stages,
  root: URL,
): Promise<[line: string, tally: Tally][]> {
  const results: [string, Tally][] = [];
  const waiting = [...Object.entries(stages).entries()];
  const work = async (): Promise<void> => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      const [index, [name, args]] = next;
      results[index] = await runStage(name, args, root);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return results;
}

async function runStage(
  name: string,
  args: string[],
  root: URL,
): Promise<[string, Tally]> {
  const startMs = performance.now();
  const { success, stdout, stderr } = await runBeside(args, root);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const [output, errors] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trimEnd()
  );
  console.log(`--- ${name}: deno ${args.join(" ")}`);
  if (output) console.log(output);
  if (errors) console.error(errors);
  const line = `${success ? "ok" : "FAILED"}  ${name} (${seconds} s)`;
  return [
    success ? line : `${line}${lastLines(errors!)}`,
    { passed: success ? 1 : 0, failed: success ? 0 : 1, skipped: 0 },
  ];
}

/** Runs `deno` so that it leaves the tests their time, where the system has a way to say so. */
async function runBeside(
  args: string[],
  cwd: URL,
): Promise<Deno.CommandOutput> {
  const [program, ...before] = BESIDE_TESTS;
  try {
    return await new Deno.Command(program!, {
      args: [...before, Deno.execPath(), ...args],
      cwd,
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  }
}

/** Which files of tests are measured, and which are not; those that `deno.json` names. */
export async function shareTests(
  root: URL,
): Promise<{ measured: string[]; unmeasured: string[] }> {
  const text = await Deno.readTextFile(new URL("deno.json", root));
  const config = JSON.parse(text) as { test: { include: string[] } };
  const measured: string[] = [];
  const unmeasured: string[] = [];
  for (const path of config.test.include) {
    // The rest are places of code in documentation.
    if (!path.endsWith("_test.ts")) continue;
    const isUnmeasured = UNMEASURED.some((start) => path.startsWith(start));
    (isUnmeasured ? unmeasured : measured).push(path);
  }
  return { measured, unmeasured };
}

/** Runs the tests: first those that are measured, then the others, whose programs may be. */
async function runTests(root: URL): Promise<Tally> {
  const folder = new URL(`${COVERAGE_FOLDER}/raw`, root);
  await Deno.mkdir(new URL(COVERAGE_FOLDER, root), { recursive: true });
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const { measured, unmeasured } = await shareTests(root);
  const runs: [string[], Record<string, string>][] = [
    [measured, { [COVERAGE_VARIABLE]: folder.pathname }],
    [unmeasured, { [CHILD_COVERAGE_VARIABLE]: folder.pathname }],
  ];
  const sum: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [paths, env] of runs) {
    addTally(sum, await runTestFiles(paths, env, root));
  }
  return sum;
}

async function runTestFiles(
  paths: string[],
  env: Record<string, string>,
  root: URL,
): Promise<Tally> {
  const args = [...TEST, ...paths];
  console.log(`--- test: deno ${args.join(" ")}`);
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { ...env, DENO_JOBS: `${JOBS}` },
    stdout: "piped",
  }).spawn();
  const output = await relay(child.stdout);
  return countTests(output, (await child.status).code);
}

/** Passes `from` on as it comes, in whole lines, and returns all of it as text. */
async function relay(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  let text = "";
  let shown = 0;
  for await (const chunk of from.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const end = text.lastIndexOf("\n");
    if (end < shown) continue;
    console.log(text.slice(shown, end));
    shown = end + 1;
  }
  if (shown < text.length) console.log(text.slice(shown));
  return text;
}

async function main(args: string[], root: URL): Promise<number> {
  if (args.length > 0) {
    console.error("usage: deno task ok");
    return 2;
  }
  const [results, tests] = await Promise.all([
    runStages(STAGES, root),
    runTests(root),
  ]);
  const verdict = tests.failed === 0 ? "ok" : "FAILED";
  results.push([`${verdict}  test (${formatTally(tests)})`, tests]);
  results.push(...await runStages(STAGES_BEHIND_TESTS, root));
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  console.log("---");
  for (const [line, tally] of results) {
    console.log(line);
    addTally(total, tally);
  }
  console.log(formatTally(total));
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  Deno.exit(await main(Deno.args, new URL("../../", import.meta.url)));
}
