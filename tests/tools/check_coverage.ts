/**
 * Reads the coverage that a test run has left in `coverage/raw` and tells
 * whether it is enough.
 *
 * @module
 */

/** Lines of all of `src/` that the tests must run, in percent. */
const LINES_MIN_PERCENT = 90;

/** Files of which every branch must be run. */
const ALL_BRANCHES = [
  /^src\/handshake(\.ts$|\/)/,
  /^src\/(framing|packetizer|reassembler|records|packet_buffer|message_ids|part_index|core|quiet_reader)\.ts$/,
  /^src\/limits\.ts$/,
];

const GENERATED = ["src/core_wasm.ts"];

/** A statement that is there at run time, at the top level of a module. */
const RUNTIME_CODE =
  /^(export )?(default )?(async )?(function|class|const|let|var)\b|^await /m;

/** What the tests ran of one file. */
export interface FileCoverage {
  /** Path from the project's folder. */
  path: string;
  /** How often each line ran, for the lines that can run. */
  lines: Map<number, number>;
  /** The lines with a branch that never ran. */
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
    if (!isComplete && ALL_BRANCHES.some((pattern) => pattern.test(path))) {
      faults.push(`Not every line and branch of ${path} is run by the tests`);
    }
  }
  table.push(`${formatPercent(runCount, lineCount)}  of all lines`);
  if (100 * runCount < LINES_MIN_PERCENT * lineCount || lineCount === 0) {
    faults.push(`Less than ${LINES_MIN_PERCENT} % of the lines are run`);
  }
  return { table, faults };
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

/**
 * Removes the reports that are cut short, and returns their count. A test that
 * ends kills what it still has running, and some of those programs are just
 * writing theirs; one such file makes `deno coverage` refuse them all.
 */
export async function removeCutShort(folder: URL): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const file = new URL(name, folder);
    try {
      JSON.parse(await Deno.readTextFile(file));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await Deno.remove(file);
      count++;
    }
  }
  return count;
}

async function readReport(root: URL): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--lcov", "coverage/raw"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function main(root: URL): Promise<number> {
  const sources = await listSources(root, "src/");
  const cutShort = await removeCutShort(new URL("coverage/raw/", root));
  if (cutShort > 0) {
    console.log(`Left out, of programs killed as they wrote: ${cutShort}`);
  }
  const covered = parseLcov(await readReport(root), root.pathname)
    .filter(({ path }) => sources.includes(path))
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
  Deno.exit(await main(new URL("../../", import.meta.url)));
}
