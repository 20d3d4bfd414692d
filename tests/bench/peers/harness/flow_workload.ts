/**
 * Messages of one size in one direction.
 *
 * @module
 */
import type { Flow, FlowResult } from "../agent/flow.ts";
import { connectPair, type Pair } from "./pair.ts";
import { participants, type Variant } from "./variants.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

/** Part of a round's time that the last step of the warm-up takes at least. */
const WARM_UP_FRACTION = 0.25;
/** The same where each round has processes of its own: with less, they would still compile in it. */
const WARM_UP_FRACTION_ISOLATED = 1;
/** A warm-up takes so many seconds at least: V8 goes on optimizing that long, and TCP looks for its speed (lekt, 1 MiB streamed: 2.2 GB/s in the first second, 3.0 from the fifth on; raw 2.9 and 4.7). */
const WARM_UP_SECONDS = 6;
/** The warm-up's steps grow by this factor. */
const WARM_UP_GROWTH = 8;
/** From this size on, a round may leave so much garbage that the next one needs fresh processes. */
const ISOLATED_SIZE = 16 * 1024 * 1024;

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
  readonly #seconds: number;
  readonly #warmUpMs: number;
  readonly #countMin: number;
  #count: number;

  /** `pair` is connected. */
  constructor(
    pair: Pair,
    shape: FlowShape,
    { seconds, quick }: FlowTimes,
  ) {
    this.#pair = pair;
    this.#shape = shape;
    this.#seconds = seconds;
    this.#warmUpMs = quick ? 0 : WARM_UP_SECONDS * 1000;
    this.#countMin = shape.concurrency ?? 1;
    this.#count = this.#countMin;
  }

  async warmUp(): Promise<void> {
    // The first message of a connection, which sets much up, does not say how long the next ones take.
    await this.run(this.#count);
    const fraction = this.#shape.size >= ISOLATED_SIZE
      ? WARM_UP_FRACTION_ISOLATED
      : WARM_UP_FRACTION;
    const startMs = performance.now();
    while (true) {
      const { elapsed } = await this.run(this.#count);
      if (elapsed < this.#seconds * fraction) {
        this.#count *= WARM_UP_GROWTH;
        continue;
      }
      this.#fit(elapsed);
      if (performance.now() - startMs >= this.#warmUpMs) return;
    }
  }

  /** The number of messages that fits into a round, by how long this one took. */
  #fit(elapsed: number): void {
    const count = Math.round(this.#count * this.#seconds / elapsed);
    this.#count = Math.max(this.#countMin, count);
  }

  async measure(): Promise<Sample> {
    const sample = await this.run(this.#count);
    this.#fit(sample["elapsed"]!);
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

function isBatched({ kind }: Variant): boolean {
  return kind === "lekt batches" || kind === "batches limit";
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
    isolated: shape.size >= ISOLATED_SIZE,
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
