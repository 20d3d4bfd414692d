/**
 * The curves of `bench:scaling`.
 *
 * @module
 */
import { flowWorkload } from "./flow_workload.ts";
import { overtakeWorkload } from "./latency_workloads.ts";
import type { Machine } from "./machine.ts";
import { unreadWorkload } from "./unread_workload.ts";
import { pendingWorkload } from "./pending_workload.ts";
import { summarize } from "./summary.ts";
import { format, markdown } from "./table.ts";
import type { Context, Row, Workload, WorkloadResult } from "./workload.ts";

/** What a curve is about. */
export interface CurveTitles {
  /** Unique, for `--only`, the JSON and the chart's file. */
  id: string;
  title: string;
  /** What grows. */
  xTitle: string;
}

/** A curve to be measured. */
export interface CurvePlan extends CurveTitles {
  points: { x: number; workload: Workload }[];
}

/** A curve that was measured. */
export interface Curve extends CurveTitles {
  points: { x: number; result: WorkloadResult }[];
}

/** Everything that a run of `bench:scaling` found. */
export interface ScalingReport {
  kind: "scaling";
  at: string;
  rounds: number;
  seconds: number;
  machine: Machine;
  notes: string[];
  curves: Curve[];
}

/** Messages from this size on are streamed; smaller ones are collected and kept. */
const STREAMED_SIZE = 64 * 1024;
const CONCURRENT_SIZE = 64 * 1024;
const CONCURRENT_CHUNK_SIZE = 16 * 1024;
const KIB = 1024;

const MESSAGES: Row = {
  metric: "messageRate",
  title: "messages",
  unit: "messages/s",
  better: "higher",
  goals: [],
};
const BYTES: Row = {
  metric: "byteRate",
  title: "bytes",
  unit: "bytes/s",
  better: "higher",
  goals: [],
};

const LATENCY = { unit: "ms", better: "lower", goals: [] } as const;

/** All curves. */
export function createCurves(context: Context): CurvePlan[] {
  return [
    sizeCurve(context),
    concurrencyCurve(context),
    connectionCurve(context),
    partCurve(context),
    pendingCurve(context),
    unreadCurve(context),
  ];
}

/** For the curve over sizes: one of each alternative, in its better direction. */
const SIZE_VARIANTS = [
  "raw",
  "raw-await",
  "lekt",
  "lekt-batches",
  "deno-websocket",
  "ws-node-down",
  "libp2p",
  "protomux",
  "zeromq",
];

function sizeCurve(context: Context): CurvePlan {
  const sizes = context.quick
    ? [8, 4096, 1 << 20]
    : [8, 64, 512, 4096, 1 << 15, 1 << 18, 1 << 21, 1 << 24, 1 << 26];
  return {
    id: "size",
    title: "Messages of one size, one way",
    xTitle: "bytes of a message",
    points: sizes.map((size) => ({
      x: size,
      workload: flowWorkload(
        `size-${size}`,
        { size, mode: size < STREAMED_SIZE ? "collect" : "stream" },
        [MESSAGES, BYTES],
        only(context, SIZE_VARIANTS),
      ),
    })),
  };
}

/** Only who sends streams can have several messages under way on a connection. */
function concurrencyCurve(context: Context): CurvePlan {
  const counts = context.quick ? [1, 10] : [1, 3, 10, 30, 100, 300, 1000];
  return {
    id: "concurrency",
    title: "64 KiB messages in 16 KiB chunks on one connection",
    xTitle: "messages at once",
    points: counts.map((concurrency) => ({
      x: concurrency,
      workload: flowWorkload(
        `concurrency-${concurrency}`,
        {
          size: CONCURRENT_SIZE,
          chunkSize: CONCURRENT_CHUNK_SIZE,
          concurrency,
          mode: "concurrent",
        },
        [MESSAGES, BYTES],
        only(context, ["lekt", "libp2p"]),
      ),
    })),
  };
}

function connectionCurve(context: Context): CurvePlan {
  const counts = [1, 10, 100, 1000, 10_000]
    .filter((count) => count < context.idleCount)
    .concat(context.idleCount);
  return {
    id: "connections",
    title: "64 B messages over many connections in turn",
    xTitle: "connections",
    points: counts.map((links) => ({
      x: links,
      workload: flowWorkload(
        `connections-${links}`,
        { size: 64, links, mode: "collect" },
        [MESSAGES, BYTES],
        only(context, ["raw", "lekt", "deno-websocket", "ws-node-down"]),
      ),
    })),
  };
}

/** What the size of parts gives to short messages and takes from long ones. */
function partCurve(context: Context): CurvePlan {
  const sizes = context.quick ? [64, 256] : [8, 16, 32, 64, 128, 256];
  return {
    id: "parts",
    title: "64 B messages while 1 GiB is under way on the same connection",
    xTitle: "bytes of a part",
    points: sizes.map((size) => {
      const setup = { ...context.setup, maxPartBytes: size * KIB };
      return {
        x: size * KIB,
        workload: overtakeWorkload(
          `parts-${size}`,
          [
            { ...LATENCY, metric: "p50", title: "64 B, p50" },
            { ...BYTES, metric: "largeRate", title: "the 1 GiB" },
            { ...LATENCY, metric: "p99", title: "64 B, p99" },
          ],
          only({ ...context, setup }, ["lekt"]),
        ),
      };
    }),
  };
}

/** What many sends that wait on one connection cost. */
function pendingCurve(context: Context): CurvePlan {
  const counts = context.quick
    ? [10, 100]
    : [1_000, 3_000, 10_000, 30_000, 100_000];
  return {
    id: "pending",
    title: "Sends that wait on one connection",
    xTitle: "sends",
    points: counts.map((count) => ({
      x: count,
      workload: pendingWorkload(count, only(context, ["lekt"])),
    })),
  };
}

/** What messages that nobody reads cost those who do read. */
function unreadCurve(context: Context): CurvePlan {
  const counts = context.quick ? [0, 10] : [0, 100, 1_000];
  return {
    id: "unread",
    title: "A ping-pong beside messages that nobody reads",
    xTitle: "unread",
    points: counts.map((count) => ({
      x: count,
      workload: unreadWorkload(count, only(context, ["lekt"])),
    })),
  };
}

function only(context: Context, ids: readonly string[]): Context {
  const variants = context.variants.filter(({ id }) => ids.includes(id))
    .map((variant) => ({ ...variant, workloads: undefined }));
  return { ...context, variants };
}

/** A curve's medians: one line for each point and contestant. */
export function curveTable(curve: Curve): string[] {
  const lines = curve.points.flatMap(({ x, result }) => {
    const summaries = summarize(result);
    return summaries[0]!.figures.map(({ id, title }) => [
      x.toLocaleString("en"),
      title,
      ...summaries.map(({ row, figures }) =>
        format(figures.find((figure) => figure.id === id)!.median, row.unit)
      ),
    ]);
  });
  const titles = curve.points[0]!.result.rows.map(({ title }) => title);
  return markdown([curve.xTitle, "who", ...titles], lines);
}
