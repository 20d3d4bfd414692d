/**
 * Runs the tests of a file one by one, in the order that is asked for, up to the
 * first that fails: `test_process.ts JOB`.
 *
 * @module
 */

/** What a process has to do. */
export interface Job {
  /** The file with tests, as a path from the folder of the project. */
  file: string;
  /** Tests to be run first, by {@linkcode Told.key}; the others follow as they come. */
  first: string[];
  /** Tests that are left out. */
  without: string[];
  /** Goes on behind a test that fails. */
  isPatient: boolean;
}

/** What it tells on standard output, one line each behind {@linkcode MARK}. */
export type Told =
  | { kind: "begun"; key: string }
  | { kind: "passed"; key: string; tookMs: number }
  | { kind: "failed"; key: string; error: string };

/** Stands before each line that is no output of a test. */
export const MARK = "@mutation ";

/** Ends the process where a test has failed. */
export const FAILED_STATUS = 4;

type Body = Deno.TestDefinition["fn"];

interface Registered {
  key: string;
  fn: Body;
}

function tell(told: Told): void {
  console.log(`\n${MARK}${JSON.stringify(told)}`);
}

/** Stands in for `Deno.test`, and remembers what it is given. */
function collectorOf(all: Registered[], file: string) {
  return (...args: unknown[]): void => {
    const parts = { name: "", fn: undefined as Body | undefined };
    let isIgnored = false;
    for (const arg of args) {
      if (typeof arg === "string") parts.name = arg;
      else if (typeof arg === "function") parts.fn = arg as Body;
      else {
        Object.assign(parts, arg);
        isIgnored ||= (arg as Deno.TestDefinition).ignore === true;
      }
    }
    const { name, fn } = parts;
    if (!isIgnored && fn) {
      all.push({ key: `${file}: ${name || fn.name}`, fn });
    }
  };
}

/** As much of what a test is given as the tests of this project use. */
function contextOf(name: string): Deno.TestContext {
  const step = async (
    step: string | Deno.TestStepDefinition | Body,
    fn?: Body,
  ): Promise<boolean> => {
    const body = typeof step === "function"
      ? step
      : typeof step === "string"
      ? fn!
      : step.fn;
    await body(contextOf(typeof step === "string" ? step : step.name));
    return true;
  };
  return { name, origin: "", step } as Deno.TestContext;
}

async function runAll(tests: Registered[], job: Job): Promise<boolean> {
  let hasFailed = false;
  for (const { key, fn } of tests) {
    tell({ kind: "begun", key });
    const startMs = performance.now();
    try {
      await fn(contextOf(key));
      tell({ kind: "passed", key, tookMs: performance.now() - startMs });
    } catch (error) {
      tell({ kind: "failed", key, error: `${error}`.slice(0, 300) });
      hasFailed = true;
      if (!job.isPatient) break;
    }
  }
  return !hasFailed;
}

async function main(job: Job): Promise<number> {
  const all: Registered[] = [];
  Object.assign(Deno, { test: collectorOf(all, job.file) });
  await import(new URL(`../../${job.file}`, import.meta.url).href);
  const byKey = new Map(all.map((test) => [test.key, test]));
  const first = job.first.flatMap((key) => byKey.get(key) ?? []);
  const isFirst = new Set(first);
  const without = new Set(job.without);
  const tests = [...first, ...all.filter((test) => !isFirst.has(test))]
    .filter(({ key }) => !without.has(key));
  return await runAll(tests, job) ? 0 : FAILED_STATUS;
}

if (import.meta.main) Deno.exit(await main(JSON.parse(Deno.args[0]!)));
