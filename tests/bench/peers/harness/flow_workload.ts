/**
 * Messages of one size in one direction.
 *
 * @module
 */
import type { Flow, FlowResult } from "../agent/flow.ts";
import { connectPair, type Pair } from "./pair.ts";
import { isBatched, participants, type Variant } from "./variants.ts";
import { repeatFor, WARM_UP_SECONDS } from "./warm_up.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

/** How many messages fit into a round is found by sending more and more, by this factor, until they take this part of its time. */
const GROWTH = 8;
const GROWN_FRACTION = 0.25;

/** Batches are for small messages. */
const BATCHED_SIZE_MAX = 1024;

/** What flows, but for the number of messages, which the warm-up finds. */
export type FlowShape = Omit<Flow, "count"> & {
  /** Connections. Default: 1. */
  links?: number;
};

/** How long a round of a flow takes, and whether it measures anything. */
export type FlowTimes = Pick<Context, "seconds" | "quick">;

/** One contestant that sends one kind of message. */
export class FlowSession implements Session {
  readonly #pair: Pair;
  readonly #shape: FlowShape;
  readonly #times: FlowTimes;
  readonly #countMin: number;
  #count: number;

  /** `pair` is connected. */
  constructor(pair: Pair, shape: FlowShape, times: FlowTimes) {
    this.#pair = pair;
    this.#shape = shape;
    this.#times = times;
    this.#countMin = shape.concurrency ?? 1;
    this.#count = this.#countMin;
  }

  async warmUp(): Promise<void> {
    // The first message of a connection, which sets much up, does not say how long the next ones take.
    await this.run(this.#count);
    const { seconds, quick } = this.#times;
    while ((await this.run(this.#count)).elapsed < seconds * GROWN_FRACTION) {
      this.#count *= GROWTH;
    }
    await repeatFor(quick ? 0 : WARM_UP_SECONDS, () => this.measure());
  }

  /** As many messages as fit into a round, by how long the last one took. */
  async measure(): Promise<Sample> {
    const sample = await this.run(this.#count);
    const count = this.#count * this.#times.seconds / sample.elapsed;
    this.#count = Math.max(this.#countMin, Math.round(count));
    return sample;
  }

  /** Sends `count` messages on each connection; rates per second, CPU in microseconds a message. */
  async run(count: number): Promise<Sample & { elapsed: number }> {
    const { links = 1, ...shape } = this.#shape;
    const flow: Flow = { ...shape, count };
    const { sender, receiver } = this.#pair;
    await receiver.ask("receive", flow);
    const [sent, received] = await Promise.all([
      sender.ask<FlowResult>("send", flow),
      receiver.ask<FlowResult>("received"),
    ]);
    const elapsed = (received.at - sent.at) / 1000;
    const total = count * links;
    return {
      elapsed,
      messageRate: total / elapsed,
      byteRate: total * flow.size / elapsed,
      senderCpu: sent.cpu * 1000 / total,
      receiverCpu: received.cpu * 1000 / total,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** Messages of one size, the application taking them in one mode. */
export function flowWorkload(
  id: string,
  shape: FlowShape,
  row: Row | readonly Row[],
  context: Context,
): Workload {
  const { setup } = context;
  return {
    id,
    rows: Array.isArray(row) ? row : [row],
    // Large messages leave garbage, and who has rested while others had their
    // rounds is slower for seconds: V8 optimizes anew.
    isolated: true,
    contestants: participants(context.variants, id).filter((variant) =>
      !isBatched(variant) || shape.size <= BATCHED_SIZE_MAX
    ),
    async start(contestant) {
      const variant = contestant as Variant;
      const pair = await connectPair(variant, {
        size: shape.size,
        count: shape.links,
        setup,
      });
      const mode = isBatched(variant) ? "batch" : shape.mode;
      return new FlowSession(pair, { ...shape, mode }, context);
    },
  };
}
