/**
 * Makes charts, and the tables of `README.md` beside it, from what `bench`,
 * `bench:peers` and `bench:scaling` have measured: `deno task bench:report`.
 *
 * @module
 */
import { runBareTask } from "../helpers/task.ts";
import { barChart } from "./chart/bar_chart.ts";
import { lineChart } from "./chart/line_chart.ts";
import { chunkingPart, type ChunkingReport } from "./chart/chunking.ts";
import { benchPart, replacePart } from "./chart/page.ts";
import type { ScalingReport } from "./peers/harness/curves.ts";
import { fromFileUrl } from "./peers/harness/paths.ts";
import type { Report } from "./peers/harness/table.ts";

const CHARTS = new URL("./charts/", import.meta.url);
const PAGE = new URL("./README.md", import.meta.url);
const CHARTS_FROM_PAGE = "charts";
const CHARTS_FROM_ROOT = "tests/bench/charts";

async function readJson<T>(name: string): Promise<T | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL(name, CHARTS))) as T;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  let page = await Deno.readTextFile(PAGE);
  const chunking = await readJson<ChunkingReport>("chunking.json");
  if (chunking) {
    page = replacePart(page, "chunking", chunkingPart(chunking));
  }
  const peers = await readJson<Report>("peers.json");
  const again = await readJson<Report>("again.json");
  const memory = await readJson<Report>("memory.json");
  const scaling = await readJson<ScalingReport>("scaling.json");
  if (peers) {
    await writeChart("peers", barChart(peers.workloads));
    const measured = { peers, again, memory, scaling };
    const part = benchPart(measured, CHARTS_FROM_PAGE);
    page = replacePart(page, "peers", part);
  }
  for (const curve of scaling?.curves ?? []) {
    await writeChart(`scaling_${curve.id}`, lineChart(curve));
  }
  if (!chunking && !peers) {
    console.error(
      `Cannot report: nothing was measured; run deno task bench --json > ${CHARTS_FROM_ROOT}/chunking.json or deno task bench:peers --json=${CHARTS_FROM_ROOT}/peers.json`,
    );
    Deno.exit(1);
  }
  await Deno.writeTextFile(PAGE, page);
  await format();
}

/** What the gate expects of everything that is written here, the samples included. */
async function format(): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", fromFileUrl(PAGE), fromFileUrl(CHARTS)],
  }).output();
  if (!success) throw new Error("Cannot format the page and its charts");
}

async function writeChart(name: string, svg: string): Promise<void> {
  await Deno.writeTextFile(new URL(`${name}.svg`, CHARTS), svg);
}

if (import.meta.main) {
  await runBareTask("deno task bench:report", async () => {
    await main();
    return 0;
  });
}
