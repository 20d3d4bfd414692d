import { assert, assertEquals, assertThrows } from "@std/assert";
import { explanationsOf } from "../chart/explanations.ts";
import { StampedSink } from "./agent/stamped.ts";
import { npmVersions } from "./harness/node_runtime.ts";
import { createWorkloads } from "./harness/plan.ts";
import { summarize } from "./harness/summary.ts";
import {
  comparisonTable,
  detailTable,
  limitLine,
  rounded,
} from "./harness/table.ts";
import { VARIANTS, variantsBeside } from "./harness/variants.ts";
import type { Contestant, Entry, WorkloadResult } from "./harness/workload.ts";

const ALL = [...VARIANTS, ...variantsBeside("/other", "lekt at abc")];

const WORKLOADS = createWorkloads({
  seconds: 1,
  quick: false,
  memorySize: 1024 ** 3,
  idleCount: 10_000,
  restSeconds: 60,
  setup: {},
  variants: ALL,
});

/** 64 B messages at these rates; each in one round. */
function resultOf(rates: Record<string, number>): WorkloadResult {
  const { id, rows } = WORKLOADS[0]!;
  const entries = ALL.flatMap((variant): Entry[] => {
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
  "hand-kept": 20e6,
  "beside": 5e6,
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
    contestantsOf(workload).filter(({ kind }) =>
      kind.endsWith("limit") || kind === "hand-written"
    ).map(({ id }) => id);
  const small = ["raw-await", "raw-batches", "hand-kept", "hand-lent"];
  assertEquals(limitsOf("64B"), small);
  assertEquals(limitsOf("1KiB"), small);
  for (const workload of ["64KiB", "1MiB", "64MiB"]) {
    assertEquals(limitsOf(workload), ["raw-await", "hand-kept"], workload);
  }
  for (
    const workload of [
      "256KiB-streamed",
      "1MiB-streamed",
      "64MiB-streamed",
      "overtake",
      "memory",
    ]
  ) {
    assertEquals(limitsOf(workload), ["raw-streamed", "hand-lent"], workload);
  }
  assertEquals(limitsOf("ping-pong"), ["raw-await", "hand-kept", "hand-lent"]);
  assertEquals(limitsOf("open"), ["raw-greeted", "hand-kept"]);
  assertEquals(limitsOf("first"), ["hand-kept"]);
  assertEquals(limitsOf("rested"), ["hand-lent"]);
  assertEquals(limitsOf("idle"), []);
});

Deno.test("createWorkloads() lets alternatives send in both directions where bytes flow one way", () => {
  for (const workload of ["64B", "1MiB", "overtake", "memory"]) {
    const ids = contestantsOf(workload).map(({ id }) => id);
    assert(ids.includes("ws-node") && ids.includes("ws-node-down"), workload);
  }
});

Deno.test("summarize() takes the best alternative of both directions, and the best of all without a library as the limit", () => {
  const [summary] = summarize(RESULT);
  assertEquals(summary!.best?.id, "ws-node-down");
  assertEquals(summary!.raw?.id, "raw");
  assertEquals(summary!.handWritten?.id, "hand-kept");
  assertEquals(summary!.limit?.id, "raw");
  const [byHand] = summarize(resultOf({ "raw": 1, "hand-lent": 2, "lekt": 3 }));
  assertEquals(byHand!.limit?.id, "hand-lent");
  assertEquals(
    summary!.lines.map(({ lekt, beside }) => [lekt?.id, beside?.id]),
    [["lekt", "beside"], ["lekt-batches", undefined]],
  );
  assertEquals(
    summary!.lines.map(({ outcomes }) => outcomes.map((each) => each.reached)),
    [[1, 0.9], [undefined, 18 / 28.5, 0.9]],
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
      "0.30 × of 30.0 M/s raw Deno TCP",
      "1.8 × of 5.00 M/s",
      "≥ 1.8 × the other checkout: reached; ≥ 10 × the best: **0.90 of it**",
    ],
    [
      "64 B messages, one way, taken in batches",
      "30.0 M/s",
      best,
      "18.0 M/s",
      "0.60 ×",
      "18 ×",
      "0.60 × of 30.0 M/s raw Deno TCP",
      "–",
      "≥ 2 × the other checkout: not measured; ≥ 0.95 × raw: **0.63 of it**; ≥ 20 × the best: **0.90 of it**",
    ],
  ]);
});

Deno.test("detailTable() and limitLine() name the limits that were measured", () => {
  const details = detailTable([RESULT]).join("\n");
  const line = limitLine([RESULT]);
  for (const title of ["raw, for await, kept", "hand-written, kept"]) {
    assert(details.includes(title));
  }
  assert(line.includes("“raw Deno TCP”"));
  assertEquals(limitLine([resultOf({ lekt: 1 })]), "");
});

Deno.test("explanationsOf() explains what was missed, with the figures of the run", () => {
  const [, heading, , ...items] = explanationsOf([RESULT]);
  assertEquals(heading, "Goals that were missed, and their limits:");
  assertEquals(items.length, 2);
  assert(items[0]!.startsWith("- **64 B messages, one way**: "));
  assert(
    items[0]!.includes(
      "“raw Deno TCP” comes to 30.0 M/s, 30 of the best alternative.",
    ),
  );
  const reached = resultOf({ "raw": 1, "lekt": 20, "ws-node": 1 });
  assertEquals(explanationsOf([reached]), []);
  const alone = resultOf({ "lekt": 1, "ws-node": 1 });
  assert(explanationsOf([alone]).at(-1)!.includes("No limit was measured."));
});

Deno.test("explanationsOf() says whether the limit itself reaches the goal", () => {
  const explained = (limit: number) =>
    explanationsOf([
      resultOf({ "raw": 1, "hand-kept": limit, "lekt": 5, "ws-node": 1 }),
    ]).at(-1)!;
  assert(
    explained(8).endsWith(
      "Of “≥ 10 × the best” the limit itself comes to 0.80.",
    ),
  );
  assert(explained(20).endsWith("The limit reaches “≥ 10 × the best”."));
});

Deno.test("npmVersions() has a version of each package that a contestant rests on", async () => {
  const versions = await npmVersions();
  for (const { packages } of VARIANTS) {
    for (const name of packages) assert(/^\d/.test(versions[name]!), name);
  }
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
