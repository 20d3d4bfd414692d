/**
 * Makes charts, and the README's part about speed, from what `bench:peers` and
 * `bench:scaling` have measured: `deno task bench:report`.
 *
 * @module
 */
import { barChart } from "./chart/bar_chart.ts";
import { lineChart } from "./chart/line_chart.ts";
import { benchPart, replacePart } from "./chart/readme.ts";
import type { ScalingReport } from "./peers/harness/curves.ts";
import type { Report } from "./peers/harness/table.ts";

const CHARTS = new URL("./charts/", import.meta.url);
const README = new URL("../../README.md", import.meta.url);
const CHARTS_FROM_README = "tests/bench/charts";

async function readJson<T>(name: string): Promise<T | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL(name, CHARTS))) as T;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  const peers = await readJson<Report>("peers.json");
  if (peers === undefined) {
    console.error(
      "Cannot report: there is no tests/bench/charts/peers.json; run `deno task bench:peers --json=tests/bench/charts/peers.json`",
    );
    Deno.exit(1);
  }
  const scaling = await readJson<ScalingReport>("scaling.json");
  await writeChart("peers", barChart(peers.workloads));
  for (const curve of scaling?.curves ?? []) {
    await writeChart(`scaling_${curve.id}`, lineChart(curve));
  }
  const part = benchPart(peers, scaling, CHARTS_FROM_README);
  const readme = await Deno.readTextFile(README);
  await Deno.writeTextFile(README, replacePart(readme, part));
}

async function writeChart(name: string, svg: string): Promise<void> {
  await Deno.writeTextFile(new URL(`${name}.svg`, CHARTS), svg);
}

if (import.meta.main) await main();
