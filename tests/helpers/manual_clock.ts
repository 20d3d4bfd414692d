/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */

/** Something to be called at a time. */
interface Appointment {
  atMs: number;
  callback: () => void;
}

/** Time by hand; see `PickingClock` of `src/connect/picking.ts`. */
export class ManualClock {
  #nowMs = 0;
  #appointments: Appointment[] = [];

  /** Appointments that were neither kept nor cancelled. */
  get pendingCount(): number {
    return this.#appointments.length;
  }

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#nowMs;
  }

  /** Calls back when the clock was moved that far. */
  schedule(callback: () => void, delayMs: number): () => void {
    const appointment = { atMs: this.#nowMs + delayMs, callback };
    this.#appointments.push(appointment);
    return () => {
      this.#appointments = this.#appointments.filter((one) =>
        one !== appointment
      );
    };
  }

  /** Moves on, keeps what falls due, in order, and lets promises settle in between. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    while (true) {
      const due = this.#appointments
        .filter(({ atMs }) => atMs <= endMs)
        .sort((one, other) => one.atMs - other.atMs)[0];
      if (due === undefined) break;
      this.#appointments = this.#appointments.filter((one) => one !== due);
      this.#nowMs = due.atMs;
      due.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }
}

/** Lets all promises that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
