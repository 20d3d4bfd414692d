/**
 * One of the two processes of a measurement. It is told what to do by lines of
 * JSON on standard input and answers each with a line on standard output.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import type { Adapter, Link } from "./link.ts";
import { type Flow, receiveFlow, sendFlow } from "./flow.ts";
import { echo, pingPong } from "./ping_pong.ts";
import { OvertakeSink, sendOvertake, type Stop } from "./overtake.ts";
import { sendStamped, StampedSink } from "./stamped.ts";
import {
  dialMany,
  nobody,
  openAndClose,
  untilAccepted,
} from "./connections.ts";
import { memoryInUse, residentMemory } from "./clock.ts";

/** What the harness asks for; the names are those of {@linkcode Agent}'s methods. */
export interface Command {
  /** Comes back with the answer. */
  id: number;
  name: keyof Agent;
  // deno-lint-ignore no-explicit-any -- each method has its own
  argument: any;
}

/** What becomes of connections that were accepted: they are kept for what is measured on them, or kept and nothing is to come, or come and go, or are answered. */
export type LinkUse = "measured" | "idle" | "passing" | "echoing";

/** What can be asked of a process. */
class Agent {
  readonly #adapter: Adapter;
  readonly #importMs: number;
  readonly #links: Link[] = [];
  #flow: ReturnType<typeof receiveFlow> | undefined;
  #overtake: OvertakeSink | undefined;
  #stamped: StampedSink | undefined;
  readonly #stop: Stop = { stopped: false };

  /** To import the adapter has taken so long, in milliseconds. */
  constructor(adapter: Adapter, importMs: number) {
    this.#adapter = adapter;
    this.#importMs = importMs;
  }

  /** Waits for connections; `use` says what for. */
  async listen({ size, use }: { size: number; use: LinkUse }): Promise<string> {
    return await this.#adapter.listen((link) => {
      if (use === "echoing") return echo(link, size);
      if (use !== "measured") link.receive(nobody());
      if (use !== "passing") this.#links.push(link);
    }, size);
  }

  async dial(
    { address, count, size }: { address: string; count: number; size: number },
  ): Promise<void> {
    this.#links.push(...await dialMany(this.#adapter, address, count, size));
  }

  async accepted({ count }: { count: number }): Promise<void> {
    await untilAccepted(this.#links, count);
  }

  receive(flow: Flow): void {
    this.#flow = receiveFlow(this.#links, flow);
  }

  received(): Promise<unknown> {
    return this.#flow!.ended;
  }

  send(flow: Flow): Promise<unknown> {
    return sendFlow(this.#links, flow);
  }

  echo({ size }: { size: number }): void {
    echo(this.#links[0]!, size);
  }

  pingPong(
    { size, count }: { size: number; count: number },
  ): Promise<unknown> {
    return pingPong(this.#links[0]!, size, count);
  }

  /** How long it takes until this process, which has done nothing yet, has the answer to its first message, in milliseconds: its import, a connection, there and back. */
  async first(
    { address, size }: { address: string; size: number },
  ): Promise<number> {
    const startMs = performance.now();
    const link = await this.#adapter.dial(address, size);
    await pingPong(link, size, 1);
    const elapsedMs = performance.now() - startMs;
    await link.close();
    return this.#importMs + elapsedMs;
  }

  receiveOvertake({ size }: { size: number }): void {
    this.#overtake = new OvertakeSink(size);
    this.#links[0]!.receive(this.#overtake);
  }

  sendOvertake({ size }: { size: number }): Promise<unknown> {
    this.#stop.stopped = false;
    return sendOvertake(this.#links[0]!, size, this.#stop);
  }

  largeReceived(): Promise<void> {
    return this.#overtake!.largeReceived();
  }

  stopOvertake(): void {
    this.#stop.stopped = true;
  }

  receivedOvertake(
    { smallCount }: { smallCount: number },
  ): Promise<unknown> {
    return this.#overtake!.finish(smallCount);
  }

  receiveStamped(
    { size, writeSize }: { size: number; writeSize: number },
  ): void {
    this.#stamped = new StampedSink(size, writeSize);
    this.#links[0]!.receive(this.#stamped);
  }

  sendStamped(
    { size, writeSize }: { size: number; writeSize: number },
  ): Promise<unknown> {
    return sendStamped(this.#links[0]!, size, writeSize);
  }

  receivedStamped(): Promise<unknown> {
    return this.#stamped!.ended;
  }

  openAndClose(
    { address, duration }: { address: string; duration: number },
  ): Promise<number> {
    return openAndClose(this.#adapter, address, duration);
  }

  memory(): number {
    return residentMemory();
  }

  memoryInUse(): number {
    return memoryInUse();
  }

  /** Ends the process, whatever is under way. */
  exit(): never {
    process.exit(0);
  }
}

async function obey(agent: Agent, line: string): Promise<void> {
  const { id, name, argument } = JSON.parse(line) as Command;
  try {
    const result: unknown = await agent[name](argument);
    console.log(JSON.stringify({ id, result: result ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ id, error: String(error) }));
  }
}

async function main(): Promise<void> {
  const name = process.argv[2]!;
  const startMs = performance.now();
  const { adapter } = await import(`./adapters/${name}.ts`) as {
    adapter: Adapter;
  };
  const agent = new Agent(adapter, performance.now() - startMs);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => void obey(agent, line));
  lines.on("close", () => agent.exit());
}

await main();
