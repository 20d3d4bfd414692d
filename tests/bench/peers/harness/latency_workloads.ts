/**
 * How long a small message takes, alone and beside a very large one.
 *
 * @module
 */
import type { RoundTrips } from "../agent/ping_pong.ts";
import type { OvertakeReceived, OvertakeSent } from "../agent/overtake.ts";
import { connectPair, type Pair } from "./pair.ts";
import { quantile } from "./statistics.ts";
import { hasMessages, participants, type Variant } from "./variants.ts";
import { repeatFor, WARM_UP_SECONDS } from "./warm_up.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

const SMALL_SIZE = 64;
const FIRST_COUNT = 2000;
const LARGE_SIZE = 1024 ** 3;
/** Raw TCP's bulk goes in writes of the size that the others' chunks have. */
const WRITE_SIZE = 256 * 1024;
const LARGE_SIZE_QUICK = 64 * 1024 * 1024;
/** A round has as many bulks as begin in this time: in some of them the kernel's queue fills, and a short message takes milliseconds instead of a fifth of one. */
const BULKS_SECONDS = 3;

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

/** One bulk and the short messages beside it. */
interface Bulk {
  sent: OvertakeSent;
  received: OvertakeReceived;
}

class OvertakeSession implements Session {
  readonly #pair: Pair;
  readonly #size: number;
  readonly #isQuick: boolean;

  constructor(pair: Pair, size: number, isQuick: boolean) {
    this.#pair = pair;
    this.#size = size;
    this.#isQuick = isQuick;
  }

  async warmUp(): Promise<void> {
    await this.#bulks(WARM_UP_SECONDS);
  }

  async measure(): Promise<Sample> {
    const bulks = await this.#bulks(BULKS_SECONDS);
    const latencies = bulks.flatMap(({ received }) => received.latencies);
    const elapsed = bulks.map(({ sent, received }) => received.at - sent.at)
      .reduce((sum, each) => sum + each, 0);
    return {
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      smallCount: latencies.length,
      largeRate: bulks.length * this.#size / elapsed * 1000,
    };
  }

  async #bulks(seconds: number): Promise<Bulk[]> {
    const bulks = [await this.#bulk()];
    await repeatFor(
      this.#isQuick ? 0 : seconds,
      async () => bulks.push(await this.#bulk()),
    );
    return bulks;
  }

  #bulk(): Promise<Bulk> {
    return hasMessages(this.#pair.variant)
      ? this.#sendMessages()
      : this.#sendRecords();
  }

  async #sendMessages(): Promise<Bulk> {
    const { sender, receiver } = this.#pair;
    const size = this.#size;
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
    return { sent, received };
  }

  /** Raw TCP has no messages that could overtake: records take their place. */
  async #sendRecords(): Promise<Bulk> {
    const { sender, receiver } = this.#pair;
    const bulk = { size: this.#size, writeSize: WRITE_SIZE };
    await receiver.ask("receiveStamped", bulk);
    const [sent, received] = await Promise.all([
      sender.ask<OvertakeSent>("sendStamped", bulk),
      receiver.ask<OvertakeReceived>("receivedStamped"),
    ]);
    return { sent, received };
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
  return {
    id,
    rows,
    isolated: true,
    contestants: participants(context.variants, id),
    async start(contestant) {
      const { setup } = context;
      const variant = contestant as Variant;
      const pair = await connectPair(variant, { size, setup });
      return new OvertakeSession(pair, size, quick);
    },
  };
}
