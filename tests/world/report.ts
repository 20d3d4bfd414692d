/**
 * What the runs have shown, as a table.
 *
 * @module
 */

/** One thing in one scenario. */
interface Row {
  thing: string;
  scenario: string;
  outcome: string;
  isAsExpected: boolean;
}

/** Collects outcomes, and prints them. */
export class Report {
  readonly #rows: Row[] = [];
  readonly #skipped: string[] = [];
  readonly #only: string | null;
  readonly #names = new Set<string>();

  /** `only` is a part of the names of the things that are wanted; `null`: none is, which tells their names. */
  constructor(only: string | null = "") {
    this.#only = only;
  }

  /** What can be wanted, as far as it has been asked. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /** Whether something is wanted in this run. */
  wants(thing: string): boolean {
    this.#names.add(thing);
    return this.#only !== null &&
      thing.toLowerCase().includes(this.#only.toLowerCase());
  }

  /** Something cannot be had here. */
  skip(thing: string, why: string): void {
    console.warn(`\n*** SKIPPED: ${thing}: ${why} ***\n`);
    this.#skipped.push(`${thing}: ${why}`);
  }

  /** Runs a scenario and notes what comes of it; without `lost` that must be `ok`, else what `lost` says. */
  async check(
    thing: string,
    scenario: string,
    run: () => Promise<string>,
    lost?: RegExp,
  ): Promise<void> {
    let outcome: string;
    try {
      outcome = await run();
    } catch (error) {
      outcome = `fails: ${textOf(error)}`;
    }
    const isAsExpected = (lost ?? /^ok\b/).test(outcome);
    console.log(
      `${isAsExpected ? "  " : "! "}${thing} | ${scenario} | ${outcome}`,
    );
    this.#rows.push({ thing, scenario, outcome, isAsExpected });
  }

  /** Prints the table; returns the exit status. */
  print(): number {
    const things = Map.groupBy(this.#rows, ({ thing }) => thing);
    console.log("\n| thing | works | lost or limited |\n| --- | --- | --- |");
    for (const [thing, rows] of things) {
      const works = rows.filter(({ outcome }) => outcome.startsWith("ok"));
      const rest = rows.filter(({ outcome }) => !outcome.startsWith("ok"));
      const shown = (row: Row) =>
        row.outcome === "ok" ? row.scenario : `${row.scenario}: ${row.outcome}`;
      console.log(
        `| ${thing} | ${works.map(shown).join("; ")} | ${
          rest.map(shown).join("; ")
        } |`,
      );
    }
    if (this.#rows.length + this.#skipped.length === 0) {
      console.log(
        `nothing has "${this.#only}" in its name. There are:\n` +
          this.names.join("\n"),
      );
    }
    const differing = this.#rows.filter(({ isAsExpected }) => !isAsExpected);
    for (const each of this.#skipped) console.log(`skipped: ${each}`);
    for (const { thing, scenario, outcome } of differing) {
      console.log(`not as expected: ${thing}, ${scenario}: ${outcome}`);
    }
    console.log(
      `${this.#rows.length - differing.length} as expected, ` +
        `${differing.length} not, ${this.#skipped.length} skipped`,
    );
    return differing.length === 0 && this.#rows.length > 0 ? 0 : 1;
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message } = error as Error & { code?: string };
  return (code === undefined ? message : `${code} ${message}`)
    .replace(/\b(127\.0\.0\.1|\[::1\]):\d+/g, "$1:PORT").replace(/\s+/g, " ")
    .slice(0, 1_000);
}
