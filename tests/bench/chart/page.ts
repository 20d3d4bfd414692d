/**
 * The parts of `tests/bench/README.md` that the figures make.
 *
 * @module
 */
import { explanationsOf } from "./explanations.ts";
import type { ScalingReport } from "../peers/harness/curves.ts";
import {
  comparisonTable,
  failures,
  limitLine,
  machineLine,
  type Report,
} from "../peers/harness/table.ts";

function paragraph(text: string): string[] {
  return text === "" ? [] : ["", text];
}

/** What the benches have measured; what is missing is left out. */
export interface Measured {
  peers: Report;
  /** Workloads that were measured once more, in a run of their own: `deno task bench:peers --only NAME`. */
  again?: Report | undefined;
  /** The workload `memory` with a longer message, which takes too long to be a part of the others: `deno task bench:peers --only memory --memory-mib 102400 --variants raw,raw-streamed,lekt`. */
  memory?: Report | undefined;
  scaling?: ScalingReport | undefined;
}

/** Parts of the figures may be older than others. */
function whenAndWhere({ at, machine }: Report | ScalingReport): string {
  return `${at.slice(0, 10)}, ${machine.cores} × ${machine.cpu}`;
}

function curvesPart(
  scaling: ScalingReport | undefined,
  chartFolder: string,
): string[] {
  if (!scaling) return [];
  return [
    "",
    `How cost grows, ${whenAndWhere(scaling)}:`,
    ...scaling.curves.flatMap(({ id, title }) => [
      "",
      `![${title}](${chartFolder}/scaling_${id}.svg)`,
    ]),
  ];
}

/** A table of its own for what was not measured with the rest. */
function furtherTable(
  report: Report | undefined,
  titleOf: (report: Report) => string,
): string[] {
  return report === undefined ? [] : [
    "",
    `${titleOf(report)}, ${whenAndWhere(report)}:`,
    "",
    ...comparisonTable(report.workloads),
  ];
}

/** The text that compares peers. */
export function benchPart(
  { peers, again, memory, scaling }: Measured,
  chartFolder: string,
): string {
  const left = [...peers.notes, ...failures(peers.workloads)];
  return [
    `Measured ${
      peers.at.slice(0, 10)
    } over loopback TCP between two processes: ${
      machineLine(peers.machine)
    }. ${peers.rounds} rounds of ${peers.seconds} s in turn; medians. What counts are ratios within one run.`,
    "",
    ...comparisonTable(peers.workloads),
    ...paragraph(limitLine(peers.workloads)),
    ...explanationsOf(peers.workloads),
    ...furtherTable(
      again,
      ({ rounds, seconds }) =>
        `Measured once more in a run of its own, ${rounds} rounds of ${seconds} s`,
    ),
    ...furtherTable(
      memory,
      ({ rounds }) => `The same with a longer message, ${rounds} rounds`,
    ),
    "",
    `![Throughput as parts of raw TCP](${chartFolder}/peers.svg)`,
    ...curvesPart(scaling, chartFolder),
    ...(left.length === 0 ? [] : ["", "Not measured:", ""]),
    ...left.map((line) => `- ${line.slice(0, 160)}`),
  ].join("\n");
}

/** `page` with the text between the marks of this name replaced; throws where there are none. */
export function replacePart(
  page: string,
  name: string,
  part: string,
): string {
  const [start, end] = ["start", "end"].map((edge) =>
    `<!-- bench:${name}:${edge} -->`
  ) as [string, string];
  const startAt = page.indexOf(start);
  const endAt = page.indexOf(end);
  if (startAt < 0 || endAt < startAt) {
    throw new Error(
      `Cannot write the figures: the marks "${start}" and "${end}" are not there`,
    );
  }
  return `${page.slice(0, startAt + start.length)}\n\n${part}\n\n${
    page.slice(endAt)
  }`;
}
