/**
 * The part of `tests/bench/README.md` that `deno task bench --json` makes.
 *
 * @module
 */
import { formatSize, type Machine } from "../measure.ts";

/** One job at one size, as `chunking.ts` prints it. */
interface ChunkingRow {
  job: string;
  sizeBytes: number;
  gigabytesPerSecond: Record<"wasm" | "twin" | "memcpy", number>;
  packetsPerSecond: number;
  wasmToTwin: number;
  wasmToMemcpy: number;
}

/** What `deno task bench --json` prints. */
export interface ChunkingReport {
  machine: Machine;
  rows: ChunkingRow[];
}

const HEAD = [
  "parts of",
  "WASM GB/s",
  "twin GB/s",
  "memcpy GB/s",
  "WASM packets/s",
  "WASM : twin",
  "WASM : memcpy",
];

/** The machine, and a table for each job. */
export function chunkingPart({ machine, rows }: ChunkingReport): string {
  const { cpu, cores, os, deno, v8 } = machine;
  const jobs = [...new Set(rows.map(({ job }) => job))];
  return [
    `${cpu}, ${cores} cores, ${os}; Deno ${deno}, V8 ${v8}; medians of one run.`,
    ...jobs.flatMap((job) => [
      "",
      `**${job[0]!.toUpperCase()}${job.slice(1)}**`,
      "",
      row(HEAD),
      row(HEAD.map(() => "---")),
      ...rows.filter((each) => each.job === job).map(formatRow),
    ]),
  ].join("\n");
}

function formatRow(each: ChunkingRow): string {
  const { wasm, twin, memcpy } = each.gigabytesPerSecond;
  return row([
    formatSize(each.sizeBytes),
    wasm.toFixed(1),
    twin.toFixed(1),
    memcpy.toFixed(1),
    `${(each.packetsPerSecond / 1e6).toFixed(1)} M`,
    each.wasmToTwin.toFixed(2),
    each.wasmToMemcpy.toFixed(2),
  ]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
