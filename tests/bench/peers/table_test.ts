import { assert, assertEquals, assertThrows } from "@std/assert";
import { explanationsOf } from "../chart/explanations.ts";
import { StampedSink } from "./agent/stamped.ts";
import { createWorkloads } from "./harness/plan.ts";
import { summarize } from "./harness/summary.ts";
import {
  comparisonTable,
  detailTable,
  limitLine,
  rounded,
} from "./harness/table.ts";
import { VARIANTS } from "./harness/variants.ts";
import type { Contestant, Entry, WorkloadResult } from "./harness/workload.ts";

const WORKLOADS = createWorkloads({
  seconds: 1,
  quick: false,
  memorySize: 1024 ** 3,
  idleCount: 10_000,
  setup: {},
  variants: VARIANTS,
});

/** 64 B messages at these rates; each in one round. */
function resultOf(rates: Record<string, number>): WorkloadResult {
  const { id, rows } = WORKLOADS[0]!;
  const entries = VARIANTS.flatMap((variant): Entry[] => {
    const { id, title, kind } = variant;
    const messageRate = rates[id];
    return messageRate === undefined
      ? []
      : [{ id, title, kind, samples: [{ messageRate }] }];
  });
  return { id, rows, entries };
}

const RESULT = resultOf({
  "raw": 30e6,
  "raw-await": 10e6,
  "raw-batches": 15e6,
  "lekt": 9e6,
  "lekt-batches": 18e6,
  "ws-node": 0.5e6,
  "ws-node-down": 1e6,
});

function contestantsOf(workload: string): readonly Contestant[] {
  return WORKLOADS.find(({ id }) => id === workload)!.contestants;
}

Deno.test("createWorkloads() lets each limit take part where it is one", () => {
  const limitsOf = (workload: string) =>
    contestantsOf(workload).filter(({ kind }) => kind.endsWith("limit"))
      .map(({ id }) => id);
  assertEquals(limitsOf("64B"), ["raw-await", "raw-batches"]);
  assertEquals(limitsOf("1KiB"), ["raw-await", "raw-batches"]);
  assertEquals(limitsOf("64KiB"), ["raw-await"]);
  assertEquals(limitsOf("1MiB"), ["raw-await"]);
  assertEquals(limitsOf("ping-pong"), ["raw-await"]);
  assertEquals(limitsOf("open"), ["raw-greeted"]);
  for (const workload of ["64MiB-streamed", "overtake", "memory"]) {
    assertEquals(limitsOf(workload), ["raw-streamed"], workload);
  }
  assertEquals(limitsOf("idle"), []);
});

Deno.test("createWorkloads() lets alternatives send in both directions where bytes flow one way", () => {
  for (const workload of ["64B", "1MiB", "overtake", "memory"]) {
    const ids = contestantsOf(workload).map(({ id }) => id);
    assert(ids.includes("ws-node") && ids.includes("ws-node-down"), workload);
  }
});

Deno.test("summarize() takes the best alternative of both directions, and never a limit", () => {
  const [summary] = summarize(RESULT);
  assertEquals(summary!.best?.id, "ws-node-down");
  assertEquals(summary!.raw?.id, "raw");
  assertEquals(
    summary!.lines.map(({ lekt, limit }) => [lekt?.id, limit?.id]),
    [["lekt", "raw-await"], ["lekt-batches", "raw-batches"]],
  );
  assertEquals(
    summary!.lines.map(({ outcomes }) => outcomes.map((each) => each.reached)),
    [[0.9], [1]],
  );
});

Deno.test("comparisonTable() has a line for each way of use, with its limit and goal", () => {
  const lines = comparisonTable([RESULT]).slice(2).map((line) =>
    line.split("|").map((cell) => cell.trim()).slice(1, -1)
  );
  const best = "1.00 M/s ws on Node, server to client";
  assertEquals(lines, [
    [
      "64 B messages, one way",
      "30.0 M/s",
      best,
      "9.00 M/s",
      "0.30 ×",
      "9.0 ×",
      "0.90 × of 10.0 M/s",
      "≥ 10 × the best: **0.90 of it**",
    ],
    [
      "64 B messages, one way, taken in batches",
      "30.0 M/s",
      best,
      "18.0 M/s",
      "0.60 ×",
      "18 ×",
      "1.2 × of 15.0 M/s",
      "≥ 0.6 × raw: reached",
    ],
  ]);
});

Deno.test("detailTable() and limitLine() name the limits that were measured", () => {
  const details = detailTable([RESULT]).join("\n");
  const line = limitLine([RESULT]);
  for (const title of ["raw, for await, kept", "raw, batches, kept"]) {
    assert(details.includes(title) && line.includes(`“${title}”`));
  }
  assertEquals(limitLine([resultOf({ raw: 1, lekt: 1 })]), "");
});

Deno.test("explanationsOf() explains what was missed, with the figures of the run", () => {
  const [, heading, , ...items] = explanationsOf([RESULT]);
  assertEquals(heading, "Goals that were missed, and their limits:");
  assertEquals(items.length, 1);
  assert(items[0]!.startsWith("- **64 B messages, one way**: "));
  assert(
    items[0]!.includes("reaches 10.0 M/s, 10 of the best alternative."),
  );
  const reached = resultOf({ "raw": 1, "lekt": 20, "ws-node": 1 });
  assertEquals(explanationsOf([reached]), []);
  const alone = resultOf({ "lekt": 1, "ws-node": 1 });
  assert(explanationsOf([alone]).at(-1)!.includes("(not measured)"));
});

Deno.test("explanationsOf() says whether the limit itself reaches the goal", () => {
  const explained = (limit: number) =>
    explanationsOf([
      resultOf({ "raw": 90, "raw-await": limit, "lekt": 5, "ws-node": 1 }),
    ]).at(-1)!;
  assert(explained(8).endsWith("the limit itself comes to 0.80 of the goal."));
  assert(explained(20).endsWith("what is missing is lekt’s own cost."));
});

Deno.test("rounded() keeps two digits, and all of those before the point", () => {
  const values = [0.123, 0.996, 9.87, 12.3, 123.4, 1234];
  const texts = ["0.12", "1.0", "9.9", "12", "123", "1,234"];
  assertEquals(values.map(rounded), texts);
});

function stampedBulk(writeSize: number, writes: number): Uint8Array {
  const bulk = new Uint8Array(writeSize * writes);
  const view = new DataView(bulk.buffer);
  for (let i = 0; i < writes; i++) {
    view.setFloat64(i * writeSize, i % 2 === 0 ? 1 : 0);
    view.setFloat64(i * writeSize + 8, i * writeSize);
  }
  return bulk;
}

Deno.test("StampedSink takes the time of each stamped record, however the bulk is cut", async () => {
  const bulk = stampedBulk(100, 5);
  for (const cut of [1, 7, 64, 99, 100, 101, 500]) {
    const sink = new StampedSink(bulk.length, 100);
    const parts = sink.open();
    for (let at = 0; at < bulk.length; at += cut) {
      parts.part(bulk.subarray(at, at + cut));
    }
    parts.end();
    const { latencies } = await sink.ended;
    assertEquals(latencies.length, 3, `cut ${cut}`);
    assert(latencies.every((latency) => latency > 0));
  }
});

Deno.test("StampedSink finds a record in the wrong place", () => {
  const bulk = stampedBulk(100, 2).subarray(1);
  const parts = new StampedSink(200, 100).open();
  assertThrows(() => parts.part(bulk), Error, "Cannot verify the record");
});
