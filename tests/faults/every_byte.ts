/**
 * One conversation, again and again, with a fault at another byte each time.
 *
 * @module
 */
import { useTime, VirtualTime } from "../simulation/virtual_time.ts";
import { establish } from "../../src/connect/establish.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { memoryPair } from "../helpers/memory_transport.ts";
import { Prng } from "../helpers/prng.ts";
import { Ledger } from "../simulation/ledger.ts";
import { type Plan, Program } from "../simulation/program.ts";
import type { Transport } from "../../src/transport/transport.ts";
import {
  FAULT_KINDS,
  type FaultPoint,
  FaultyTransport,
  HARMLESS_KINDS,
} from "./faulty_transport.ts";

/** A fault, and at whose transport it happens: the initiator's is 0. */
export interface Fault extends FaultPoint {
  side: 0 | 1;
}

/** Parts are so small that the conversation has all kinds of packets. */
const LIMITS = resolveLimits({
  maxPartBytes: 300,
  closeTimeoutMs: 50,
  handshakeTimeoutMs: 500,
  decisionTimeoutMs: 500,
  pingIntervalMs: 200,
  silenceTimeoutMs: 1_000,
});

const COMMON = {
  count: 7,
  gapMs: 0,
  endMs: 0,
  sizes: [24, 24, 90, 280, 700, 1_200],
};

const PLANS: readonly Plan[] = [
  { ...COMMON, receiver: "streams", ending: "polite" },
  { ...COMMON, receiver: "cancels", ending: "polite" },
];

/** Seed of what is said: about 5 kB. */
const SEED = 3;

/** Long enough for everything that times out, and one thing after the other. */
const PATIENCE_MS = 60_000;

/** What is wrong after a conversation over two ends, and how much each side has read and written. */
export interface Result {
  faults: string[];
  sizes: { read: number; write: number }[];
}

/** Holds the conversation; both ends are closed when it is over. */
export async function converse(
  ends: readonly [Transport, Transport],
  fault?: Fault,
): Promise<Result> {
  const ledger = new Ledger(1);
  const transports = ends.map((end, side) =>
    new FaultyTransport(end, fault?.side === side ? fault : undefined)
  );
  const runs = transports.map(async (transport, side) => {
    const { connection } = establish(transport, {
      role: side === 0 ? "initiator" : "responder",
      nickname: `side ${side}`,
      method: "tcp://127.0.0.1:15358",
      accept: () => true,
      limits: LIMITS,
    });
    const program = new Program(ledger, side, new Prng(SEED), PLANS[side]!);
    try {
      const connected = await connection;
      await program.run(connected);
      await connected.closed;
    } catch {
      // There was no connection, which the ledger shows.
    }
  });
  await Promise.all(runs);
  ledger.close();
  const { faults, sides } = ledger;
  if (!fault || HARMLESS_KINDS.includes(fault.kind)) {
    const areClean = sides.every(({ end }) => end?.clean);
    if (!areClean) {
      ledger.blame("nobody was to notice, and an end is not clean");
    }
  }
  return { faults, sizes: transports.map(({ sizes }) => sizes) };
}

/** The same over a stream in memory, in a time that passes by itself; also tells what is left. */
export async function converseInMemory(fault?: Fault): Promise<Result> {
  const ends = memoryPair({ partial: false, cutLooksClean: true });
  const time = new VirtualTime(new Prng(SEED));
  useTime(time);
  try {
    let isOver = false;
    const conversation = converse(ends, fault).finally(() => isOver = true);
    await time.run(() => isOver, time.nowMs + PATIENCE_MS);
    if (!isOver) return { faults: ["it does not end"], sizes: [] };
    const result = await conversation;
    await time.run(() => false, time.nowMs + PATIENCE_MS);
    if (time.pendingCount > 0) {
      result.faults.push(`${time.pendingCount} timers are left`);
    }
    if (!ends.every(({ isClosed }) => isClosed)) {
      result.faults.push("a transport is open");
    }
    return result;
  } finally {
    useTime(undefined);
  }
}

/** All faults at each `step`-th byte of a conversation of which the sides have read and written so much, beginning at `first`. */
export function* faultsOf(
  sizes: Result["sizes"],
  first: number,
  step: number,
): Generator<Fault> {
  for (const side of [0, 1] as const) {
    for (const action of ["read", "write"] as const) {
      for (let offset = first; offset <= sizes[side]![action]; offset += step) {
        for (const kind of FAULT_KINDS) yield { side, action, kind, offset };
      }
    }
  }
}

/** Holds the conversation with each of the faults; returns what was wrong. */
export async function converseWithEach(
  faults: Iterable<Fault>,
  run: (fault: Fault) => Promise<Result>,
): Promise<{ count: number; wrong: string[] }> {
  const wrong: string[] = [];
  let count = 0;
  for (const fault of faults) {
    const { faults: found } = await run(fault);
    count++;
    wrong.push(...found.map((each) => `${JSON.stringify(fault)}: ${each}`));
  }
  return { count, wrong };
}
