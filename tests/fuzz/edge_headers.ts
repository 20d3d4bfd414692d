/**
 * Headers at the edges: each word of a header takes each value at which a rule
 * of `PROTOCOL.md` begins or ends to hold, and the framing core must say the same
 * as the reference.
 *
 * @module
 */
import { compareStream } from "../reference/trace.ts";

/** Values at which something changes: ids, indexes with and without MORE, lengths. */
export const EDGES: readonly number[] = [
  0,
  1,
  2,
  9,
  1_023,
  1_024,
  1_040,
  1_041,
  0x4_0000,
  0x4_0001,
  0x7fff_fffe,
  0x7fff_ffff,
  0x8000_0000,
  0x8000_0001,
  0xffff_fff4,
  0xffff_fffd,
  0xffff_fffe,
  0xffff_ffff,
];

/** Those of which all pairs of headers are made. */
export const PAIR_EDGES: readonly number[] = [
  0,
  1,
  9,
  1_023,
  1_024,
  1_041,
  0x7fff_fffe,
  0x7fff_ffff,
  0x8000_0000,
  0x8000_0001,
  0xffff_fffe,
  0xffff_ffff,
];

/** Payload that is written behind a single header, at most: the longest that is judged, and one byte. */
const PAYLOAD_SIZE_MAX = 1_041;

/** The same of pairs: the second header stands in what is missing of longer ones. */
const PAIR_PAYLOAD_MAX = 9;

/** So many bytes come one by one: two headers, and a little payload of each. */
const SINGLE_MAX = 40;

/** What stands before: nothing; message 1 open with its next index 1; a message that was complete. */
const PRELUDES: readonly number[][][] = [
  [],
  [[1, 0x8000_0000, 1]],
  [[1, 0, 1]],
];

type Header = readonly [id: number, part: number, length: number];

function* headersOf(edges: readonly number[]): Generator<Header> {
  for (const id of edges) {
    for (const part of edges) {
      for (const length of edges) yield [id, part, length];
    }
  }
}

/** Packets, one behind the other; payload is of letters, so that it is a good reason too. */
function bytesOf(
  headers: readonly (readonly number[])[],
  payloadMax: number,
): Uint8Array {
  const sizes = headers.map((header) => 12 + Math.min(header[2]!, payloadMax));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  bytes.fill(0x61);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, header] of headers.entries()) {
    header.forEach((word, field) => view.setUint32(at + field * 4, word));
    at += sizes[index]!;
  }
  return bytes;
}

/** What came of it. */
export interface EdgeFindings {
  count: number;
  /** The first streams of which core and reference say different things. */
  differences: string[];
}

function compare(
  headers: readonly (readonly number[])[],
  isByteByByte: boolean,
  findings: EdgeFindings,
  payloadMax = PAYLOAD_SIZE_MAX,
): void {
  const bytes = bytesOf(headers, payloadMax);
  const singleCount = isByteByByte ? Math.min(bytes.length, SINGLE_MAX) : 0;
  const cuts = Array.from({ length: singleCount }, () => 1);
  cuts.push(bytes.length - singleCount);
  for (const minor of [0, 1] as const) {
    const difference = compareStream(bytes, cuts, { minor });
    findings.count++;
    if (!difference || findings.differences.length > 10) continue;
    findings.differences.push(`${JSON.stringify(headers)}: ${difference}`);
  }
}

/** One header of edge values behind each prelude; byte by byte too. */
export function compareSingles(step = 1, first = 0): EdgeFindings {
  const findings: EdgeFindings = { count: 0, differences: [] };
  let index = 0;
  for (const header of headersOf(EDGES)) {
    if (index++ % step !== first) continue;
    for (const prelude of PRELUDES) {
      compare([...prelude, header], false, findings);
      compare([...prelude, header], true, findings);
    }
  }
  return findings;
}

/** All pairs of headers, or every `step`-th of them from `first` on. */
export function comparePairs(step = 1, first = 0): EdgeFindings {
  const findings: EdgeFindings = { count: 0, differences: [] };
  const headers = [...headersOf(PAIR_EDGES)];
  for (let index = first; index < headers.length ** 2; index += step) {
    const one = headers[Math.floor(index / headers.length)]!;
    const other = headers[index % headers.length]!;
    compare([one, other], false, findings, PAIR_PAYLOAD_MAX);
  }
  return findings;
}
