/**
 * Makes each mutant of a room, one at a time, and runs the tests that are near
 * it: `main.ts [--room src/handshake] [--file TEXT]... [--from N] [--count N]
 * [--quick] [--tests tests/handshake] [--at src/base/text.ts:12]`. Lists those
 * that no test notices, but for the ones that `reasons.ts` explains. Works on a copy.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { listFiles } from "../helpers/source_scan.ts";
import { oneOf, runTask, wholeNumber } from "../helpers/task.ts";
import { type Mutant, mutantsOf, mutated, nameOf } from "./mutants.ts";
import { ProjectCopy } from "./project_copy.ts";
import { REASONS } from "./reasons.ts";
import { ROOMS } from "./rooms.ts";
import { TestFolder } from "./test_folder.ts";

const root = new URL("../../", import.meta.url);

/** After so many mutants it says how far it is. */
const PROGRESS_COUNT = 20;

const NAMES = Object.keys(ROOMS);

const USAGE =
  `deno task test:mutation [--room ROOM] [--file TEXT]... [--from N] [--count N] [--quick] [--tests FOLDER|FILE]... [--at FILE:LINE]...
Rooms: ${NAMES.join(", ")}`;

/** Folders and files with tests that are tried together. */
type Tests = readonly string[];

/** What became of the mutants. */
interface Tally {
  count: number;
  explained: number;
  survivors: number;
}

async function mutantsIn(room: string): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  for (const path of await listFiles(root, `${room}/`, ".ts")) {
    if (path.endsWith("core_wasm.ts")) continue;
    const text = await Deno.readTextFile(new URL(path, root));
    mutants.push(...mutantsOf(path, text));
  }
  return mutants;
}

/** Tries mutants; folders with tests are run without any when they are first needed. */
class Trial {
  readonly #copy: ProjectCopy;
  readonly #isQuick: boolean;
  readonly #folders = new Map<string, TestFolder>();

  constructor(copy: ProjectCopy, isQuick: boolean) {
    this.#copy = copy;
    this.#isQuick = isQuick;
  }

  /** Whether a test notices the mutant, or nobody can because it compiles to the same. */
  async isNoticed(
    mutant: Mutant,
    folders: readonly Tests[],
  ): Promise<boolean> {
    const path = `${this.#copy.folder}/${mutant.path}`;
    const text = await Deno.readTextFile(path);
    // Those that are known to survive are tried again by what takes no time.
    const isQuick = this.#isQuick || REASONS[nameOf(mutant)] !== undefined;
    const tried = isQuick ? folders.slice(0, 1) : folders;
    for (const folder of tried) {
      const tests = await this.#testsOf(folder);
      await Deno.writeTextFile(path, mutated(text, mutant));
      try {
        if (await this.#compilesToSame(mutant)) return true;
        if (await tests.notices(mutant, isQuick)) return true;
      } finally {
        await Deno.writeTextFile(path, text);
      }
    }
    return false;
  }

  /** Whether a test that was tried reaches the line of the mutant. */
  isReached(mutant: Mutant): boolean {
    return [...this.#folders.values()].some((tests) => tests.reaches(mutant));
  }

  async #compilesToSame({ path }: Mutant): Promise<boolean> {
    return path.startsWith("asm/") && await this.#copy.compile() !== "written";
  }

  async #testsOf(folder: Tests): Promise<TestFolder> {
    const name = folder.join();
    let tests = this.#folders.get(name);
    if (!tests) {
      if (this.#copy.hasCompiler) await this.#copy.compile();
      tests = await TestFolder.of(this.#copy, folder, this.#isQuick);
      this.#folders.set(name, tests);
    }
    return tests;
  }
}

/** The line that tells of a survivor. */
function lineOf(mutant: Mutant, note: string | undefined): string {
  const { path, line, before, after } = mutant;
  const change = `${before.trim()} -> ${after.trim()}`;
  return `${path}:${line} survives: ${change}${note ? ` (${note})` : ""}`;
}

/** Reasons for mutants of a room that are no more: their lines have changed. */
function staleReasons(room: string, mutants: readonly Mutant[]): string[] {
  const names = new Set(mutants.map(nameOf));
  return Object.keys(REASONS).filter((name) =>
    name.startsWith(`${room}/`) && !names.has(name)
  );
}

async function runRoom(
  trial: Trial,
  folders: readonly Tests[],
  mutants: Mutant[],
): Promise<Tally> {
  const tally: Tally = { count: 0, explained: 0, survivors: 0 };
  for (const mutant of mutants) {
    if (tally.count > 0 && tally.count % PROGRESS_COUNT === 0) {
      console.log(`${tally.count} of ${mutants.length}`);
    }
    tally.count++;
    const reason = REASONS[nameOf(mutant)];
    if (await trial.isNoticed(mutant, folders)) {
      if (reason) console.log(`noticed now: ${nameOf(mutant)}`);
      continue;
    }
    if (reason) tally.explained++;
    else tally.survivors++;
    const unreached = trial.isReached(mutant)
      ? undefined
      : "no test reaches it";
    console.log(lineOf(mutant, reason ?? unreached));
  }
  return tally;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      room: { type: "string", multiple: true },
      file: { type: "string", multiple: true },
      from: { type: "string", default: "0" },
      count: { type: "string", default: "1000000" },
      quick: { type: "boolean", default: false },
      tests: { type: "string", multiple: true },
      at: { type: "string", multiple: true },
    },
  });
  const rooms = (values.room ?? NAMES).map((room) =>
    oneOf(room, NAMES, "room")
  );
  const first = wholeNumber(values.from, "--from");
  const end = first + wholeNumber(values.count, "--count", 1);
  await using copy = await ProjectCopy.make();
  const trial = new Trial(copy, values.quick);
  let survivorCount = 0;
  for (const room of rooms) {
    const startMs = performance.now();
    const there = await mutantsIn(room);
    for (const name of staleReasons(room, there)) {
      console.log(`reason for nothing: ${name}`);
    }
    const all = there.filter(({ path, line }) =>
      (values.file?.some((text) => path.includes(text)) ?? true) &&
      (values.at?.includes(`${path}:${line}`) ?? true)
    );
    const mutants = all.slice(first, end);
    const folders = values.tests
      ? [values.tests]
      : ROOMS[room]!.map((folder) => [folder]);
    const tally = await runRoom(trial, folders, mutants);
    const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
    console.log(
      `${room}: ${tally.count} of ${all.length} mutants, ${tally.explained} survive with a reason, ${tally.survivors} without, ${minutes} min`,
    );
    survivorCount += tally.survivors;
  }
  return survivorCount === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, main);
