/**
 * Reads the coverage that a test run has left in `coverage/raw` and tells
 * whether it is enough.
 *
 * @module
 */
import { runBareTask } from "../helpers/task.ts";

/** Lines of all of `src/` that the tests must run, in percent. */
const LINES_MIN_PERCENT = 90;

/** Files of which every branch must be run. */
const ALL_BRANCHES = [
  /^src\/(framing|handshake)\//,
  /^src\/session\/small_message_reader\.ts$/,
  /^src\/base\/limits\.ts$/,
];

const RAW_FOLDER = "coverage/raw";

const GENERATED = ["src/framing/core_wasm.ts"];

/** A statement that is there at run time, at the top level of a module. */
const RUNTIME_CODE =
  /^(export )?(default )?(async )?(function|class|const|let|var)\b|^await /m;

/** What the tests ran of one file. */
export interface FileCoverage {
  /** Path from the project's folder. */
  path: string;
  /** How often each line ran, for the lines that can run. */
  lines: Map<number, number>;
  /** The lines with a branch that never ran, as `deno coverage` has it. */
  missedBranches: number[];
}

/** Parses an LCOV report about the project at `root`. */
export function parseLcov(report: string, root: string): FileCoverage[] {
  const files: FileCoverage[] = [];
  for (const line of report.split("\n")) {
    const [kind = "", data = ""] = line.split(/:(.*)/s);
    const file = files.at(-1);
    if (kind === "SF") {
      const path = data.startsWith(root) ? data.slice(root.length) : data;
      files.push({ path, lines: new Map(), missedBranches: [] });
    } else if (kind === "DA" && file) {
      const [lineNumber, count] = data.split(",").map(Number);
      file.lines.set(lineNumber!, count!);
    } else if (kind === "BRDA" && file) {
      const [lineNumber, , , count] = data.split(",");
      if (!(Number(count) > 0)) file.missedBranches.push(Number(lineNumber));
    }
  }
  return files;
}

/** What one program ran of one file, as V8 wrote it. */
export interface RawReport {
  /** The file. */
  url: string;
  /** Its functions, outer ones first, and in each its ranges in the same order. */
  functions: {
    ranges: { startOffset: number; endOffset: number; count: number }[];
  }[];
}

/**
 * Tells whether each character of a file ran in one of the programs. `deno
 * coverage` adds the counts of all up and takes the difference between a range
 * and what is around it for the branch that was not taken: a loop that ran as
 * often as its function was called looks like one that was never left. In
 * random tests the sums meet once in seven runs.
 */
export function isWhollyRun(reports: RawReport[]): boolean {
  const ranges = reports.map(({ functions }) =>
    functions.flatMap((func) => func.ranges)
  );
  const size = Math.max(0, ...ranges.flat().map(({ endOffset }) => endOffset));
  const everRan = new Uint8Array(size);
  for (const ofOne of ranges) {
    const ran = new Uint8Array(size);
    for (const { startOffset, endOffset, count } of ofOne) {
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
    ran.forEach((value, offset) => everRan[offset]! |= value);
  }
  return size > 0 && everRan.every((value) => value === 1);
}

/** What {@linkcode judgeCoverage} finds. */
export interface CoverageVerdict {
  /** A table for people, one line for each file and one for all. */
  table: string[];
  /** What is not covered enough, one sentence each. */
  faults: string[];
}

/** Judges the coverage of `files`, which are all that counts. */
export function judgeCoverage(files: FileCoverage[]): CoverageVerdict {
  const table: string[] = [];
  const faults: string[] = [];
  let lineCount = 0;
  let runCount = 0;
  for (const { path, lines, missedBranches } of files) {
    const counts = [...lines.values()];
    const ran = counts.filter((count) => count > 0).length;
    lineCount += counts.length;
    runCount += ran;
    const missed = [...new Set(missedBranches)].join(", ");
    table.push(
      `${formatPercent(ran, counts.length)}  ${path}` +
        (missed ? `  branches missed in lines ${missed}` : ""),
    );
    // A function that never ran shows in its lines alone, not as branches.
    const isComplete = ran === counts.length && missed === "";
    if (!isComplete && mustBeWhole(path)) {
      const missedLines = [...lines].filter(([, count]) => !(count > 0))
        .map(([line]) => line).join(", ");
      faults.push(
        `Not every line and branch of ${path} is run by the tests: missed are ` +
          `lines ${missedLines || "none"}, branches in lines ${
            missed || "none"
          }`,
      );
    }
  }
  table.push(`${formatPercent(runCount, lineCount)}  of all lines`);
  if (100 * runCount < LINES_MIN_PERCENT * lineCount || lineCount === 0) {
    faults.push(`Less than ${LINES_MIN_PERCENT} % of the lines are run`);
  }
  return { table, faults };
}

function mustBeWhole(path: string): boolean {
  return ALL_BRANCHES.some((pattern) => pattern.test(path));
}

function formatPercent(count: number, total: number): string {
  const percent = total === 0 ? 100 : 100 * count / total;
  return `${percent.toFixed(1).padStart(6)} %`;
}

async function listSources(root: URL, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) paths.push(...await listSources(root, `${path}/`));
    else if (path.endsWith(".ts") && !GENERATED.includes(path)) {
      paths.push(path);
    }
  }
  return paths.sort();
}

/** The reports of a folder, and how many were cut short. */
export interface RawCoverage {
  /** By their file, those for which `isWanted` holds. */
  reports: Map<string, RawReport[]>;
  /** How many were removed. */
  cutShort: number;
}

/**
 * Reads the reports that are whole and removes the others. A test that ends
 * kills what it still has running, and some of those programs are just writing
 * theirs; one such file makes `deno coverage` refuse them all.
 */
export async function readRaw(
  folder: URL,
  isWanted: (url: string) => boolean,
): Promise<RawCoverage> {
  const reports = new Map<string, RawReport[]>();
  let cutShort = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const file = new URL(name, folder);
    try {
      const report: RawReport = JSON.parse(await Deno.readTextFile(file));
      if (!isWanted(report.url)) continue;
      const ofFile = reports.get(report.url);
      if (ofFile) ofFile.push(report);
      else reports.set(report.url, [report]);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await Deno.remove(file);
      cutShort++;
    }
  }
  return { reports, cutShort };
}

async function readReport(root: URL): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--lcov", RAW_FOLDER],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function main(root: URL): Promise<number> {
  const sources = await listSources(root, "src/");
  const { reports, cutShort } = await readRaw(
    new URL(`${RAW_FOLDER}/`, root),
    (url) =>
      url.startsWith(root.href) && mustBeWhole(url.slice(root.href.length)),
  );
  if (cutShort > 0) {
    console.log(`Left out, of programs killed as they wrote: ${cutShort}`);
  }
  const covered = parseLcov(await readReport(root), root.pathname)
    .filter(({ path }) => sources.includes(path))
    .map((file) =>
      isWhollyRun(reports.get(`${root.href}${file.path}`) ?? [])
        ? { ...file, missedBranches: [] }
        : file
    )
    .sort((a, b) => a.path < b.path ? -1 : 1);
  const { table, faults } = judgeCoverage(covered);
  for (const line of table) console.log(line);
  for (const path of sources) {
    if (covered.some((file) => file.path === path)) continue;
    const text = await Deno.readTextFile(new URL(path, root));
    if (RUNTIME_CODE.test(text)) faults.push(`No test loads ${path}`);
  }
  for (const fault of faults) console.error(fault);
  return faults.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  const root = new URL("../../", import.meta.url);
  await runBareTask("deno task coverage:check", () => main(root));
}
