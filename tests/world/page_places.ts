/**
 * Pages where nobody looks at them: from a file, in a service worker, in a tab
 * behind others and in one that is frozen. What `deno task test:browser` tries,
 * with the browsers that are here.
 *
 * @module
 */
import { ROOT } from "../helpers/pages.ts";
import { CHROMIUM, FIREFOX } from "../helpers/browser_programs.ts";
import { versionOf } from "./program.ts";
import type { Report } from "./report.ts";

const TESTS = "tests/browser_places_test.ts";

const PERMISSIONS = ["read", "write", "env", "run", "net"];

/** How long all of them may take, in milliseconds. */
const ALL_MS = 900_000;

/** Runs those tests, and reports each as a scenario. */
export async function checkPagePlaces(report: Report): Promise<void> {
  const name = "client pages";
  if (!report.wants(name)) return;
  const versions: string[] = [];
  for (const { name, path } of [CHROMIUM, FIREFOX]) {
    if (path === undefined) report.skip(`${name}, ${name}`, "not installed");
    else versions.push(`${name} ${versionOf(path, ["--version"])}`);
  }
  if (versions.length === 0) return;
  const thing = `${name} (${versions.join(", ")})`;
  const outcomes = await runTests();
  for (const [test, outcome] of outcomes) {
    await report.check(thing, test, () => Promise.resolve(outcome));
  }
}

/** What came of each test that was not left out. */
async function runTests(): Promise<[string, string][]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--quiet", "--reporter=junit"],
      ...PERMISSIONS.map((each) => `--allow-${each}`),
      TESTS,
    ],
    cwd: ROOT,
    env: { LEKT_BROWSERS: "all" },
    stdin: "null",
    signal: AbortSignal.timeout(ALL_MS),
  }).output();
  const decoder = new TextDecoder();
  const cases = decoder.decode(stdout)
    .matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([^]*?)<\/testcase>)/g);
  const outcomes: [string, string][] = [];
  for (const [, test, inner = ""] of cases) {
    if (inner.includes("<skipped")) continue;
    const message = /message="([^"]*)"/.exec(inner)?.[1];
    outcomes.push([test!, message === undefined ? "ok" : `fails: ${message}`]);
  }
  if (outcomes.length > 0) return outcomes;
  return [["start", decoder.decode(stderr)]];
}
