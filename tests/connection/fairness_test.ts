// What one peer sends, however much, must not keep the event loop from others.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import type { Connection, LektError } from "../../mod.ts";
import { until, within } from "../helpers/deadline.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { withRawPeer } from "../helpers/raw_pair.ts";
import { ABORT, MORE, packet } from "../helpers/raw_peer.ts";
import { TickingClock } from "../helpers/ticking_clock.ts";
import { ReadPace } from "../../src/connection/read_pace.ts";
import type { Session } from "../../src/session/session.ts";
import { TimeSlice } from "../../src/transport/time_slice.ts";

/** Patience on a busy machine. */
const LONG_MS = 60_000;

/** Keeps the event loop to itself. */
function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** How often others had a turn while `run` was under way. */
async function countTurns(run: () => Promise<void>): Promise<number> {
  let isOver = false;
  let count = 0;
  const onTurn = (): void => {
    count++;
    if (!isOver) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  await run();
  isOver = true;
  await new Promise<void>((resolve) => setImmediate(resolve));
  return count;
}

/** Messages of one packet that come in one read. */
const COUNT = 400;
const SHORT = concat(
  Array.from({ length: COUNT }, (_, id) => packet(id, 0, "x")),
);

/** All of them together are so much work, in milliseconds, that there are at least {@linkcode TURNS_MIN} slices of it. */
const WORK_MS = 0.1;
const TURNS_MIN = 20;

const READINGS: Record<string, (bob: Connection) => Promise<void>> = {
  "a loop": async (bob) => {
    for await (const _ of bob) work(WORK_MS);
  },
  "receive()": async (bob) => {
    while (await bob.receive()) work(WORK_MS);
  },
  "batches()": async (bob) => {
    for await (const messages of bob.batches()) {
      for (const _ of messages) work(WORK_MS / 5);
    }
  },
  "a loop and the body of each": async (bob) => {
    for await (const message of bob) {
      for await (const _ of message.body) work(WORK_MS);
    }
  },
};

for (const [name, read] of Object.entries(READINGS)) {
  Deno.test(`who takes many messages that are ready with ${name} lets others have turns`, () =>
    withRawPeer(async (raw, bob) => {
      for (let count = 0; count < 3; count++) await raw.write(SHORT);
      await until(
        () => bob.stats().messagesReceived === 3 * COUNT,
        "all are there",
      );
      await raw.end();
      const turnCount = await countTurns(() =>
        within(read(bob), "all", LONG_MS)
      );
      assert(turnCount >= TURNS_MIN, `${turnCount} turns`);
    }));
}

Deno.test("messages keep their order and go to those who asked first, also where these wait for a turn", () =>
  withRawPeer(async (raw, bob) => {
    for (let count = 0; count < 4; count++) await raw.write(SHORT);
    await raw.end();
    const ids: number[] = [];
    const asking: Promise<void>[] = [];
    for (let count = 0; count < 4 * COUNT; count++) {
      work(0.01);
      asking.push(
        bob.receive().then((message) => {
          ids.push(message!.id);
        }),
      );
    }
    await within(Promise.all(asking), "all");
    assertEquals(ids, Array.from(ids, (_, index) => index % COUNT));
    assertEquals(await within(bob.receive(), "the end"), null);
  }));

Deno.test("a read that brings thousands of aborts is taken in steps, and all of them arrive", () =>
  withRawPeer(async (raw, bob) => {
    const count = 5_000;
    const aborted = concat(
      Array.from(
        { length: count },
        (_, id) => concat([packet(id, MORE, "x"), packet(id, ABORT, "no")]),
      ),
    );
    await raw.write(aborted, packet(1, 0, "last"));
    await raw.end();
    const codes = new Set<string>();
    let receivedCount = 0;
    let last = "";
    for await (const message of bob) {
      receivedCount++;
      try {
        last = await message.text();
      } catch (error) {
        codes.add((error as LektError).code);
      }
    }
    assertEquals([receivedCount, last], [count + 1, "last"]);
    assertEquals([...codes], ["ABORTED"]);
  }));

Deno.test("of a read that brought much no more than one step is taken in one turn, where steps take long", async () => {
  const turns: number[] = [];
  let turn = 0;
  const onTurn = (): void => {
    turn++;
    if (turns.length < 40) setImmediate(onTurn);
  };
  onTurn();
  const exchange = {
    get hasRest(): boolean {
      return turns.length < 40;
    },
    takeRest: (): void => void turns.push(turn),
  };
  const pace = new ReadPace({ exchange } as unknown as Session);
  using _clock = new TickingClock(1);
  while (pace.hasRest) await pace.takeRest();
  assertEquals(new Set(turns).size, 40);
});

/** What other tests have done, whose clocks ran ahead, is so long ago. */
const LONG_AGO_MS = 1_000_000;

/** Who only sends reads nothing in 1.0: no window is announced. */
const IN_SILENCE = [[0, 0]] as const;

Deno.test("who has much to do reads less at once while somebody else has little", () =>
  withPair(
    async ({ alice, bob, bobTransport }) => {
      const sizes: number[] = [];
      const { read } = bobTransport;
      bobTransport.read = (into): Promise<number | null> => {
        sizes.push(into.length);
        return read.call(bobTransport, into);
      };
      const other = new TimeSlice();
      let startMs = performance.now() + LONG_AGO_MS;
      const largestRead = async (): Promise<number> => {
        using _clock = new TickingClock(0.2, startMs += 100);
        sizes.length = 0;
        for (let count = 0; count < 20; count++) {
          alice.send(new Uint8Array(100_000));
          await (await bob.receive())!.bytes();
        }
        return Math.max(...sizes);
      };
      await largestRead();
      startMs += LONG_AGO_MS;
      assertEquals(await largestRead(), 262_144);
      other.isOver(startMs);
      await largestRead();
      assertEquals(await largestRead(), 65_536);
    },
    {},
    IN_SILENCE,
  ));

Deno.test("a connection that is given up amid such a read ends", () =>
  withRawPeer(async (raw, bob) => {
    const opened = concat(
      Array.from({ length: 1_000 }, (_, id) => packet(id, MORE, "x")),
    );
    await raw.write(opened);
    await until(() => bob.stats().bytesReceived > 0, "some have come");
    await bob.abort("enough");
    assertEquals((await bob.closed).clean, false);
  }));

Deno.test("who asks for a message while others wait for their turn gets none before them", () =>
  withPair(async ({ alice, bob }) => {
    for (const text of ["one", "two", "three"]) await alice.send(text);
    await until(() => bob.stats().messagesReceived === 3, "all have come");
    const { prototype } = TimeSlice;
    const { isOverNow } = prototype;
    let askedCount = 0;
    // The slice is over behind the first message.
    prototype.isOverNow = () => askedCount++ === 0;
    try {
      const received = [bob.receive(), bob.receive(), bob.receive()];
      const messages = await within(Promise.all(received), "all of them");
      assertEquals(
        await Promise.all(messages.map((message) => message!.text())),
        ["one", "two", "three"],
      );
      assertEquals(askedCount, 1);
    } finally {
      prototype.isOverNow = isOverNow;
    }
  }));
