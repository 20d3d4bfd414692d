// A code whose directory has lost its slot: nobody could come any more.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DirectoryClient, startDirectory } from "@lekt/lekt/directory";
import { LektError } from "@lekt/lekt";
import { type OwnSlot, SlotClient } from "../../src/directory/slot_client.ts";
import { whileHeld } from "../../src/peer/code/held_slot.ts";
import { turns, until, within } from "../helpers/deadline.ts";
import { inTime } from "../helpers/in_time.ts";

const NEVER = new AbortController().signal;
const OPTIONS = {
  url: "https://dir.example",
  signal: NEVER,
  lifeMs: 600_000,
  checkMs: 10,
};
const CLAIMS = {
  nickname: "alice",
  methods: [{ uri: "tls://127.0.0.1:1", priority: 0, spki: "k".repeat(43) }],
};

/** Runs until its signal fires. */
function untilFired(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason))
  );
}

Deno.test("whoever waits by a code is told when a directory that was started anew does not know it", async () => {
  const before = await startDirectory({ port: 0 });
  const port = Number(new URL(before.url).port);
  const slots = new SlotClient(new DirectoryClient(before.url));
  const slot = await slots.open(CLAIMS, NEVER);
  let askedCount = 0;
  const counted: OwnSlot = {
    ...slot,
    isThere: (signal) => {
      askedCount++;
      return slot.isThere(signal);
    },
  };
  const waiting = whileHeld(counted, OPTIONS, untilFired);
  const failing = assertRejects(() => waiting, LektError);
  await until(() => askedCount > 2, "some questions");
  await before.close();
  // While it does not answer nothing is known.
  const silentFrom = askedCount;
  await until(() => askedCount > silentFrom + 2, "questions without an answer");
  await using _after = await startDirectory({ port });
  const { code, message } = await within(failing, "the loss");
  assertEquals(code, "UNREACHABLE");
  assertStringIncludes(message, "does not know the code any more");
});

Deno.test("a slot that somebody else has by now is not one's own", async () => {
  await using directory = await startDirectory({ port: 0 });
  const slots = new SlotClient(new DirectoryClient(directory.url));
  const slot = await slots.open(CLAIMS, NEVER);
  assertEquals(await slot.isThere(NEVER), true);
  await slot.withdraw();
  assertEquals(await slot.isThere(NEVER), false);
  const other = { number: slot.number, expires: slot.expires + 1 };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ method }) =>
      method === "POST"
        ? Response.json({ ...slot, token: "t" }, { status: 201 })
        : Response.json({ ...CLAIMS, ...other }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const there = await new SlotClient(new DirectoryClient(url))
    .open(CLAIMS, NEVER);
  assertEquals(await there.isThere(NEVER), false);
  await server.shutdown();
});

/** Counts how often it is asked for. */
class CountedSlot {
  askedCount = 0;
  isThere(): Promise<boolean> {
    this.askedCount++;
    return Promise.resolve(true);
  }
}

Deno.test("a slot is not asked for behind its end", async () => {
  const slot = new CountedSlot();
  const over = Promise.withResolvers<string>();
  let waiting: Promise<string> | undefined;
  await inTime(() => {
    waiting = whileHeld(
      slot as unknown as OwnSlot,
      { ...OPTIONS, lifeMs: 30, checkMs: 10 },
      () => over.promise,
    );
  });
  assertEquals(slot.askedCount, 2);
  over.resolve("met");
  assertEquals(await within(waiting!, "the meeting"), "met");
});

Deno.test("a slot is not asked for once it is used", async () => {
  const slot = new CountedSlot();
  const held = slot as unknown as OwnSlot;
  assertEquals(await whileHeld(held, OPTIONS, () => Promise.resolve(1)), 1);
  await turns();
  assertEquals(slot.askedCount, 0);
});
