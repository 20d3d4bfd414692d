/**
 * What this machine allows of what was asked for.
 *
 * @module
 */
import type { Checkout } from "./checkout.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import { type Variant, VARIANTS, variantsBeside } from "./variants.ts";

/** Files that a process has open beside its connections. */
const OTHER_FILES = 200;

/** The contestants that were asked for and can run here; `notes` gets who cannot. */
export function availableVariants(
  options: Options,
  machine: Machine,
  notes: string[],
  beside?: Checkout,
): Variant[] {
  const wanted = VARIANTS.filter(({ id }) =>
    options.variants.length === 0 || options.variants.includes(id)
  );
  if (beside) {
    wanted.push(...variantsBeside(beside.folder, `lekt at ${beside.commit}`));
  }
  if (machine.node !== null) return wanted;
  const skipped = wanted.filter(({ runtime }) => runtime === "node");
  if (skipped.length > 0) {
    const titles = skipped.map(({ title }) => title).join(", ");
    notes.push(`Node is not installed; left out: ${titles}`);
  }
  return wanted.filter(({ runtime }) => runtime !== "node");
}

/** As many connections as a process may have open here; `notes` gets it where that is fewer. */
export function affordableConnections(
  count: number,
  machine: Machine,
  notes: string[],
): number {
  const max = machine.openFiles ?? count + OTHER_FILES;
  const affordable = Math.min(count, max - OTHER_FILES);
  if (affordable < count) {
    notes.push(
      `${affordable} connections instead of ${count}: a process may have ${max} files open (ulimit -Hn)`,
    );
  }
  return affordable;
}
