/**
 * Messages of one size in one direction, as fast as they go.
 *
 * @module
 */
import type { Link, Mode } from "./link.ts";
import { chunksOf, Inspector, Payloads, PERIOD } from "./pattern.ts";
import { cpuTime, now } from "./clock.ts";

const CHUNK_SIZE = 256 * 1024;

/** What is sent: `count` messages of `size` bytes on each of the agent's links; over {@linkcode PERIOD} as a stream by those who can. */
export interface Flow {
  size: number;
  count: number;
  mode: Mode;
  /** Messages under way at once on a link; each is then a stream of chunks of `chunkSize`. */
  concurrency?: number;
  chunkSize?: number;
}

/** What one side saw: wall time in milliseconds since the epoch, CPU time in milliseconds. */
export interface FlowResult {
  at: number;
  cpu: number;
}

let cached: { size: number; payloads: Payloads } | undefined;

function payloadsOf(size: number): Payloads {
  if (cached?.size !== size) cached = { size, payloads: new Payloads(size) };
  return cached.payloads;
}

/** Sends it all; resolves with when it began and what it cost until it was handed over. */
export async function sendFlow(
  links: readonly Link[],
  flow: Flow,
): Promise<FlowResult> {
  if (flow.concurrency !== undefined) return sendConcurrently(links[0]!, flow);
  const streams = flow.size > PERIOD && links[0]!.sendStream !== undefined;
  const payloads = payloadsOf(streams ? PERIOD : flow.size);
  const cpu = cpuTime();
  const at = now();
  if (streams) {
    for (let i = 0; i < flow.count; i++) {
      const chunks = chunksOf(payloads.at(i), flow.size, CHUNK_SIZE);
      await links[0]!.sendStream!(chunks, flow.size);
    }
  } else if (links.length === 1) {
    await sendAll(links[0]!, payloads, flow.count);
  } else {
    await sendInTurn(links, payloads, flow.count);
  }
  return { at, cpu: cpuTime() - cpu };
}

async function sendAll(
  link: Link,
  payloads: Payloads,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const wait = link.send(payloads.at(i));
    if (wait !== undefined) await wait;
  }
  await link.flush();
}

/** One message a link, then the next one; a link that is behind does not hold up the others. Who joins messages may, also over turns. */
async function sendInTurn(
  links: readonly Link[],
  payloads: Payloads,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const waits: Promise<unknown>[] = [];
    for (const link of links) {
      const wait = link.send(payloads.at(i));
      if (wait !== undefined) waits.push(wait);
    }
    if (waits.length > 0) await Promise.all(waits);
  }
  await Promise.all(links.map((link) => link.flush()));
}

/** `concurrency` messages at once, of which only a chunk exists at a time. */
async function sendConcurrently(
  link: Link,
  { size, count, concurrency = 1, chunkSize = CHUNK_SIZE }: Flow,
): Promise<FlowResult> {
  const payload = payloadsOf(size).at(0);
  let next = 0;
  async function sendSome(): Promise<void> {
    while (next++ < count) {
      await link.sendStream!(chunksOf(payload, size, chunkSize), size);
    }
  }
  const cpu = cpuTime();
  const at = now();
  await Promise.all(Array.from({ length: concurrency }, sendSome));
  return { at, cpu: cpuTime() - cpu };
}

/** Receives and verifies it all; from now on. `ended` resolves with when the last byte was there and what it cost. */
export function receiveFlow(
  links: readonly Link[],
  { size, count, mode, concurrency }: Flow,
): { ended: Promise<FlowResult> } {
  const cpu = cpuTime();
  const varied = concurrency === undefined;
  const all = links.map((link) => {
    const inspector = new Inspector(size, count, mode, varied);
    link.receive(inspector);
    return inspector.done;
  });
  const ended = Promise.all(all).then(() => ({
    at: now(),
    cpu: cpuTime() - cpu,
  }));
  return { ended };
}
