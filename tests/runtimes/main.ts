/**
 * Tries the package of npm in Node and Bun, and against Deno:
 * `deno task test:runtimes`, or with a tarball of yours behind it. With `--short`
 * only as many pairs as bring each runtime to either side once. With `--share`
 * what the gate runs: Node and Bun with each other, and no types; where npm does
 * not give them it ends with status 3.
 *
 * @module
 */
import { tryBundled } from "./bundled.ts";
import {
  type Side,
  tryCommand,
  tryDirectory,
  tryReadme,
  tryScenes,
  tryWays,
} from "./pairs.ts";
import {
  NotReachable,
  type Projects,
  typeFaults,
  UNTYPED,
  withProjects,
} from "./project.ts";
import {
  bun,
  BUN_VERSION,
  deno,
  node,
  NODE_VERSIONS,
  type Program,
} from "./toolchain.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** What is tried between two runtimes, the first of which connects. */
type Trial = (a: Side, b: Side) => Promise<string>;

/** Node and Bun, in all versions or in one of each. */
async function others(isShort: boolean): Promise<Program[]> {
  const versions = isShort ? NODE_VERSIONS.slice(-1) : NODE_VERSIONS;
  const found = await Promise.all([
    ...versions.map(node),
    bun(BUN_VERSION),
  ]);
  return found.map((program) => {
    if (program === undefined) {
      throw new NotReachable("npm does not give all of them");
    }
    return program;
  });
}

/** Each with each; in short each once on either side. */
function pairsOf(sides: readonly Side[], isShort: boolean): [Side, Side][] {
  return sides.flatMap((a, index) => {
    const next = sides[(index + 1) % sides.length]!;
    return (isShort ? [next] : sides).map((b): [Side, Side] => [a, b]);
  });
}

/** Runs trials; returns how many failed. */
async function tryAll(
  pairs: readonly [Side, Side][],
  trials: readonly Trial[],
): Promise<number> {
  let failedCount = 0;
  for (const [a, b] of pairs) {
    for (const run of trials) {
      try {
        console.log(`${a.name} -> ${b.name}: ${await run(a, b)}`);
      } catch (error) {
        failedCount++;
        console.error(`${a.name} -> ${b.name}: FAILED`, error);
      }
    }
  }
  return failedCount;
}

async function run(projects: Projects, isShort: boolean): Promise<number> {
  const faults = await typeFaults(projects.npm);
  for (const fault of faults) console.error(fault);
  console.log(`types: ${faults.length === 0 ? "ok" : "FAILED"}`);
  const rest = (await others(isShort)).map((program): Side => ({
    ...program,
    folder: projects.npm,
  }));
  const bySource: Side = { ...deno(CONFIG), folder: projects.deno };
  const byNpm: Side = { ...deno(), folder: projects.npm };
  const failedCount = await tryAll(
    pairsOf([bySource, ...rest], isShort),
    [tryScenes],
  ) + await tryAll(
    pairsOf([byNpm, ...rest], isShort),
    [tryReadme, tryDirectory, tryWays, tryCommand, tryBundled],
  );
  return faults.length + failedCount === 0 ? 0 : 1;
}

/** The status that says that there was nothing to try in. */
const SKIPPED = 3;

/** One pair that brings Node and Bun to either side. */
async function runShare(): Promise<number> {
  try {
    return await withProjects(UNTYPED, async ({ npm: folder }) => {
      const [one, other] = (await others(true)).map((program): Side => ({
        ...program,
        folder,
      }));
      const trySome = (a: Side, b: Side) => tryScenes(a, b, ["tcp", "wss"]);
      const failedCount = await tryAll([[one!, other!]], [trySome]) +
        await tryAll([[other!, one!]], [tryWays, tryBundled]);
      return failedCount === 0 ? 0 : 1;
    });
  } catch (error) {
    if (!(error instanceof NotReachable)) throw error;
    console.error(error.message);
    return SKIPPED;
  }
}

async function main(args: string[]): Promise<number> {
  const [tarball, ...more] = args.filter((arg) =>
    arg !== "--short" && arg !== "--share"
  );
  if (more.length > 0 || tarball?.startsWith("-")) {
    console.error(
      "usage: deno task test:runtimes [--share | [--short] [FILE.tgz]]",
    );
    return 2;
  }
  if (args.includes("--share")) return await runShare();
  return await withProjects(
    tarball,
    (projects) => run(projects, args.includes("--short")),
  );
}

if (import.meta.main) Deno.exit(await main(Deno.args));
