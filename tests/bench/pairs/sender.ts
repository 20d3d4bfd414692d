/**
 * One round of one workload: starts the receiver, dials it with both
 * contestants, gives them slices in turn, and prints the medians of the ratios.
 *
 * @module
 */
import { Prng } from "../../helpers/prng.ts";
import { startReceiver } from "../receiver_process.ts";
import type { Order, Ratios } from "./protocol.ts";
import { medianOf } from "./statistics.ts";
import { dial, type Dialled, type Slice, WORKLOADS } from "./workloads.ts";

/** For so many pairs that count there is one before them, in which V8 compiles. */
const PAIRS_PER_WARM_UP = 3;

/** Pairs of slices; who is first is drawn: garbage is collected at a steady rate, which would meet one contestant more often than the other where they changed places at one. */
async function runPairs(
  runs: readonly (() => Promise<Slice>)[],
  { pairCount, seed }: Order,
): Promise<Slice[][]> {
  const prng = new Prng(seed);
  const warmUpCount = Math.ceil(pairCount / PAIRS_PER_WARM_UP);
  const pairs: Slice[][] = [];
  for (let pair = -warmUpCount; pair < pairCount; pair++) {
    const slices: Slice[] = [];
    for (const index of prng.below(2) === 0 ? [0, 1] : [1, 0]) {
      slices[index] = await runs[index]!();
    }
    if (pair >= 0) pairs.push(slices);
  }
  return pairs;
}

async function measure(order: Order, methods: string[]): Promise<Ratios> {
  const { kind, runOver } = WORKLOADS.find(({ id }) => id === order.id)!;
  const dialled: Dialled[] = [];
  for (const [index, contestant] of order.contestants.entries()) {
    dialled.push(await dial(contestant, methods[index]!, kind));
  }
  const runs = dialled.map(runOver);
  const pairs = await runPairs(runs, order);
  for (const { connection } of dialled) await connection.close();
  const ratioOf = (valueOf: (slice: Slice) => number): number =>
    medianOf(pairs.map((slices) => valueOf(slices[1]!) / valueOf(slices[0]!)));
  return {
    wall: ratioOf(({ wallMs }) => wallMs),
    sender: ratioOf(({ senderMs }) => senderMs),
    receiver: ratioOf(({ receiverMs }) => receiverMs),
  };
}

function inverseOf({ wall, sender, receiver }: Ratios): Ratios {
  return { wall: 1 / wall, sender: 1 / sender, receiver: 1 / receiver };
}

if (import.meta.main) {
  const order: Order = JSON.parse(Deno.args[0]!);
  if (order.isReversed) order.contestants.reverse();
  const { process, told: methods } = await startReceiver<string[]>(
    new URL("receiver.ts", import.meta.url),
    "-A",
    JSON.stringify(order.contestants),
  );
  try {
    const ratios = await measure(order, methods);
    console.log(JSON.stringify(order.isReversed ? inverseOf(ratios) : ratios));
  } finally {
    process.kill();
    await process.status;
  }
}
