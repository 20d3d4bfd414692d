/**
 * How long a small message takes, alone and beside a very large one.
 *
 * @module
 */
import type { RoundTrips } from "../agent/ping_pong.ts";
import type { OvertakeReceived, OvertakeSent } from "../agent/overtake.ts";
import { connectPair, type Pair } from "./pair.ts";
import { quantile } from "./statistics.ts";
import { participants, type Variant } from "./variants.ts";
import { repeatFor, WARM_UP_SECONDS } from "./warm_up.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

const SMALL_SIZE = 64;
const FIRST_COUNT = 2000;
const LARGE_SIZE = 1024 ** 3;
/** Raw TCP's bulk goes in writes of the size that the others' chunks have. */
const WRITE_SIZE = 256 * 1024;
/** The warm-up's bulk is a part of the measured one. */
const WARM_UP_DIVISOR = 4;
const LARGE_SIZE_QUICK = 16 * 1024 ** 2;

class PingPongSession implements Session {
  readonly #pair: Pair;
  readonly #context: Context;
  #count = FIRST_COUNT;

  constructor(pair: Pair, context: Context) {
    this.#pair = pair;
    this.#context = context;
  }

  async warmUp(): Promise<void> {
    await this.#pair.receiver.ask("echo", { size: SMALL_SIZE });
    const { p50 } = await this.#run();
    const { seconds, quick } = this.#context;
    this.#count = Math.max(100, Math.round(seconds * 1000 / p50));
    await repeatFor(quick ? 0 : WARM_UP_SECONDS, () => this.#run());
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
    contestants: participants(context.variants, id).filter(({ direction }) =>
      direction === "client to server"
    ),
    async start(contestant) {
      const pair = await connectPair(contestant as Variant, {
        size: SMALL_SIZE,
        setup: context.setup,
      });
      return new PingPongSession(pair, context);
    },
  };
}

interface Received {
  received: OvertakeReceived;
}

class OvertakeSession implements Session {
  readonly #pair: Pair;
  readonly #size: number;
  readonly #warmUpSeconds: number;

  constructor(pair: Pair, size: number, warmUpSeconds: number) {
    this.#pair = pair;
    this.#size = size;
    this.#warmUpSeconds = warmUpSeconds;
  }

  async warmUp(): Promise<void> {
    const size = this.#size / WARM_UP_DIVISOR;
    await this.#run(size);
    await repeatFor(this.#warmUpSeconds, () => this.#run(size));
  }

  measure(): Promise<Sample> {
    return this.#run(this.#size);
  }

  async #run(size: number): Promise<Sample> {
    const hasMessages = this.#pair.variant.kind === "alternative" ||
      this.#pair.variant.kind === "lekt";
    const { at, smallCount, received } = hasMessages
      ? await this.#sendMessages(size)
      : await this.#sendRecords(size);
    return {
      p50: quantile(received.latencies, 0.5),
      p99: quantile(received.latencies, 0.99),
      smallCount,
      largeRate: size / (received.at - at) * 1000,
    };
  }

  async #sendMessages(size: number): Promise<OvertakeSent & Received> {
    const { sender, receiver } = this.#pair;
    await receiver.ask("receiveOvertake", { size });
    const sending = sender.ask<OvertakeSent>("sendOvertake", { size });
    const watching = receiver.ask("largeReceived").then(() =>
      sender.ask("stopOvertake")
    );
    const [sent] = await Promise.all([sending, watching]);
    const { smallCount } = sent;
    const received = await receiver.ask<OvertakeReceived>("receivedOvertake", {
      smallCount,
    });
    return { ...sent, received };
  }

  /** Raw TCP has no messages that could overtake: records take their place. */
  async #sendRecords(size: number): Promise<OvertakeSent & Received> {
    const { sender, receiver } = this.#pair;
    const bulk = { size, writeSize: WRITE_SIZE };
    await receiver.ask("receiveStamped", bulk);
    const [sent, received] = await Promise.all([
      sender.ask<OvertakeSent>("sendStamped", bulk),
      receiver.ask<OvertakeReceived>("receivedStamped"),
    ]);
    return { ...sent, received };
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
  const { quick } = context;
  const size = quick ? LARGE_SIZE_QUICK : LARGE_SIZE;
  const warmUpSeconds = quick ? 0 : WARM_UP_SECONDS;
  return {
    id,
    rows,
    isolated: true,
    contestants: participants(context.variants, id),
    async start(contestant) {
      const { setup } = context;
      const variant = contestant as Variant;
      const pair = await connectPair(variant, { size, setup });
      return new OvertakeSession(pair, size, warmUpSeconds);
    },
  };
}
