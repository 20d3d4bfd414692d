/**
 * The part of the README that the figures make.
 *
 * @module
 */
import type { ScalingReport } from "../peers/harness/curves.ts";
import {
  comparisonTable,
  failures,
  machineLine,
  type Report,
} from "../peers/harness/table.ts";

const BEGIN = "<!-- bench:begin: made by `deno task bench:report` -->";
const END = "<!-- bench:end -->";

/** The text between the two marks. */
export function benchPart(
  peers: Report,
  scaling: ScalingReport | undefined,
  chartFolder: string,
): string {
  const curves = scaling?.curves ?? [];
  const left = [...peers.notes, ...failures(peers.workloads)];
  return [
    `Measured ${
      peers.at.slice(0, 10)
    } over loopback TCP between two processes: ${
      machineLine(peers.machine)
    }. ${peers.rounds} rounds of ${peers.seconds} s in turn; medians. What counts are ratios within one run.`,
    "",
    ...comparisonTable(peers.workloads),
    "",
    `![Throughput as parts of raw TCP](${chartFolder}/peers.svg)`,
    ...curves.flatMap(({ id, title }) => [
      "",
      `![${title}](${chartFolder}/scaling_${id}.svg)`,
    ]),
    ...(left.length === 0 ? [] : ["", "Not measured:", ""]),
    ...left.map((line) => `- ${line.slice(0, 160)}`),
  ].join("\n");
}

/** `readme` with the part between the marks replaced; throws where there are no marks. */
export function replacePart(readme: string, part: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(
      `Cannot write the figures: the marks "${BEGIN}" and "${END}" are not there`,
    );
  }
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${part}\n\n${
    readme.slice(end)
  }`;
}
