/**
 * How many sockets the system holds for this process: what a side that closes
 * in order leaves open until the other side has answered.
 *
 * @module
 */
import { DEADLINE_MS } from "./deadline.ts";

const FOLDER = "/proc/self/fd";

/** Sockets that are open in this process; 0 where the system does not tell. */
export function countSockets(): number {
  if (Deno.build.os !== "linux") return 0;
  let count = 0;
  for (const { name } of Deno.readDirSync(FOLDER)) {
    try {
      if (Deno.readLinkSync(`${FOLDER}/${name}`).startsWith("socket:")) count++;
    } catch {
      // It was closed meanwhile.
    }
  }
  return count;
}

/** Waits until no more than `count` sockets are open, and what hung on them has had its turn. */
export async function untilSockets(count: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (countSockets() > count) {
    if (performance.now() > deadline) {
      throw new Error(`Waited in vain for sockets to close, down to ${count}`);
    }
    await nextTurn();
  }
  await nextTurn();
  await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
