/**
 * The workloads of `bench:peers` and what lekt is to reach in each.
 *
 * @module
 */
import { codecWorkload } from "./codec_workload.ts";
import { flowWorkload } from "./flow_workload.ts";
import { firstWorkload, restedWorkload } from "./fresh_workloads.ts";
import { overtakeWorkload, pingPongWorkload } from "./latency_workloads.ts";
import {
  idleWorkload,
  memoryWorkload,
  openingWorkload,
} from "./resource_workloads.ts";
import type { Context, Goal, Row, Unit, Workload } from "./workload.ts";

const KIB = 1024;
const MIB = 1024 ** 2;

/** All workloads, in the order of the table. */
export function createWorkloads(context: Context): Workload[] {
  return [
    ...smallWorkloads(context),
    ...keptWorkloads(context),
    ...streamedWorkloads(context),
    ...latencyWorkloads(context),
    ...resourceWorkloads(context),
    codecWorkload("codec", context),
  ];
}

/** Bytes of the longest messages that flow. */
function largeSize({ quick }: Context): number {
  return quick ? 16 * MIB : 64 * MIB;
}

function smallWorkloads(context: Context): Workload[] {
  return [
    flowWorkload(
      "64B",
      { size: 64, mode: "collect" },
      messages("64 B messages, one way", [
        { against: "beside", value: 1.8 },
        { against: "best alternative", value: 10 },
        { against: "beside", kind: "lekt batches", value: 2 },
        { against: "raw", kind: "lekt batches", value: 0.95 },
        { against: "best alternative", kind: "lekt batches", value: 20 },
      ]),
      context,
    ),
    flowWorkload(
      "1KiB",
      { size: KIB, mode: "collect" },
      messages("1 KiB", [
        { against: "beside", value: 1.7 },
        { against: "best alternative", value: 6 },
        { against: "beside", kind: "lekt batches", value: 1.4 },
      ]),
      context,
    ),
  ];
}

function keptWorkloads(context: Context): Workload[] {
  const large = largeSize(context);
  return [
    flowWorkload(
      "64KiB",
      { size: 64 * KIB, mode: "collect" },
      bytes("64 KiB, kept", [{ against: "best alternative", value: 1.3 }]),
      context,
    ),
    flowWorkload(
      "1MiB",
      { size: MIB, mode: "collect" },
      bytes("1 MiB, kept", [
        { against: "best alternative", value: 1.1 },
        { against: "beside", value: 1.6 },
      ]),
      context,
    ),
    flowWorkload(
      "64MiB",
      { size: large, mode: "collect" },
      bytes("64 MiB, collected", [
        { against: "best alternative", value: 1.2 },
        { against: "beside", value: 2 },
      ]),
      { ...context, setup: { ...context.setup, collectedSize: large } },
    ),
  ];
}

function streamedWorkloads(context: Context): Workload[] {
  const streamed: Goal[] = [{ against: "raw", value: 0.95 }];
  return [
    flowWorkload(
      "256KiB-streamed",
      { size: 256 * KIB, mode: "stream" },
      bytes("256 KiB, streamed", streamed),
      context,
    ),
    flowWorkload(
      "1MiB-streamed",
      { size: MIB, mode: "stream" },
      bytes("1 MiB, streamed", streamed),
      context,
    ),
    flowWorkload(
      "64MiB-streamed",
      { size: largeSize(context), mode: "stream" },
      bytes("64 MiB, streamed", streamed),
      context,
    ),
  ];
}

function latencyWorkloads(context: Context): Workload[] {
  return [
    pingPongWorkload("ping-pong", [
      lower("p50", "64 B ping-pong, p50", "ms", [
        { against: "raw", value: 1.1 },
        { against: "best alternative", value: 1 },
      ]),
      lower("p99", "64 B ping-pong, p99", "ms", []),
    ], context),
    overtakeWorkload("overtake", [
      lower("p50", "64 B during 1 GiB, p50", "ms", [
        { against: "hand-written", value: 1.2 },
      ]),
      lower("p99", "64 B during 1 GiB, p99", "ms", [
        { against: "hand-written", value: 1.2 },
      ]),
      {
        ...bytes("that 1 GiB meanwhile", [
          { against: "hand-written", value: 0.9 },
        ]),
        metric: "largeRate",
      },
    ], context),
  ];
}

function resourceWorkloads(context: Context): Workload[] {
  const { idleCount } = context;
  const name = `memory of each of ${idleCount.toLocaleString("en")} idle`;
  const idleGoals = (value: number): Goal[] => [{ against: "raw plus", value }];
  const size = `${context.memorySize / MIB} MiB`;
  const memoryGoals: Goal[] = [{ against: "nothing", value: 6 * MIB }];
  return [
    memoryWorkload("memory", [
      lower(
        "memory",
        `receiver's memory during ${size}, above idle`,
        "bytes",
        memoryGoals,
      ),
      lower(
        "fresh",
        "the same, above a process that has received nothing yet",
        "bytes",
        memoryGoals,
      ),
      lower("file", "of that, pages of the runtime’s own program", "bytes", []),
      lower("kept", "of that, in use when the message has ended", "bytes", []),
    ], context),
    idleWorkload("idle", [
      lower(
        "listener",
        `${name} connections, listening side`,
        "bytes",
        idleGoals(4 * KIB),
      ),
      lower(
        "dialler",
        `${name} connections, dialling side`,
        "bytes",
        idleGoals(6 * KIB),
      ),
    ], context),
    openingWorkload("open", [{
      metric: "rate",
      title: "connections opened",
      unit: "connections/s",
      better: "higher",
      goals: [{ against: "raw", value: 0.75 }],
    }], context),
    firstWorkload("first", [
      lower(
        "first",
        "a fresh process: its import to the first answer",
        "ms",
        [{ against: "beside", value: 0.5 }],
      ),
    ], context),
    restedWorkload("rested", [
      rested("early", "1 MiB, streamed, the first 300 ms", []),
      rested("late", "the same, the second behind them", [
        { against: "nothing", value: 0.95 },
      ]),
    ], context),
  ];
}

function messages(title: string, goals: Goal[]): Row {
  const unit: Unit = "messages/s";
  return { metric: "messageRate", title, unit, better: "higher", goals };
}

function bytes(title: string, goals: Goal[]): Row {
  const unit: Unit = "bytes/s";
  return { metric: "byteRate", title, unit, better: "higher", goals };
}

function lower(metric: string, title: string, unit: Unit, goals: Goal[]): Row {
  return { metric, title, unit, better: "lower", goals };
}

/** Speed behind a rest, as a part of the speed before it. */
function rested(metric: string, title: string, goals: Goal[]): Row {
  const full = `${title} after a minute's rest, of the speed before it`;
  return { metric, title: full, unit: "times", better: "higher", goals };
}
