/**
 * A registration that moves from refresh to refresh as a test wants it.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  createIdentity,
  DirectoryClient,
  type Identity,
  type Lease,
  type LeaseReport,
  type RegisterOptions,
} from "../../src/directory/mod.ts";
import { type HeldClock, settle } from "./held_clock.ts";

/** A lease of 300 s on a clock that stands still, and what it reports. */
export class TestLease {
  /** Its clock. */
  readonly clock: HeldClock;
  readonly #directoryClock: HeldClock | undefined;
  /** What it has reported. */
  readonly reports: LeaseReport[] = [];
  /** The lease, from {@linkcode begin} on. */
  lease!: Lease;

  /** Nothing is registered yet; `directoryClock` moves with `clock`. */
  constructor(clock: HeldClock, directoryClock?: HeldClock) {
    this.clock = clock;
    this.#directoryClock = directoryClock;
  }

  /** Registers bob. */
  async begin(
    url: string,
    identity?: Identity,
    options: Partial<RegisterOptions> = {},
  ): Promise<void> {
    const client = new DirectoryClient(url, { clock: this.clock });
    this.lease = await client.register(identity ?? await createIdentity(), {
      nickname: "bob",
      methods: ["tcp://192.0.2.7:15358"],
      report: (report) => this.reports.push(report),
      ...options,
    });
  }

  /** Moves the clock to the next refresh or attempt, waits for its report, and tells how long that was. */
  async step(): Promise<{ pause: number; report: LeaseReport }> {
    const count = this.reports.length;
    while (this.clock.pauses.length === 0) await settle();
    const pause = this.clock.pauses[0]!;
    await this.#directoryClock?.advance(pause);
    await this.clock.advance(pause);
    const deadline = performance.now() + 10_000;
    while (this.reports.length === count) {
      assert(performance.now() < deadline, "no report came");
      await settle();
    }
    return { pause, report: this.reports.at(-1)! };
  }
}
