/**
 * How long a small message takes, alone and beside a very large one.
 *
 * @module
 */
import type { RoundTrips } from "../agent/ping_pong.ts";
import type { OvertakeReceived, OvertakeSent } from "../agent/overtake.ts";
import { FlowSession } from "./flow_workload.ts";
import { connectPair, type Pair } from "./pair.ts";
import { quantile } from "./statistics.ts";
import type { Variant } from "./variants.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

const SMALL_SIZE = 64;
const WARM_UP_COUNT = 2000;
const LARGE_SIZE = 1024 ** 3;
const LARGE_SIZE_QUICK = 16 * 1024 ** 2;

class PingPongSession implements Session {
  readonly #pair: Pair;
  readonly #seconds: number;
  #count = WARM_UP_COUNT;

  constructor(pair: Pair, seconds: number) {
    this.#pair = pair;
    this.#seconds = seconds;
  }

  async warmUp(): Promise<void> {
    await this.#pair.receiver.ask("echo", { size: SMALL_SIZE });
    const { p50 } = await this.#run();
    this.#count = Math.max(100, Math.round(this.#seconds * 1000 / p50));
  }

  async measure(): Promise<Sample> {
    const { p50, p99, count } = await this.#run();
    return { p50, p99, count };
  }

  #run(): Promise<RoundTrips> {
    const argument = { size: SMALL_SIZE, count: this.#count };
    return this.#pair.sender.ask<RoundTrips>("pingPong", argument);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** 64 B there and back. */
export function pingPongWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  return {
    id,
    rows,
    isolated: false,
    contestants: context.variants.filter((variant) =>
      variant.kind !== "lekt batches" &&
      variant.direction === "client to server"
    ),
    async start(contestant) {
      const pair = await connectPair(contestant as Variant, {
        size: SMALL_SIZE,
        setup: context.setup,
      });
      return new PingPongSession(pair, context.seconds);
    },
  };
}

class OvertakeSession implements Session {
  readonly #pair: Pair;
  readonly #size: number;

  constructor(pair: Pair, size: number) {
    this.#pair = pair;
    this.#size = size;
  }

  async warmUp(): Promise<void> {}

  async measure(): Promise<Sample> {
    const { sender, receiver } = this.#pair;
    const size = this.#size;
    if (this.#pair.variant.kind === "raw") {
      const flow = new FlowSession(this.#pair, { size, mode: "stream" }, 1);
      return { largeRate: (await flow.run(1))["byteRate"]! };
    }
    await receiver.ask("receiveOvertake", { size });
    const sending = sender.ask<OvertakeSent>("sendOvertake", { size });
    const watching = receiver.ask("largeReceived").then(() =>
      sender.ask("stopOvertake")
    );
    const [{ at, smallCount }] = await Promise.all([sending, watching]);
    const received = await receiver.ask<OvertakeReceived>("receivedOvertake", {
      smallCount,
    });
    return {
      p50: quantile(received.latencies, 0.5),
      p99: quantile(received.latencies, 0.99),
      smallCount,
      largeRate: size / (received.at - at) * 1000,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** 64 B messages while 1 GiB is under way on the same connection. */
export function overtakeWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  const size = context.quick ? LARGE_SIZE_QUICK : LARGE_SIZE;
  return {
    id,
    rows,
    isolated: true,
    contestants: context.variants.filter((variant) =>
      variant.kind !== "lekt batches"
    ),
    async start(contestant) {
      const { setup } = context;
      const variant = contestant as Variant;
      const pair = await connectPair(variant, { size, setup });
      return new OvertakeSession(pair, size);
    },
  };
}
