/**
 * Cores that are lent to nobody else, so that they become scarce for the
 * connections of a test.
 *
 * @module
 */
import { borrowCore, type Core, returnCore } from "../../src/framing/core.ts";

/** From so many lent ones on cores are scarce. */
export const SCARCE_COUNT = 64;

/** Cores that are kept back. */
export class CoreHoard {
  #cores: Core[] = [];

  /** Keeps so many. */
  keep(count: number): void {
    while (this.#cores.length < count) this.#cores.push(borrowCore());
    while (this.#cores.length > count) returnCore(this.#cores.pop()!, true);
  }

  /** Gives all back. */
  [Symbol.dispose](): void {
    this.keep(0);
  }
}
