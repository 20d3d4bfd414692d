/**
 * Two processes, connected: the sender and the receiver of a measurement.
 *
 * @module
 */
import type { LinkUse } from "../agent/main.ts";
import { AgentProcess, type Setup } from "./agent_process.ts";
import type { Variant } from "./variants.ts";

/** What a pair is set up for. */
export interface PairOptions {
  /** Bytes of each message to come. */
  size: number;
  /** Connections between the two. Default: 1. */
  count?: number | undefined;
  setup: Setup;
}

/** Both ends of one measurement. */
export class Pair implements AsyncDisposable {
  readonly variant: Variant;
  readonly sender: AgentProcess;
  readonly receiver: AgentProcess;
  readonly #listener: AgentProcess;
  readonly #dialler: AgentProcess;

  /** Starts both processes. */
  constructor(variant: Variant, setup: Setup) {
    this.variant = variant;
    this.#listener = new AgentProcess(variant, "listener", setup);
    this.#dialler = new AgentProcess(variant, "dialler", setup);
    const down = variant.direction === "server to client";
    this.sender = down ? this.#listener : this.#dialler;
    this.receiver = down ? this.#dialler : this.#listener;
  }

  /** The listening process waits for connections; resolves with its address. */
  async listen(size: number, use: LinkUse): Promise<string> {
    return await this.#listener.ask<string>("listen", { size, use });
  }

  /** Opens `count` connections. */
  async dial(address: string, count: number, size: number): Promise<void> {
    await this.#dialler.ask("dial", { address, count, size });
    await this.#listener.ask("accepted", { count });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#listener[Symbol.asyncDispose](),
      this.#dialler[Symbol.asyncDispose](),
    ]);
  }
}

/** Starts a pair and connects it. */
export async function connectPair(
  variant: Variant,
  { size, count = 1, setup }: PairOptions,
): Promise<Pair> {
  const pair = new Pair(variant, setup);
  try {
    await pair.dial(await pair.listen(size, "measured"), count, size);
    return pair;
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
}
