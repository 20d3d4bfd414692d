/**
 * What messages and connections cost in memory, and connections in time.
 *
 * @module
 */
import {
  FlowSession,
  type FlowShape,
  type FlowTimes,
} from "./flow_workload.ts";
import { connectPair, Pair } from "./pair.ts";
import { participants, type Variant } from "./variants.ts";
import type {
  Contestant,
  Context,
  Row,
  Sample,
  Session,
  Workload,
} from "./workload.ts";

/** Clears the peak that Linux keeps of a process's resident memory. */
const CLEAR_PEAK = "5";

/** Bytes of the message before the measured one, unless that is not much longer: with the first one a process touches what it has never used before. */
const FIRST_SIZE_MAX = 64 * 1024 ** 2;
const FIRST_DIVISOR = 16;

class MemorySession implements Session {
  readonly #pair: Pair;
  readonly #size: number;
  readonly #times: FlowTimes;

  constructor(pair: Pair, size: number, times: FlowTimes) {
    this.#pair = pair;
    this.#size = size;
    this.#times = times;
  }

  async warmUp(): Promise<void> {
    await this.#send({ size: 64, mode: "collect" });
  }

  async measure(): Promise<Sample> {
    const firstSize = Math.min(FIRST_SIZE_MAX, this.#size / FIRST_DIVISOR);
    const fresh = await this.#idle();
    const firstPeak = await this.#peakDuring(firstSize);
    const idle = await this.#idle();
    const peak = await this.#peakDuring(this.#size);
    const ended = await this.#idle();
    return {
      memory: peak - idle.resident,
      fresh: Math.max(firstPeak, peak) - fresh.resident,
      // Linux keeps no peak of it, but such pages stay.
      file: ended.file - fresh.file,
      kept: ended.inUse - fresh.inUse,
    };
  }

  /** What the receiver has, garbage collected. */
  async #idle(): Promise<{ inUse: number; resident: number; file: number }> {
    const { receiver } = this.#pair;
    return {
      inUse: await receiver.ask<number>("memoryInUse"),
      resident: await statusOf(receiver.pid, "VmRSS"),
      file: await statusOf(receiver.pid, "RssFile"),
    };
  }

  /** The most that the receiver has while such a message arrives. */
  async #peakDuring(size: number): Promise<number> {
    const { pid } = this.#pair.receiver;
    await Deno.writeTextFile(`/proc/${pid}/clear_refs`, CLEAR_PEAK);
    await this.#send({ size, mode: "stream" });
    return await statusOf(pid, "VmHWM");
  }

  async #send(shape: FlowShape): Promise<Sample> {
    return await new FlowSession(this.#pair, shape, this.#times).run(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** A figure in bytes from Linux's own account of a process. */
async function statusOf(pid: number, name: string): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(text.match(new RegExp(`^${name}:\\s*(\\d+) kB`, "m"))![1]) *
    1024;
}

/** The receiver's peak while one large message arrives, above what it had before that and above what it had before the first one. */
export function memoryWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  const size = context.memorySize;
  const linux = Deno.build.os === "linux";
  return {
    id,
    rows,
    isolated: true,
    contestants: linux ? participants(context.variants, id) : [],
    async start(contestant) {
      const { setup } = context;
      const variant = contestant as Variant;
      const pair = await connectPair(variant, { size, setup });
      return new MemorySession(pair, size, context);
    },
  };
}

/** Contestants whose connections the application opens one by one: ZeroMQ opens them by itself. The direction makes no difference to connections on which nothing is sent. */
export function withConnections(context: Context, id: string): Contestant[] {
  return participants(context.variants, id).filter(({ adapter, direction }) =>
    adapter !== "zeromq" && direction === "client to server"
  );
}

class IdleSession implements Session {
  readonly #pair: Pair;
  readonly #address: string;
  readonly #count: number;

  constructor(pair: Pair, address: string, count: number) {
    this.#pair = pair;
    this.#address = address;
    this.#count = count;
  }

  async warmUp(): Promise<void> {}

  async measure(): Promise<Sample> {
    const { sender, receiver } = this.#pair;
    await this.#pair.dial(this.#address, 1, 1);
    const before = await Promise.all([
      receiver.ask<number>("memory"),
      sender.ask<number>("memory"),
    ]);
    await sender.ask("dial", {
      address: this.#address,
      count: this.#count,
      size: 1,
    });
    await receiver.ask("accepted", { count: this.#count + 1 });
    const listener = await receiver.ask<number>("memory") - before[0];
    const dialler = await sender.ask<number>("memory") - before[1];
    return {
      listener: listener / this.#count,
      dialler: dialler / this.#count,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** Many connections on which nothing is sent, in one process. */
export function idleWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  return {
    id,
    rows,
    isolated: true,
    contestants: withConnections(context, id),
    async start(contestant) {
      const pair = new Pair(contestant as Variant, context.setup);
      const address = await pair.listen(1, "idle");
      return new IdleSession(pair, address, context.idleCount);
    },
  };
}

/** What runs once for each connection is optimized late: V8 is done with it after some 25,000 of them. */
const OPENING_WARM_UP_SECONDS = 8;

class OpeningSession implements Session {
  readonly #pair: Pair;
  readonly #address: string;
  readonly #context: Context;

  constructor(pair: Pair, address: string, context: Context) {
    this.#pair = pair;
    this.#address = address;
    this.#context = context;
  }

  async warmUp(): Promise<void> {
    const { quick, seconds } = this.#context;
    await this.#run(quick ? seconds / 4 : OPENING_WARM_UP_SECONDS);
  }

  async measure(): Promise<Sample> {
    return { rate: await this.#run(this.#context.seconds) };
  }

  #run(seconds: number): Promise<number> {
    return this.#pair.sender.ask<number>("openAndClose", {
      address: this.#address,
      duration: seconds * 1000,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]();
  }
}

/** Connections opened, with their full handshake, and closed. */
export function openingWorkload(
  id: string,
  rows: readonly Row[],
  context: Context,
): Workload {
  return {
    id,
    rows,
    // The ports of closed connections are blocked for a while: to a new
    // listener's port all are free.
    isolated: true,
    contestants: withConnections(context, id),
    async start(contestant) {
      const pair = new Pair(contestant as Variant, context.setup);
      const address = await pair.listen(1, "passing");
      return new OpeningSession(pair, address, context);
    },
  };
}
