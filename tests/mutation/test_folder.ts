/**
 * The tests of one folder, tried for one mutant after the other.
 *
 * @module
 */
import { listFiles } from "../helpers/source_scan.ts";
import type { Mutant } from "./mutants.ts";
import type { ProjectCopy, ReachedLines } from "./project_copy.ts";

/** Tests that take longer are tried behind the others, and not at all where it is to be quick. */
const SLOW_MS = 200;

/** Files whose tests all take long. */
const LONG_FILE = /(?:fuzz|property)_test\.ts$/;

/** One file of tests, which has a process of its own: what it leaves behind, such as memory that is taken, does not bother others. */
interface TestFile {
  readonly path: string;
  /** How long each of its tests takes. */
  readonly usualMs: ReadonlyMap<string, number>;
  /** The quickest first. */
  readonly quick: readonly string[];
  readonly slow: readonly string[];
  /** Those that fail without any mutant, which are left out. */
  readonly broken: readonly string[];
  readonly reached: ReachedLines;
  /** Tests that have noticed something, the last one first. */
  noticers: string[];
}

/** All of them pass without any mutant. */
export class TestFolder {
  readonly #copy: ProjectCopy;
  readonly #files: readonly TestFile[];
  /** Files that have noticed something in a source file, the last one first, by its path. */
  readonly #noticers = new Map<string, TestFile[]>();

  private constructor(copy: ProjectCopy, files: readonly TestFile[]) {
    this.#copy = copy;
    this.#files = files;
  }

  /** Runs all tests of folders, or of files, once, to know how long they take and what they reach; `isQuick` leaves out those that take long. */
  static async of(
    copy: ProjectCopy,
    folders: readonly string[],
    isQuick: boolean,
  ): Promise<TestFolder> {
    const root = new URL(`file://${copy.folder}/`);
    const paths = await Promise.all(
      folders.map((folder) =>
        folder.endsWith("_test.ts")
          ? [folder]
          : listFiles(root, `${folder}/`, "_test.ts")
      ),
    );
    const files: TestFile[] = [];
    for (const path of paths.flat()) {
      if (isQuick && LONG_FILE.test(path)) continue;
      const file = await tryFile(copy, path);
      if (file) files.push(file);
    }
    files.sort((some, other) => costOf(some) - costOf(other));
    return new TestFolder(copy, files);
  }

  /** Whether a test reaches the line that a mutant changes. */
  reaches(mutant: Mutant): boolean {
    return this.#filesFor(mutant).length > 0;
  }

  /** Whether a test notices the mutant; `isQuick` leaves out those that take long. */
  async notices(mutant: Mutant, isQuick: boolean): Promise<boolean> {
    const files = this.#filesFor(mutant);
    for (const file of files) {
      if (await this.#fails(file, file.quick, file.slow, mutant)) return true;
    }
    if (isQuick) return false;
    for (const file of files) {
      if (await this.#fails(file, file.slow, file.quick, mutant)) return true;
    }
    return false;
  }

  async #fails(
    file: TestFile,
    tests: readonly string[],
    without: readonly string[],
    { path }: Mutant,
  ): Promise<boolean> {
    if (tests.length === 0) return false;
    const { isGreen, by } = await this.#copy.test({
      file: file.path,
      first: [...new Set([...file.noticers, ...tests])],
      without: [...file.broken, ...without],
      isPatient: false,
    }, file.usualMs);
    if (isGreen) return false;
    if (by !== undefined && file.usualMs.has(by)) {
      file.noticers = [by, ...file.noticers.filter((each) => each !== by)];
    }
    const noticers = this.#noticers.get(path) ?? [];
    this.#noticers.set(path, [
      file,
      ...noticers.filter((each) => each !== file),
    ]);
    return true;
  }

  /** The files with tests that reach the line: those first that noticed something in the same source, then those of its name, then the quickest. */
  #filesFor({ path, line }: Mutant): TestFile[] {
    const files = this.#files.filter(({ reached }) =>
      path.startsWith("asm/")
        ? reached.has("src/framing/core_wasm.ts")
        : reached.get(path)?.has(line)
    );
    const name = path.slice(path.lastIndexOf("/") + 1, -".ts".length);
    const [own, others] = [true, false].map((isOwn) =>
      files.filter((file) => file.path.endsWith(`/${name}_test.ts`) === isOwn)
    );
    const noticers = (this.#noticers.get(path) ?? [])
      .filter((file) => files.includes(file));
    return [...new Set([...noticers, ...own!, ...others!])];
  }
}

/** How long the tests of a file take together. */
function costOf({ usualMs }: TestFile): number {
  return [...usualMs.values()].reduce((sum, ms) => sum + ms, 0);
}

/** What the tests of a file do without any mutant; nothing where they do not come to an end. */
async function tryFile(
  copy: ProjectCopy,
  path: string,
): Promise<TestFile | undefined> {
  const { verdict, reached } = await copy.testAndMeasure(path);
  const { isGreen, by, tookMs, failed } = verdict;
  if (!isGreen) {
    console.error(`left out, breaks off without any mutant: ${by ?? path}`);
    return undefined;
  }
  for (const [key, error] of failed) {
    console.error(`left out, fails without any mutant: ${key}: ${error}`);
  }
  const known = [...tookMs].sort(([, some], [, other]) => some - other);
  return {
    path,
    usualMs: tookMs,
    quick: known.filter(([, ms]) => ms <= SLOW_MS).map(([key]) => key),
    slow: known.filter(([, ms]) => ms > SLOW_MS).map(([key]) => key),
    broken: [...failed.keys()],
    reached,
    noticers: [],
  };
}
