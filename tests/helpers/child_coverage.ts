/**
 * Whose coverage is measured. `deno task test` loads this file in front of each
 * file of tests: the programs that tests start write no coverage then, but for
 * those of files that ask for it. Most of them run the same code again, and each
 * would write 200 reports, which takes half as long again as it runs.
 *
 * @module
 */

/** Names where Deno writes coverage; programs inherit it from who starts them. */
export const COVERAGE_VARIABLE = "DENO_COVERAGE_DIR";

/** The same, for programs that are to be measured; set by itself where the tests are not. */
export const CHILD_COVERAGE_VARIABLE = "LEKT_CHILD_COVERAGE_DIR";

const folder = Deno.env.get(COVERAGE_VARIABLE);
if (folder !== undefined) {
  Deno.env.set(CHILD_COVERAGE_VARIABLE, folder);
  Deno.env.delete(COVERAGE_VARIABLE);
}

let isMeasured = false;

/** Lets the coverage of the programs count that the tests of the calling file start: for files that run what no other test does. */
export function measureChildren(): void {
  isMeasured = true;
}

/** What the environment of a program needs for its coverage to count, if it is to. */
export function coverageVariables(): Record<string, string> {
  const folder = isMeasured ? Deno.env.get(CHILD_COVERAGE_VARIABLE) : undefined;
  return folder === undefined ? {} : { [COVERAGE_VARIABLE]: folder };
}
