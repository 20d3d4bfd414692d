/**
 * Runs workloads: rounds in turn among the contestants, so that whatever
 * drifts on the machine drifts for all of them.
 *
 * @module
 */
import type {
  Contestant,
  Entry,
  Sample,
  Session,
  Workload,
  WorkloadResult,
} from "./workload.ts";

/** A round that takes longer than this has failed. */
const DEADLINE_MS = 120_000;

class Runner {
  readonly entry: Entry;
  readonly #workload: Workload;
  readonly #contestant: Contestant;
  #session: Session | undefined;

  constructor(workload: Workload, contestant: Contestant) {
    const { id, title, kind } = contestant;
    this.entry = { id, title, kind, samples: [] };
    this.#workload = workload;
    this.#contestant = contestant;
  }

  /** One round; a failure is written down and ends this contestant's part. */
  async round(): Promise<void> {
    if (this.entry.failure !== undefined) return;
    try {
      this.entry.samples.push(await inTime(this.#measure()));
    } catch (error) {
      this.entry.failure = String(error).slice(0, 500);
      await this.end();
    }
  }

  async #measure(): Promise<Sample> {
    await this.prepare();
    const sample = await this.#session!.measure();
    if (this.#workload.isolated) await this.end();
    return sample;
  }

  async prepare(): Promise<void> {
    if (this.#session !== undefined) return;
    this.#session = await this.#workload.start(this.#contestant);
    await this.#session.warmUp();
  }

  async end(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }
}

/** Measures one workload; `onRound` hears of progress. */
export async function runWorkload(
  workload: Workload,
  rounds: number,
  onRound: (round: number) => void,
): Promise<WorkloadResult> {
  const runners = workload.contestants.map((contestant) =>
    new Runner(workload, contestant)
  );
  try {
    for (let round = 1; round <= rounds; round++) {
      onRound(round);
      for (const runner of runners) await runner.round();
    }
  } finally {
    for (const runner of runners) await runner.end();
  }
  const entries = runners.map(({ entry }) => entry);
  return { id: workload.id, rows: workload.rows, entries };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Cannot measure: no end in ${DEADLINE_MS} ms`)),
      DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
