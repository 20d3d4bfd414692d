/**
 * Conversations over real sockets for hours, one in a hundred with a fault: what
 * arrives is what was sent, and nothing is left behind.
 *
 * @module
 */
import { timerCount } from "./timers.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { converse, type Fault, type Script } from "../faults/every_byte.ts";
import { FAULT_KINDS } from "../faults/faulty_transport.ts";
import { RealPairs } from "../faults/real_pairs.ts";
import { within } from "../helpers/deadline.ts";
import { Prng } from "../helpers/prng.ts";
import { makePlan, type Plan } from "../simulation/program.ts";

const SCHEMES = ["tcp", "tls", "ws"] as const;

/** Conversations at once over each of them. */
const LANE_COUNT = 3;

/** One conversation in so many has a fault. */
const FAULT_STEP = 100;

/** A fault comes behind so many bytes at most. */
const OFFSETS_MAX = [400, 5_000, 60_000];

const ENDINGS = [
  ...Array<"polite">(7).fill("polite"),
  "close",
  "closeSoon",
  "abort",
] as const;

/** A conversation may take so long, in milliseconds, also on a busy machine. */
const PATIENCE_MS = 300_000;

/** How long it may take until nothing is left of those that are over: a Ping that was not answered, a source that waits. */
const SETTLE_MS = 60_000;
const SETTLE_STEP_MS = 200;

/** More than this between the first look and the last one is a leak, in bytes. */
const GROWTH_MAX = 4 * 1024 * 1024;

/** What there is when nothing is under way. */
interface Look {
  heapSize: number;
  /** 0 where the system does not tell. */
  descriptorCount: number;
  timerCount: number;
}

/** What was said so far. */
interface Counts {
  conversations: number;
  withFault: number;
  messages: number;
}

/** What a soak has shown. */
export interface Soaked {
  counts: Counts;
  looks: Look[];
  wrong: string[];
}

function planOf(prng: Prng): Plan {
  return {
    ...makePlan(prng, true, Infinity),
    count: prng.pick([2, 8, 40]),
    gapMs: prng.pick([0, 0, 5]),
    ending: prng.pick(ENDINGS),
    endMs: prng.pick([0, 5, 20]),
  };
}

function faultOf(prng: Prng): Fault {
  return {
    side: prng.pick([0, 1] as const),
    action: prng.pick(["read", "write"] as const),
    kind: prng.pick(FAULT_KINDS),
    offset: prng.below(prng.pick(OFFSETS_MAX)),
  };
}

/** Conversations over the sockets of one scheme, each from its own seed. */
export class SoakTalk {
  readonly counts: Counts = { conversations: 0, withFault: 0, messages: 0 };
  readonly wrong: string[] = [];
  readonly #faultStep: number;

  /** One in `faultStep` gets a fault. */
  constructor(faultStep: number = FAULT_STEP) {
    this.#faultStep = faultStep;
  }

  /** Holds one. */
  async hold(pairs: RealPairs, scheme: string, seed: number): Promise<void> {
    const prng = new Prng(seed);
    const fault = seed % this.#faultStep === 0 ? faultOf(prng) : undefined;
    const plans = [planOf(prng), planOf(prng)];
    const script: Script = { seed, plans, limits: resolveLimits({}) };
    try {
      const { faults, messageCount } = await within(
        pairs.open().then((ends) => converse(ends, fault, script)),
        "the end of a conversation",
        PATIENCE_MS,
      );
      this.counts.messages += messageCount;
      this.wrong.push(...faults.map((each) => `${scheme} ${seed}: ${each}`));
    } catch (error) {
      this.wrong.push(`${scheme} ${seed}: ${error}`);
    }
    this.counts.conversations++;
    if (fault) this.counts.withFault++;
  }
}

function descriptorCount(): number {
  if (Deno.build.os !== "linux") return 0;
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

const { gc } = globalThis as { gc?: () => void };

function look(): Look {
  gc?.();
  return {
    heapSize: Deno.memoryUsage().heapUsed,
    descriptorCount: descriptorCount(),
    timerCount: timerCount(),
  };
}

/** Looks when all that was left of conversations is gone, or ought to be. */
async function lookAgain(first: Look | undefined): Promise<Look> {
  const endMs = performance.now() + SETTLE_MS;
  let now = look();
  const isLeft = (): boolean =>
    now.timerCount > (first?.timerCount ?? 0) ||
    now.descriptorCount > (first?.descriptorCount ?? 0);
  while (isLeft() && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
    now = look();
  }
  return now;
}

function faultsOfLooks(looks: readonly Look[]): string[] {
  const [first, ...others] = looks;
  const wrong: string[] = [];
  for (const [index, each] of others.entries()) {
    for (const what of ["descriptorCount", "timerCount"] as const) {
      if (each[what] > first![what]) {
        wrong.push(`look ${index + 2}: ${each[what]} of ${what}`);
      }
    }
  }
  const grown = (others.at(-1) ?? first!).heapSize - first!.heapSize;
  if (grown > GROWTH_MAX) wrong.push(`the heap has grown by ${grown} bytes`);
  return wrong;
}

/**
 * Talks for so long, and looks what is left every `lookMs` milliseconds, while
 * nothing is said; `onLook` is told.
 */
export async function soak(
  milliseconds: number,
  lookMs: number,
  seed: number,
  onLook: (look: Look, counts: Counts) => void,
): Promise<Soaked> {
  await using stack = new AsyncDisposableStack();
  const lanes: { scheme: string; pairs: RealPairs }[] = [];
  for (const scheme of Array(LANE_COUNT).fill(SCHEMES).flat()) {
    lanes.push({ scheme, pairs: stack.use(await RealPairs.listen(scheme)) });
  }
  const before = look();
  const talk = new SoakTalk();
  const looks: Look[] = [];
  const endMs = performance.now() + milliseconds;
  while (performance.now() < endMs) {
    const pauseMs = Math.min(endMs, performance.now() + lookMs);
    await Promise.all(lanes.map(async ({ scheme, pairs }) => {
      while (performance.now() < pauseMs) {
        await talk.hold(pairs, scheme, seed++);
      }
    }));
    looks.push(await lookAgain(looks[0] ?? before));
    onLook(looks.at(-1)!, talk.counts);
  }
  const { counts, wrong } = talk;
  return { counts, looks, wrong: [...wrong, ...faultsOfLooks(looks)] };
}
