/**
 * What a workload is to the harness, and what comes out of it.
 *
 * @module
 */
import type { Setup } from "./agent_process.ts";
import type { Variant } from "./variants.ts";

/** Figures of one round, by metric. */
export type Sample = Record<string, number>;

/** One contestant at one workload, set up and ready. */
export interface Session extends AsyncDisposable {
  /** Compiles, fills caches, finds out how much fits into a round. */
  warmUp(): Promise<void>;
  /** One round. */
  measure(): Promise<Sample>;
}

/** Who takes part in a workload: a variant, or a codec. */
export type Contestant = Pick<Variant, "id" | "title" | "kind">;

/** What a figure counts. */
export type Unit =
  | "messages/s"
  | "bytes/s"
  | "ms"
  | "bytes"
  | "connections/s"
  | "times";

/** What a goal compares with: raw TCP (or memcpy), raw TCP plus the value, the best alternative, the better of ours by hand, another checkout, or nothing. */
export type GoalAgainst =
  | "raw"
  | "raw plus"
  | "best alternative"
  | "hand-written"
  | "beside"
  | "nothing";

/** What lekt is to reach, at least or at most, whichever is better. */
export interface Goal {
  against: GoalAgainst;
  /** Which way of using lekt it is about. Default: `lekt`. */
  kind?: Variant["kind"];
  value: number;
}

/** One line of the table. */
export interface Row {
  /** Name of the figure in a {@linkcode Sample}. */
  metric: string;
  title: string;
  unit: Unit;
  better: "higher" | "lower";
  goals: readonly Goal[];
}

/** One thing that is measured. */
export interface Workload {
  /** Unique, for `--only` and the JSON. */
  id: string;
  rows: readonly Row[];
  /** Fresh processes for each round: where one round leaves traces in memory. */
  isolated: boolean;
  /** Who can take part. */
  contestants: readonly Contestant[];
  /** Sets one contestant up. */
  start(contestant: Contestant): Promise<Session>;
}

/** What all workloads are told. */
export interface Context {
  /** How long a round should take. */
  seconds: number;
  /** Everything small: a test of the harness, not a measurement. */
  quick: boolean;
  /** Bytes of the message whose memory is measured. */
  memorySize: number;
  /** Connections that are held idle. */
  idleCount: number;
  /** How long a process rests where that is measured. */
  restSeconds: number;
  setup: Setup;
  variants: readonly Variant[];
}

/** The figures of one contestant at one workload. */
export interface Entry extends Contestant {
  samples: Sample[];
  /** Why there are no, or fewer, samples. */
  failure?: string;
}

/** Everything measured at one workload. */
export interface WorkloadResult {
  id: string;
  rows: readonly Row[];
  entries: Entry[];
}
