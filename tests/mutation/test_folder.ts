/**
 * The tests of one folder, tried for one mutant after the other.
 *
 * @module
 */
import { listFiles } from "../helpers/source_scan.ts";
import type { Imports, ProjectCopy } from "./project_copy.ts";

/** Tests that take longer are tried behind the others, and not at all where it is to be quick. */
const SLOW_MS = 200;

/** Files whose tests all take long. */
const LONG_FILE = /(?:fuzz|property)_test\.ts$/;

/** All of them pass without any mutant. */
export class TestFolder {
  readonly #copy: ProjectCopy;
  readonly #files: string[];
  /** How long each takes. */
  readonly #usualMs: Map<string, number>;
  /** The quickest first. */
  readonly #quick: string[];
  readonly #slow: string[];
  /** Those that fail without any mutant, which are left out. */
  readonly #broken: string[];
  readonly #imports: Imports;
  /** Which files load each file of the source. */
  readonly #loading = new Map<string, string[]>();
  /** Tests that have noticed something, the last one first. */
  #noticers: string[] = [];

  private constructor(
    copy: ProjectCopy,
    files: string[],
    verdict: { tookMs: Map<string, number>; failed: Map<string, string> },
    imports: Imports,
  ) {
    this.#copy = copy;
    this.#files = files;
    this.#usualMs = verdict.tookMs;
    this.#broken = [...verdict.failed.keys()];
    this.#imports = imports;
    const known = [...verdict.tookMs].sort(([, some], [, other]) =>
      some - other
    );
    this.#quick = known.filter(([, ms]) => ms <= SLOW_MS).map(([key]) => key);
    this.#slow = known.filter(([, ms]) => ms > SLOW_MS).map(([key]) => key);
  }

  /** Runs all tests of the folder once, to know how long they take; `isQuick` leaves out those that take long. */
  static async of(
    copy: ProjectCopy,
    folder: string,
    isQuick: boolean,
  ): Promise<TestFolder> {
    const root = new URL(`file://${copy.folder}/`);
    const files = (await listFiles(root, `${folder}/`, "_test.ts"))
      .filter((file) => !(isQuick && LONG_FILE.test(file)));
    const job = { files, first: [], without: [], isPatient: true };
    const verdict = await copy.test(job, new Map());
    const { isGreen, by, failed } = verdict;
    if (!isGreen) throw new Error(`${folder} breaks off at ${by}`);
    for (const [key, error] of failed) {
      console.error(`left out, fails without any mutant: ${key}: ${error}`);
    }
    return new TestFolder(copy, files, verdict, await copy.importsOf(files));
  }

  /** Whether a test notices what was done to the file; `isQuick` leaves out those that take long. */
  async notices(path: string, isQuick: boolean): Promise<boolean> {
    const files = this.#filesFor(path);
    if (files.length === 0) return false;
    const first = [...this.#noticers, ...this.#quick];
    if (await this.#fails(files, first, this.#slow)) return true;
    if (isQuick || this.#slow.length === 0) return false;
    return await this.#fails(files, this.#slow, this.#quick);
  }

  async #fails(
    files: string[],
    first: string[],
    without: string[],
  ): Promise<boolean> {
    const { isGreen, by } = await this.#copy.test({
      files,
      first: [...new Set(first)],
      without: [...this.#broken, ...without],
      isPatient: false,
    }, this.#usualMs);
    if (isGreen) return false;
    if (by !== undefined && this.#usualMs.has(by)) {
      this.#noticers = [by, ...this.#noticers.filter((each) => each !== by)];
    }
    return true;
  }

  /** The files with tests that load the file. */
  #filesFor(path: string): string[] {
    const loaded = path.startsWith("asm/") ? "src/framing/core_wasm.ts" : path;
    let files = this.#loading.get(loaded);
    if (!files) {
      const target = `file://${this.#copy.folder}/${loaded}`;
      files = this.#files.filter((file) =>
        reaches(`file://${this.#copy.folder}/${file}`, target, this.#imports)
      );
      this.#loading.set(loaded, files);
      this.#noticers = [];
    }
    return files;
  }
}

/** Whether one module loads another one, by way of others, too. */
function reaches(from: string, to: string, imports: Imports): boolean {
  const seen = new Set([from]);
  for (const each of seen) {
    if (each === to) return true;
    for (const next of imports.get(each) ?? []) seen.add(next);
  }
  return false;
}
