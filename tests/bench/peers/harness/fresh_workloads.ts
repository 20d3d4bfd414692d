/**
 * What people meet first: a process that has done nothing yet, and one that has
 * done nothing for a while.
 *
 * @module
 */
import { AgentProcess } from "./agent_process.ts";
import { FlowSession } from "./flow_workload.ts";
import { connectPair, Pair } from "./pair.ts";
import { withConnections } from "./resource_workloads.ts";
import { median } from "./statistics.ts";
import { participants, type Variant } from "./variants.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

const SMALL_SIZE = 64;
/** A round is the median of so many processes. */
const PROCESS_COUNT = 5;

class FirstSession implements Session {
  readonly #pair: Pair;
  readonly #address: string;
  readonly #context: Context;

  constructor(pair: Pair, address: string, context: Context) {
    this.#pair = pair;
    this.#address = address;
    this.#context = context;
  }

  async warmUp(): Promise<void> {
    await this.#first();
  }

  async measure(): Promise<Sample> {
    const times: number[] = [];
    const count = this.#context.quick ? 1 : PROCESS_COUNT;
    while (times.length < count) times.push(await this.#first());
    return { first: median(times) };
  }

  async #first(): Promise<number> {
    const { variant } = this.#pair;
    const { setup } = this.#context;
    await using fresh = new AgentProcess(variant, "fresh", setup);
    const argument = { address: this.#address, size: SMALL_SIZE };
    return await fresh.ask<number>("first", argument);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** A fresh process imports, connects, sends a message and gets it back. */
export function firstWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  return {
    id,
    rows,
    isolated: false,
    contestants: withConnections(context, id),
    async start(contestant) {
      const pair = new Pair(contestant as Variant, context.setup);
      const address = await pair.listen(SMALL_SIZE, "echoing");
      return new FirstSession(pair, address, context);
    },
  };
}

const FLOW_SIZE = 1024 ** 2;
const EARLY_SECONDS = 0.3;

class RestedSession implements Session {
  readonly #flow: FlowSession;
  readonly #context: Context;

  constructor(flow: FlowSession, context: Context) {
    this.#flow = flow;
    this.#context = context;
  }

  async warmUp(): Promise<void> {
    await this.#flow.warmUp();
  }

  async measure(): Promise<Sample> {
    const { seconds, restSeconds } = this.#context;
    const { messageRate, byteRate } = await this.#flow.measure();
    await new Promise((end) => setTimeout(end, restSeconds * 1000));
    const run = async (seconds: number): Promise<number> => {
      const count = Math.max(1, Math.round(messageRate! * seconds));
      const after = await this.#flow.run(count);
      return after.byteRate! / byteRate!;
    };
    const early = await run(Math.min(EARLY_SECONDS, seconds));
    return { early, late: await run(seconds) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flow[Symbol.asyncDispose]();
  }
}

/** A flow that goes on behind a rest. The alternatives do not take part: each round is a rest for each contestant. */
export function restedWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  return {
    id,
    rows,
    isolated: true,
    contestants: participants(context.variants, id).filter(({ kind }) =>
      kind !== "alternative"
    ),
    async start(contestant) {
      const { setup } = context;
      const shape = { size: FLOW_SIZE, mode: "stream" } as const;
      const pair = await connectPair(contestant as Variant, {
        size: FLOW_SIZE,
        setup,
      });
      return new RestedSession(new FlowSession(pair, shape, context), context);
    },
  };
}
