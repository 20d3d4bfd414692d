/**
 * A simulation: hosts, links between them, programs on them, faults, and what
 * must hold whatever happens. All of it comes from one seed.
 *
 * @module
 */
import { realNow, useTime, VirtualTime } from "./virtual_time.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import type { Limits } from "../../mod.ts";
import { Prng } from "../helpers/prng.ts";
import { Host } from "./host.ts";
import type { LinkOptions } from "./direction.ts";
import { Link } from "./link.ts";
import { Ledger } from "./ledger.ts";
import { SLICE_SIZE, TimeSlice } from "../../src/transport/time_slice.ts";
import { makePlan, type Plan, Program, SHORT_SIZES } from "./program.ts";

/** What came of one seed. */
export interface Outcome {
  seed: number;
  /** The same for the same seed: of all that moved, and when. */
  hash: number;
  /** What must not be. */
  faults: string[];
  /** Connections that came about, and those that ended clean on both sides. */
  connectionCount: number;
  cleanCount: number;
  messageCount: number;
}

/** When faults stop, and programs that would stay end; the links that there are must end by themselves until the second moment. */
const FAULTS_MS = 90_000;
const END_MS = 260_000;

/** So long after that an exchange between two hosts that live may take. */
const EXCHANGE_MS = 10_000;

const LIMITS: Partial<Limits>[] = [
  {},
  {},
  { closeTimeoutMs: 50 },
  { maxBufferedBytes: 100_000 },
  { maxPartBytes: 700 },
  { maxMessageWindowBytes: 50_000 },
];

/** The same for all hosts of a world: who hears less often than it waits must rely on its own Pings, which stand behind what is on its way. */
const PING_LIMITS: Partial<Limits>[] = [
  {},
  {},
  { pingIntervalMs: 1_000, silenceTimeoutMs: 3_000 },
  { pingIntervalMs: 0 },
];

