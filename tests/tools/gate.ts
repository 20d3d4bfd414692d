/**
 * The one gate, for a developer and for a machine: `deno task ok`. It runs all
 * stages, also behind one that fails, and ends with a line that counts: each
 * test is one check, and so is each other stage.
 *
 * With `--test-log=FILE` and `--test-status=N` it does not run the tests: it
 * counts those whose output and exit status it is given, and whose coverage is
 * in `coverage/raw`.
 *
 * @module
 */

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

const STAGES_BEFORE_TESTS: Record<string, string[]> = {
  "fmt": ["fmt", "--check"],
  "lint": ["lint"],
  "check": ["task", "check"],
  "doc": ["task", "doc"],
  "build": ["task", "build", "--check"],
  "bench": ["task", "test:bench"],
};

const STAGES_AFTER_TESTS: Record<string, string[]> = {
  "coverage": ["task", "coverage:check"],
  "publish": ["task", "publish:dry"],
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

async function runStages(
  stages: Record<string, string[]>,
  root: URL,
): Promise<[string, Tally][]> {
  const results: [string, Tally][] = [];
  for (const [name, args] of Object.entries(stages)) {
    console.log(`--- ${name}: deno ${args.join(" ")}`);
    const startMs = performance.now();
    const child = new Deno.Command(Deno.execPath(), {
      args,
      cwd: root,
      stderr: "piped",
    }).spawn();
    const errors = await relay(child.stderr, Deno.stderr.writable);
    const { success } = await child.status;
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const line = `${success ? "ok" : "FAILED"}  ${name} (${seconds} s)`;
    results.push([
      success ? line : `${line}${lastLines(errors)}`,
      { passed: success ? 1 : 0, failed: success ? 0 : 1, skipped: 0 },
    ]);
  }
  return results;
}

async function runTests(root: URL): Promise<Tally> {
  console.log("--- test: deno task test");
  const folder = new URL(`${COVERAGE_FOLDER}/raw`, root);
  await Deno.mkdir(new URL(COVERAGE_FOLDER, root), { recursive: true });
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "test"],
    cwd: root,
    env: { DENO_COVERAGE_DIR: folder.pathname },
    stdout: "piped",
  }).spawn();
  const output = await relay(child.stdout, Deno.stdout.writable);
  return countTests(output, (await child.status).code);
}

/** Passes `from` on as it comes, and returns all of it as text. */
async function relay(
  from: ReadableStream<Uint8Array>,
  to: WritableStream<Uint8Array>,
): Promise<string> {
  const decoder = new TextDecoder();
  const writer = to.getWriter();
  let text = "";
  for await (const chunk of from) {
    await writer.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  writer.releaseLock();
  return text;
}

async function main(args: string[], root: URL): Promise<number> {
  const log = args.find((arg) => arg.startsWith("--test-log="));
  const status = args.find((arg) => arg.startsWith("--test-status="));
  const known = log && status ? [log, status] : [];
  if (known.length !== args.length) {
    console.error("usage: deno task ok [--test-log=FILE --test-status=N]");
    return 2;
  }
  const before = await runStages(STAGES_BEFORE_TESTS, root);
  const tests = log && status
    ? countTests(
      await Deno.readTextFile(log.slice("--test-log=".length)),
      Number(status.slice("--test-status=".length)),
    )
    : await runTests(root);
  const after = await runStages(STAGES_AFTER_TESTS, root);
  const verdict = tests.failed === 0 ? "ok" : "FAILED";
  const results: [string, Tally][] = [
    ...before,
    [`${verdict}  test (${formatTally(tests)})`, tests],
    ...after,
  ];
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  console.log("---");
  for (const [line, tally] of results) {
    console.log(line);
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  console.log(formatTally(total));
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  Deno.exit(await main(Deno.args, new URL("../../", import.meta.url)));
}
