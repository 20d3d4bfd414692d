/**
 * Chunking throughput: the framing core in WASM beside a careful TypeScript
 * twin and beside memcpy of the same bytes; then messages over loopback, from
 * process to process. `--json` prints the figures for programs.
 *
 * @module
 */
import {
  CONTESTANTS,
  largeWorks,
  smallWorks,
  TOTAL_SIZE,
  type Works,
} from "./chunking_works.ts";
import {
  LOOPBACK_CONTESTANTS,
  type LoopbackRow,
  measureLoopback,
} from "./loopback.ts";
import {
  describeMachine,
  formatSize,
  formatTable,
  type Machine,
  measure,
  type Measurement,
} from "./measure.ts";

const SIZES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144];
const WARM_UP_COUNT = 5;
const ROUND_COUNT = 15;

const JOBS = {
  "packetize, one large message": "in parts of",
  "reassemble, one large message": "in parts of",
  "packetize, many messages": "of",
  "reassemble, many messages": "of",
};

type Job = keyof typeof JOBS;

/** The figures of one job at one size. */
interface Row {
  job: Job;
  sizeBytes: number;
  /** Decimal gigabytes of payload a second: median and spread of each. */
  gigabytesPerSecond: Record<typeof CONTESTANTS[number], number>;
  spread: Record<typeof CONTESTANTS[number], number>;
  packetsPerSecond: number;
  wasmToTwin: number;
  wasmToMemcpy: number;
}

function byContestant(
  measurements: readonly Measurement[],
  value: (measurement: Measurement) => number,
): Row["spread"] {
  const [wasm, twin, memcpy] = measurements.map(value);
  return { wasm: wasm!, twin: twin!, memcpy: memcpy! };
}

function rowOf(job: Job, sizeBytes: number, works: Works): Row {
  const measurements = measure(works, WARM_UP_COUNT, ROUND_COUNT);
  const [wasm, twin, memcpy] = measurements.map(({ medianMs }) => medianMs);
  return {
    job,
    sizeBytes,
    gigabytesPerSecond: byContestant(
      measurements,
      ({ medianMs }) => TOTAL_SIZE / medianMs / 1e6,
    ),
    spread: byContestant(measurements, ({ spread }) => spread),
    packetsPerSecond: TOTAL_SIZE / sizeBytes / wasm! * 1000,
    wasmToTwin: twin! / wasm!,
    wasmToMemcpy: memcpy! / wasm!,
  };
}

function measureAll(): Row[] {
  const rows: Row[] = [];
  for (const size of SIZES) {
    const large = largeWorks(size);
    rows.push(rowOf("packetize, one large message", size, large.send));
    rows.push(rowOf("reassemble, one large message", size, large.receive));
    const small = smallWorks(size);
    rows.push(rowOf("packetize, many messages", size, small.send));
    rows.push(rowOf("reassemble, many messages", size, small.receive));
  }
  return rows;
}

function formatRate(gigabytesPerSecond: number, spread: number): string {
  return `${gigabytesPerSecond.toFixed(2)} ±${Math.round(spread * 100)} %`;
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

function formatJob(job: Job, rows: readonly Row[]): string {
  const head = [
    JOBS[job],
    ...CONTESTANTS.map((contestant) => `${contestant} GB/s`),
    "wasm packets/s",
    "wasm : twin",
    "wasm : memcpy",
  ];
  const lines = rows.filter((row) => row.job === job).map((row) => [
    formatSize(row.sizeBytes),
    ...CONTESTANTS.map((contestant) =>
      formatRate(row.gigabytesPerSecond[contestant], row.spread[contestant])
    ),
    formatCount(row.packetsPerSecond),
    row.wasmToTwin.toFixed(2),
    row.wasmToMemcpy.toFixed(2),
  ]);
  return `${job} (${TOTAL_SIZE >> 20} MiB)\n${formatTable([head, ...lines])}\n`;
}

function formatLoopback(rows: readonly LoopbackRow[]): string {
  const head = [
    "messages of",
    "lekt messages/s",
    ...LOOPBACK_CONTESTANTS.map((contestant) => `${contestant} GB/s`),
  ];
  const lines = rows.map((row) => [
    formatSize(row.sizeBytes),
    formatCount(row.messagesPerSecond),
    ...row.gigabytesPerSecond.map((rate, index) =>
      formatRate(rate, row.spread[index]!)
    ),
  ]);
  return `end to end over loopback, two processes (raw: Deno TCP)\n${
    formatTable([head, ...lines])
  }\n`;
}

function formatMachine({ cpu, cores, os, deno, v8 }: Machine): string {
  return `${cpu}, ${cores} cores, ${os}; Deno ${deno}, V8 ${v8}\n` +
    `median of ${ROUND_COUNT} rounds (loopback: 5), ± half the distance of the quartiles\n`;
}

async function main(args: string[]): Promise<number> {
  const isJson = args[0] === "--json";
  if (args.length > (isJson ? 1 : 0)) {
    console.error("usage: deno task bench [--json]");
    return 2;
  }
  const machine = describeMachine();
  if (!isJson) console.log(formatMachine(machine));
  const rows = measureAll();
  if (!isJson) {
    for (const job of Object.keys(JOBS) as Job[]) {
      console.log(formatJob(job, rows));
    }
  }
  const loopback = await measureLoopback(SIZES);
  console.log(
    isJson
      ? JSON.stringify({ machine, rows, loopback }, null, 2)
      : formatLoopback(loopback),
  );
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