/** Everything of one seed. */
export class World {
  readonly prng: Prng;
  readonly time: VirtualTime;
  readonly hosts: Host[] = [];
  readonly ledgers: Ledger[] = [];
  readonly links: Link[] = [];
  readonly faults: string[] = [];
  /** Written line by line where somebody wants to read it. */
  trace: ((line: string) => void) | undefined;
  #hash = 0x811c_9dc5;
  #isQuiet: boolean;
  readonly #pingLimits: Partial<Limits>;
  #linkCount = 0;
  #areFaultsOver = false;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.time = new VirtualTime(this.prng);
    // Every fourth world has no faults: there all must end well.
    this.#isQuiet = this.prng.below(4) === 0;
    this.#pingLimits = this.prng.pick(PING_LIMITS);
  }

  get hash(): number {
    return this.#hash;
  }

  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  /** What {@linkcode Link} tells. */
  readonly observe = (
    what: string,
    linkId: number,
    side: number,
    size: number,
  ): void => {
    const { nowMs } = this.time;
    this.trace?.(`${nowMs.toFixed(3)} link ${linkId}/${side} ${what} ${size}`);
    const code = what.charCodeAt(0) * 256 + what.charCodeAt(1);
    for (const value of [nowMs * 1000, code, linkId * 2 + side, size]) {
      this.#hash = Math.imul(this.#hash ^ value, 0x0100_0193) >>> 0;
    }
  };

  /** Runs it to its end. */
  async run(): Promise<void> {
    const hostCount = this.prng.between(2, this.prng.pick([2, 3, 8]));
    for (let id = 0; id < hostCount; id++) {
      this.hosts.push(new Host(this, id, this.#limits()));
    }
    this.#linkCount = this.prng.between(1, 4);
    for (let count = 0; count < this.#linkCount; count++) {
      const startMs = this.prng.pick([0, 10, 30_000]);
      this.time.schedule(() => void this.#dialSomebody(), startMs);
    }
    if (!this.#isQuiet) this.#planFaults();
    // Where there are no faults all that is polite comes to its own end.
    if (this.#isQuiet) {
      await this.time.run(() => this.#areDone, this.time.nowMs + END_MS);
    } else await this.#runFor(FAULTS_MS);
    // Where time has jumped, some are still to come.
    this.#areFaultsOver = true;
    for (const link of this.links) link.heal();
    for (const host of this.hosts) host.endAll();
    await this.#runFor(END_MS);
    await this.#exchangeAtLast();
    for (const ledger of this.ledgers) {
      ledger.close();
      this.faults.push(...ledger.faults);
    }
    this.#judgeRemains();
  }

  /** A new link from one host to another, with a program at each end; resolves when the dialling one is done. */
  async dial(
    from: Host,
    to: Host,
    plans: [boolean, boolean],
    options: LinkOptions = this.#linkOptions(),
    change: Partial<Plan> = {},
  ): Promise<Ledger | undefined> {
    const link = new Link(this, this.links.length, options);
    const ledger = new Ledger(link.id, options.endsBoth);
    this.links.push(link);
    this.ledgers.push(ledger);
    const programs = plans.map((isPolite, index) => {
      ledger.sides[index]!.isPolite = isPolite;
      const plan = {
        ...makePlan(this.prng, isPolite, options.capacity),
        ...change,
      };
      this.trace?.(`link ${link.id}/${index} ${JSON.stringify(plan)}`);
      return new Program(ledger, index, this.prng, plan);
    });
    to.expect(link, programs[1]!);
    const connecting = from.connect(link, programs[0]!);
    await connecting;
    return ledger;
  }

  /** All links are there, and where both sides are polite they have ended. */
  get #areDone(): boolean {
    if (this.ledgers.length < this.#linkCount) return false;
    return this.ledgers.every(({ sides }) =>
      sides.some(({ isPolite }) => !isPolite) ||
      sides.every(({ end }) => end)
    );
  }

  #limits(): Limits {
    const minor = this.prng.below(6) === 0 ? 0 : 1;
    return resolveLimits({
      ...this.prng.pick(LIMITS),
      ...this.#pingLimits,
      maxVersionMinor: minor,
    });
  }

  #linkOptions(): LinkOptions {
    const { prng } = this;
    return {
      latencyMs: prng.pick([0, 0.05, 1, 40, 300]),
      jitterMs: prng.pick([0, 0.1, 20]),
      rate: prng.pick([Infinity, Infinity, 1_000, 100]),
      capacity: prng.pick([1_000, 5_000, 100_000, 1_000_000]),
      isPartial: prng.below(2) === 0,
      tellsCut: prng.below(3) === 0,
      endsBoth: prng.below(6) === 0,
    };
  }

  async #dialSomebody(): Promise<void> {
    const { prng } = this;
    const from = prng.pick(this.hosts);
    const to = prng.pick(this.hosts.filter((host) => host !== from));
    if (!from.isAlive || !to.isAlive) return;
    const bothPolite = this.#isQuiet && prng.below(2) === 0;
    const plans = [0, 1].map(() => bothPolite || prng.below(3) === 0);
    await this.dial(from, to, plans as [boolean, boolean]);
  }

  /** Half of all faults come early, when much is going on. */
  #planFaults(): void {
    const { prng } = this;
    for (let rest = prng.between(1, 5); rest > 0; rest--) {
      const atMs = prng.pick([1, 60, 1_000, 60_000]) * prng.below(1000) / 1000;
      this.time.schedule(() => this.#strike(), atMs);
    }
  }

  #strike(): void {
    if (this.#areFaultsOver) return;
    const { prng } = this;
    const link = this.links.length > 0 ? prng.pick(this.links) : undefined;
    const host = prng.pick(this.hosts);
    const kind = prng.below(8);
    this.trace?.(`fault ${kind}, link ${link?.id}, host ${host.id}`);
    switch (kind) {
      case 0:
        return link?.cut();
      case 1:
        return link?.darken(prng.below(2));
      case 2:
        return link?.clog(prng.below(2), prng.pick([100, 5_000, 60_000]));
      case 3: // swizzled: several one after the other
        return this.links.forEach((each) =>
          each.clog(prng.below(2), prng.below(20_000))
        );
      case 4:
        return this.time.jump(prng.pick([50, 400, 2_000, 50_000, 3_600_000]));
      case 5:
        return host.crash(prng.below(2) === 0 ? "killed" : "powerless");
      case 6:
        return host.crash("killed");
      default: {
        // A busy machine: it stands still again and again.
        for (let step = 0; step < 20; step++) {
          const stepMs = prng.between(10, 400);
          this.time.schedule(() => this.time.jump(stepMs), step * 100);
        }
      }
    }
  }

  /** Where nothing goes wrong any more two hosts can talk. */
  async #exchangeAtLast(): Promise<void> {
    for (const host of this.hosts) host.restart();
    const [from, to] = this.hosts;
    const options = {
      ...this.#linkOptions(),
      rate: 1_000,
      latencyMs: 1,
      endsBoth: false,
    };
    let isDone = false;
    // Without windows a message that is collected may not be longer than what is held.
    const exchange = this.dial(from!, to!, [true, true], options, {
      gapMs: 0,
      sizes: SHORT_SIZES,
    });
    const untilMs = this.time.nowMs + EXCHANGE_MS * 20;
    const all = exchange.then(async (ledger) => {
      await ledger?.sides[0].connection?.closed;
      await ledger?.sides[1].connection?.closed;
      isDone = true;
      return ledger;
    });
    await this.time.run(() => isDone, untilMs);
    if (!isDone) {
      this.faults.push("two hosts cannot talk when all is well");
      return;
    }
    for (const { end } of (await all)!.sides) {
      if (!end?.clean) this.faults.push("when all is well an end is not clean");
    }
    for (const host of this.hosts) host.shutdown();
    // Some may have come about behind the end of all others.
    for (const host of this.hosts) host.endAll();
    await this.#runFor(END_MS);
  }

  /** Nothing is left: no timer, no socket, no call. */
  #judgeRemains(): void {
    const { pendingCount } = this.time;
    if (pendingCount > 0) this.faults.push(`${pendingCount} timers are left`);
    for (const { id, ends } of this.links) {
      for (const { isClosed, side } of ends) {
        if (!isClosed) this.faults.push(`socket ${side} of link ${id} is open`);
      }
    }
    for (const host of this.hosts) this.faults.push(...host.faults);
    if (!this.#isQuiet) return;
    for (const { linkId, sides, endsBoth, is11 } of this.ledgers) {
      const arePolite = sides.every(({ isPolite, connection }) =>
        isPolite && connection
      );
      if (!arePolite || endsBoth && !is11) continue;
      for (const { end } of sides) {
        // Without windows one message that is not read yet can stand in the way of all.
        const isFull = !is11 &&
          sides.some(({ end }) => end?.error?.code === "LIMIT");
        if (!end?.clean && !isFull) {
          this.faults.push(`link ${linkId}: polite, no fault, and not clean`);
        }
      }
    }
  }

  #runFor(milliseconds: number): Promise<void> {
    return this.time.run(() => false, this.time.nowMs + milliseconds);
  }
}

