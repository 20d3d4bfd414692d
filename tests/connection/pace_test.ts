// How a connection shares the event loop between two reads.
import { assertEquals } from "@std/assert";
import { ReadPace } from "../../src/connection/read_pace.ts";
import type { Session } from "../../src/session/session.ts";
import { StoppedClock } from "../helpers/stopped_clock.ts";

/** Whether the event loop had a turn while `wait` was awaited. */
async function hadTurn(wait: () => Promise<void>): Promise<boolean> {
  let had = false;
  setImmediate(() => had = true);
  await wait();
  const result = had;
  await new Promise((resolve) => setImmediate(resolve));
  return result;
}

Deno.test("a reader that is about to ask for more gets 32 microtasks, and a turn of the event loop where it takes longer", async () => {
  const turns: boolean[] = [];
  for (const steps of [1, 31, 32, 33, 1_000]) {
    let left = steps;
    const session = {
      get isReaderDue(): boolean {
        return left-- > 0;
      },
    };
    const pace = new ReadPace(session as unknown as Session);
    turns.push(await hadTurn(() => pace.pause(true)));
  }
  assertEquals(turns, [false, false, false, true, true]);
});

Deno.test("the rest of what was read is taken while there is any, and the session has not failed", async () => {
  using _clock = new StoppedClock();
  const fault = new Error("broken");
  const take = async (
    hasRest: boolean,
    error?: Error,
  ): Promise<[number, unknown]> => {
    let takenCount = 0;
    let failed: unknown;
    const session = {
      exchange: {
        hasRest,
        takeRest: (): Error | undefined => {
          takenCount++;
          return error;
        },
      },
      error: undefined,
      fail: (why: unknown): void => {
        failed = why;
      },
    };
    await new ReadPace(session as unknown as Session).takeRest();
    return [takenCount, failed];
  };
  assertEquals(await take(false), [0, undefined]);
  assertEquals(await take(true), [1, undefined]);
  assertEquals(await take(true, fault), [1, fault]);
});
