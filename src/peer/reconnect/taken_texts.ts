/**
 * Which texts of the other side were taken last: it asks when it does not know.
 *
 * @module
 */
import { TAKEN_COUNT_MAX, type TextId } from "../../talk/resume.ts";

/** Remembers as many as may be unconfirmed at once. */
export class TakenTexts {
  #ids: TextId[] = [];

  /** The last ones, in the order in which they were taken. */
  get last(): readonly TextId[] {
    return this.#ids.slice(-TAKEN_COUNT_MAX);
  }

  /** One was taken that came over the connection with the number `link`. */
  add(link: number, id: number): void {
    this.#ids.push([link, id]);
    // Now and then, so that each costs little.
    if (this.#ids.length >= 2 * TAKEN_COUNT_MAX) this.#ids = [...this.last];
  }
}
