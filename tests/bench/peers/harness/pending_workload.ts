/**
 * What it costs that many sends wait on one connection, in one process: to
 * close it, to send a short message beside them, to abort them by one signal.
 *
 * @module
 */
import { connectPair } from "../../../helpers/connection_pair.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

/** Bytes of a message that waits when the connection is closed. */
const WAITING_SIZE = 300;
/** Short messages that one figure is the mean of. */
const SHORT_COUNT = 20;

const COST = { unit: "ms", better: "lower", goals: [] } as const;

const ROWS: readonly Row[] = [
  { ...COST, metric: "closeMs", title: "close() with as many short sends" },
  { ...COST, metric: "besideMs", title: "64 B beside as many idle sources" },
  { ...COST, metric: "abortMs", title: "aborting as many by one signal" },
];

/** The workload with `count` sends that wait; lekt alone takes part. */
export function pendingWorkload(count: number, context: Context): Workload {
  return {
    id: `pending-${count}`,
    rows: ROWS,
    isolated: true,
    contestants: context.variants.filter(({ id }) => id === "lekt"),
    start: () => Promise.resolve(new PendingSession(count)),
  };
}

class PendingSession implements Session {
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async warmUp(): Promise<void> {
    await measureClose(this.#count);
    await measureIdle(this.#count);
  }

  async measure(): Promise<Sample> {
    return {
      closeMs: await measureClose(this.#count),
      ...await measureIdle(this.#count),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Milliseconds that close() keeps the process busy, until it returns its promise. */
async function measureClose(count: number): Promise<number> {
  const { alice, bob } = await connectPair();
  const sends = Array.from(
    { length: count },
    () => alice.send(new Uint8Array(WAITING_SIZE)),
  );
  const settled = Promise.allSettled(sends);
  const startMs = performance.now();
  const closed = alice.close();
  const elapsedMs = performance.now() - startMs;
  await Promise.all([settled, closed, bob.close()]);
  return elapsedMs;
}

async function measureIdle(count: number): Promise<Sample> {
  const { alice, bob } = await connectPair();
  const abort = new AbortController();
  const sends = Array.from(
    { length: count },
    () => alice.send(new ReadableStream(), { signal: abort.signal }),
  );
  const settled = Promise.allSettled(sends);
  await exchange(alice, bob);
  const startMs = performance.now();
  for (let index = 0; index < SHORT_COUNT; index++) await exchange(alice, bob);
  const besideMs = (performance.now() - startMs) / SHORT_COUNT;
  const abortStartMs = performance.now();
  abort.abort();
  const abortMs = performance.now() - abortStartMs;
  await settled;
  await Promise.all([alice.close(), bob.close()]);
  return { besideMs, abortMs };
}

type Pair = Awaited<ReturnType<typeof connectPair>>;

async function exchange(from: Pair["alice"], to: Pair["bob"]): Promise<void> {
  await from.send(new Uint8Array(64));
  await to.receive();
}
