/**
 * The workloads of `bench:peers` and what lekt is to reach in each.
 *
 * @module
 */
import { codecWorkload } from "./codec_workload.ts";
import { flowWorkload } from "./flow_workload.ts";
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
    ...flowWorkloads(context),
    ...latencyWorkloads(context),
    ...resourceWorkloads(context),
    codecWorkload("codec", context),
  ];
}

function flowWorkloads(context: Context): Workload[] {
  const large = context.quick ? 16 * MIB : 64 * MIB;
  return [
    flowWorkload(
      "64B",
      { size: 64, mode: "collect" },
      messages("64 B messages, one way", [
        { against: "best alternative", value: 10 },
        { against: "raw", kind: "lekt batches", value: 0.6 },
      ]),
      context,
    ),
    flowWorkload(
      "1KiB",
      { size: KIB, mode: "collect" },
      messages("1 KiB", [{ against: "best alternative", value: 6 }]),
      context,
    ),
    flowWorkload(
      "64KiB",
      { size: 64 * KIB, mode: "collect" },
      bytes("64 KiB, kept", [{ against: "best alternative", value: 1 }]),
      context,
    ),
    flowWorkload(
      "1MiB",
      { size: MIB, mode: "collect" },
      bytes("1 MiB, kept", [{ against: "best alternative", value: 1 }]),
      context,
    ),
    flowWorkload(
      "1MiB-streamed",
      { size: MIB, mode: "stream" },
      bytes("1 MiB, streamed", [{ against: "raw", value: 0.75 }]),
      context,
    ),
    flowWorkload(
      "64MiB-streamed",
      { size: large, mode: "stream" },
      bytes("64 MiB, streamed", [{ against: "raw", value: 0.75 }]),
      context,
    ),
  ];
}

function latencyWorkloads(context: Context): Workload[] {
  return [
    pingPongWorkload("ping-pong", [
      lower("p50", "64 B ping-pong, p50", "ms", [
        { against: "raw", value: 1.15 },
      ]),
      lower("p99", "64 B ping-pong, p99", "ms", []),
    ], context),
    overtakeWorkload("overtake", [
      lower("p50", "64 B during 1 GiB, p50", "ms", [
        { against: "nothing", value: 0.1 },
      ]),
      lower("p99", "64 B during 1 GiB, p99", "ms", [
        { against: "nothing", value: 2 },
      ]),
      {
        ...bytes("that 1 GiB meanwhile", [{ against: "raw", value: 0.6 }]),
        metric: "largeRate",
      },
    ], context),
  ];
}

function resourceWorkloads(context: Context): Workload[] {
  const { idleCount } = context;
  const name = `memory of each of ${idleCount.toLocaleString("en")} idle`;
  const goals: Goal[] = [{ against: "raw plus", value: 16 * KIB }];
  const size = `${context.memorySize / MIB} MiB`;
  const memoryGoals: Goal[] = [{ against: "nothing", value: 8 * MIB }];
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
      lower("listener", `${name} connections, listening side`, "bytes", goals),
      lower("dialler", `${name} connections, dialling side`, "bytes", goals),
    ], context),
    openingWorkload("open", [{
      metric: "rate",
      title: "connections opened",
      unit: "connections/s",
      better: "higher",
      goals: [{ against: "nothing", value: 5000 }],
    }], context),
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
