/**
 * Two processes, connected: the sender and the receiver of a measurement.
 *
 * @module
 */
import { AgentProcess } from "./agent_process.ts";
import type { Variant } from "./variants.ts";

/** What a pair is set up for. */
export interface PairOptions {
  /** Bytes of each message to come. */
  size: number;
  /** Connections between the two. Default: 1. */
  count?: number;
  /** What `prepareNode` made. */
  nodeFolder?: string;
}

/** Both ends of one measurement. */
export class Pair implements AsyncDisposable {
  readonly variant: Variant;
  readonly sender: AgentProcess;
  readonly receiver: AgentProcess;
  readonly #listener: AgentProcess;
  readonly #dialler: AgentProcess;

  /** Starts both processes. */
  constructor(variant: Variant, nodeFolder?: string) {
    this.variant = variant;
    this.#listener = new AgentProcess(variant, nodeFolder);
    this.#dialler = new AgentProcess(variant, nodeFolder);
    const down = variant.direction === "server to client";
    this.sender = down ? this.#listener : this.#dialler;
    this.receiver = down ? this.#dialler : this.#listener;
  }

  /** The listening process waits for connections; resolves with its address. */
  async listen(size: number, drain = false): Promise<string> {
    return await this.#listener.ask<string>("listen", { size, drain });
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
  { size, count = 1, nodeFolder }: PairOptions,
): Promise<Pair> {
  const pair = new Pair(variant, nodeFolder);
  try {
    await pair.dial(await pair.listen(size), count, size);
    return pair;
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
}
