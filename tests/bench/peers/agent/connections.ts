/**
 * Many connections: held idle, or opened one after the other.
 *
 * @module
 */
import type { Adapter, Link } from "./link.ts";
import { Inspector } from "./pattern.ts";
import { nextTurn } from "./clock.ts";

const DIALS_AT_ONCE = 64;

/** Opens `count` connections. */
export async function dialMany(
  adapter: Adapter,
  address: string,
  count: number,
  size: number,
): Promise<Link[]> {
  const links: Link[] = [];
  let next = 0;
  async function dialSome(): Promise<void> {
    while (next++ < count) links.push(await adapter.dial(address, size));
  }
  await Promise.all(
    Array.from({ length: Math.min(count, DIALS_AT_ONCE) }, dialSome),
  );
  return links;
}

/** Opens connections with their full handshake for so many milliseconds, some at once, each closed as soon as it is open; resolves with the number per second. */
export async function openAndClose(
  adapter: Adapter,
  address: string,
  duration: number,
): Promise<number> {
  const started = performance.now();
  let count = 0;
  async function openSome(): Promise<void> {
    while (performance.now() - started < duration) {
      const link = await adapter.dial(address, 1);
      link.receive(nobody());
      count += 1;
      void link.close();
    }
  }
  await Promise.all(Array.from({ length: DIALS_AT_ONCE }, openSome));
  return count / (performance.now() - started) * 1000;
}

/** A sink for a link on which nothing is to arrive. */
export function nobody(): Inspector {
  return new Inspector(1, 1, "collect");
}

/** Resolves when that many links were accepted. */
export async function untilAccepted(
  links: readonly Link[],
  count: number,
): Promise<void> {
  while (links.length < count) await nextTurn();
}
