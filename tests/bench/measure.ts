/**
 * Measuring side by side: warm-up, rounds in which the contestants take turns,
 * median and spread.
 *
 * @module
 */

import { cpus } from "node:os";

/** Does the work once, and gives the milliseconds that count. */
export type Work = () => number;

/** How fast a contestant was. */
export interface Measurement {
  /** Median over the rounds, in milliseconds. */
  medianMs: number;
  /** Half the distance between the quartiles, as a share of the median. */
  spread: number;
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!;
  const above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

/** Median and spread of some times. */
export function summarize(times: readonly number[]): Measurement {
  const sorted = times.toSorted((a, b) => a - b);
  const medianMs = quantile(sorted, 0.5);
  const distance = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  return { medianMs, spread: distance / 2 / medianMs };
}

/** Measures contestants against each other; whose turn is first changes with the round. */
export function measure(
  works: readonly Work[],
  warmUpCount: number,
  roundCount: number,
): Measurement[] {
  const times = works.map((): number[] => []);
  for (let round = -warmUpCount; round < roundCount; round++) {
    for (let turn = 0; turn < works.length; turn++) {
      const index = (turn + round + warmUpCount) % works.length;
      const elapsedMs = works[index]!();
      if (round >= 0) times[index]!.push(elapsedMs);
    }
  }
  return times.map(summarize);
}

/** The machine and the versions that figures belong to. */
export interface Machine {
  cpu: string;
  cores: number;
  os: string;
  deno: string;
  v8: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    os: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
  };
}

/** A size in bytes as people write it: 64 B, 4 KiB. */
export function formatSize(size: number): string {
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}

/** Rows as a table; all columns but the first are aligned to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    ).join("  ")
  ).join("\n");
}