/** How long ago somebody had much to do before a world begins, in milliseconds. */
const OCCUPIED_MS = 10_000;

/** Whose time it was last, and until when it was shared finely, is kept in mind from one world to the next, whose time begins anew: the same for all, and past. */
async function occupy(time: VirtualTime): Promise<void> {
  const slice = new TimeSlice();
  for (let turn = 0; turn < 3; turn++) {
    const nowMs = time.nowMs - OCCUPIED_MS + 10 * turn;
    slice.isOver(nowMs, SLICE_SIZE);
    slice.isOver(nowMs + 1, SLICE_SIZE);
    await time.run(() => false, time.nowMs);
  }
}

/** Runs the simulation of one seed. */
export async function simulate(
  seed: number,
  trace?: (line: string) => void,
): Promise<Outcome> {
  const world = new World(seed);
  world.trace = trace;
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    world.faults.push(`nobody heard of ${event.reason}`);
  };
  addEventListener("unhandledrejection", onRejection);
  useTime(world.time);
  try {
    await occupy(world.time);
    await world.run();
  } catch (error) {
    world.faults.push(`the simulation failed: ${(error as Error).stack}`);
  } finally {
    useTime(undefined);
    removeEventListener("unhandledrejection", onRejection);
  }
  const { ledgers, hash, faults } = world;
  const ends = ledgers.map(({ sides }) => sides.map(({ end }) => end?.clean));
  return {
    seed,
    hash,
    faults,
    connectionCount: ends.filter(([first]) => first !== undefined).length,
    cleanCount: ends.filter((pair) => pair.every((clean) => clean)).length,
    messageCount:
      ledgers.flatMap(({ sides }) => sides.flatMap(({ sent }) => sent)).length,
  };
}

/** Runs seeds `from` to `from + count - 1`, or until `untilMs` milliseconds have passed; calls back for each. */
export async function simulateMany(
  from: number,
  count: number,
  onOutcome: (outcome: Outcome) => void,
  untilMs = Infinity,
): Promise<number> {
  const startMs = realNow();
  let done = 0;
  while (done < count && realNow() - startMs < untilMs) {
    onOutcome(await simulate(from + done));
    done++;
  }
  return done;
}
