/**
 * A ping-pong beside messages that the other side's application does not read,
 * on one connection, over TCP in one process.
 *
 * @module
 */
import { connect, type Connection, listen } from "../../../../mod.ts";
import { quantile } from "./statistics.ts";
import type { Context, Row, Sample, Session, Workload } from "./workload.ts";

/** Bytes of a message that nobody reads: all of them together are more than a connection may hold. */
const UNREAD_SIZE = 100 * 1024;

const ROUND_TRIP_SIZE = 64;

const ROUND_TRIP = { unit: "ms", better: "lower", goals: [] } as const;

const ROWS: readonly Row[] = [
  { ...ROUND_TRIP, metric: "p50", title: "round trip, p50" },
  { ...ROUND_TRIP, metric: "p99", title: "p99" },
];

/** The workload with `count` messages that nobody reads; lekt alone takes part. */
export function unreadWorkload(count: number, context: Context): Workload {
  const tripCount = context.quick ? 100 : 5_000;
  return {
    id: `unread-${count}`,
    rows: ROWS,
    isolated: true,
    contestants: context.variants.filter(({ id }) => id === "lekt"),
    start: async () => new UnreadSession(await openPair(count), tripCount),
  };
}

/** Two connected peers, of which one leaves `count` messages unread and answers the short ones. */
async function openPair(count: number): Promise<Pair> {
  const listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const alice = await connect(listener.methods, { nickname: "alice" });
  const { value: bob } = await listener[Symbol.asyncIterator]().next();
  void answer(bob!);
  const unread = Array.from(
    { length: count },
    () => alice.send(new Uint8Array(UNREAD_SIZE)).catch(() => {}),
  );
  return { listener, alice, bob: bob!, unread };
}

interface Pair {
  listener: Awaited<ReturnType<typeof listen>>;
  alice: Connection;
  bob: Connection;
  unread: Promise<unknown>[];
}

async function answer(bob: Connection): Promise<void> {
  const unread = [];
  for await (const message of bob) {
    const bytes = message.bytesNow();
    if (bytes?.length === ROUND_TRIP_SIZE) await bob.send(bytes);
    else unread.push(message);
  }
}

class UnreadSession implements Session {
  readonly #pair: Pair;
  readonly #tripCount: number;

  constructor(pair: Pair, tripCount: number) {
    this.#pair = pair;
    this.#tripCount = tripCount;
  }

  async warmUp(): Promise<void> {
    await this.measure();
  }

  async measure(): Promise<Sample> {
    const { alice } = this.#pair;
    const trips: number[] = [];
    for (let count = 0; count < this.#tripCount; count++) {
      const startMs = performance.now();
      await alice.send(new Uint8Array(ROUND_TRIP_SIZE));
      await alice.receive();
      trips.push(performance.now() - startMs);
    }
    return { p50: quantile(trips, 0.5), p99: quantile(trips, 0.99) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { listener, alice, bob, unread } = this.#pair;
    await Promise.all([alice.close(), bob.close(), ...unread]);
    await listener.close();
  }
}
