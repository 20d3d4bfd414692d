/**
 * One conversation, again and again, with a fault at another byte each time.
 *
 * @module
 */
import { useTime, VirtualTime } from "../simulation/virtual_time.ts";
import { establish } from "../../src/connect/establish.ts";
import {
  DECISION_GRACE_MS,
  type Limits,
  resolveLimits,
} from "../../src/base/limits.ts";
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
  VANISH,
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

/** What two sides say to each other. */
export interface Script {
  seed: number;
  plans: readonly Plan[];
  limits: Limits;
}

/** The conversation that is held again and again. */
const SCRIPT: Script = { seed: SEED, plans: PLANS, limits: LIMITS };

/** Whoever has the connection knows by then that everything has vanished; who waits for a decision, later. */
const NOTICED_MS = LIMITS.silenceTimeoutMs + LIMITS.pingIntervalMs;
const UNDECIDED_MS = LIMITS.decisionTimeoutMs + DECISION_GRACE_MS;

/** Long enough for everything that times out, and one thing after the other. */
const PATIENCE_MS = 60_000;

/** How often it is looked whether calls have ended, and the milliseconds between two looks. */
const SETTLE_STEP_COUNT = 2_000;
const SETTLE_STEP_MS = 5;

/** What is wrong after a conversation over two ends, and how much each side has read and written. */
export interface Result {
  faults: string[];
  /** Messages that either side has begun to send. */
  messageCount: number;
  sizes: { read: number; write: number }[];
}

/** Holds a conversation; both ends are closed when it is over. */
export async function converse(
  ends: readonly [Transport, Transport],
  fault?: Fault,
  { seed, plans, limits }: Script = SCRIPT,
): Promise<Result> {
  const ledger = new Ledger(1);
  const transports = ends.map((end, side) =>
    new FaultyTransport(end, fault?.side === side ? fault : undefined)
  );
  const lateMs: number[] = [];
  const runs = transports.map(async (transport, side) => {
    const { connection } = establish(transport, {
      role: side === 0 ? "initiator" : "responder",
      nickname: `side ${side}`,
      method: "tcp://127.0.0.1:15358",
      accept: () => true,
      limits,
    });
    let noticedMs = UNDECIDED_MS;
    const program = new Program(ledger, side, new Prng(seed), plans[side]!);
    try {
      const connected = await connection;
      noticedMs = NOTICED_MS;
      await program.run(connected);
      await connected.closed;
    } catch {
      // There was no connection, which the ledger shows.
    }
    lateMs.push(performance.now() - noticedMs);
  });
  await Promise.all(runs);
  await settleCalls(ledger);
  ledger.close();
  const { faults, sides } = ledger;
  for (const { vanishedMs = Infinity } of transports) {
    for (const ms of lateMs.map((end) => end - vanishedMs)) {
      if (ms > 0) ledger.blame(`noticed ${ms} ms too late`);
    }
  }
  const arePolite = plans.every(({ ending }) => ending === "polite");
  if (arePolite && (!fault || HARMLESS_KINDS.includes(fault.kind))) {
    const areClean = sides.every(({ end }) => end?.clean);
    if (!areClean) {
      ledger.blame("nobody was to notice, and an end is not clean");
    }
  }
  return {
    faults,
    messageCount: sides[0].sent.length + sides[1].sent.length,
    sizes: transports.map(({ sizes }) => sizes),
  };
}

/** Calls of a connection that has ended end soon: who sends from a source may be amid a pause. */
async function settleCalls({ sides }: Ledger): Promise<void> {
  for (let stepCount = 0; stepCount < SETTLE_STEP_COUNT; stepCount++) {
    if (sides.every(({ pendingCalls }) => pendingCalls === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
  }
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
    if (!isOver) {
      return { faults: ["it does not end"], messageCount: 0, sizes: [] };
    }
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

/** All that happens where time passes by itself. */
export const VIRTUAL_KINDS: readonly Fault["kind"][] = [...FAULT_KINDS, VANISH];

/** Faults of all `kinds` at each `step`-th byte of a conversation of which the sides have read and written so much, beginning at `first`. */
export function* faultsOf(
  sizes: Result["sizes"],
  first: number,
  step: number,
  kinds: readonly Fault["kind"][] = FAULT_KINDS,
): Generator<Fault> {
  for (const side of [0, 1] as const) {
    for (const action of ["read", "write"] as const) {
      for (let offset = first; offset <= sizes[side]![action]; offset += step) {
        for (const kind of kinds) yield { side, action, kind, offset };
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
