// The first file of a conversation, which asks whether the other side takes offers.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import type { Connection, Message } from "../../mod.ts";
import { type OfferedItem, singleItem } from "../../src/peer/offered_items.ts";
import { OutgoingItems } from "../../src/peer/outgoing_items.ts";
import type { ByteReader } from "../../src/talk/byte_reader.ts";
import {
  ANSWER_MAGIC,
  encodeAnswer,
  encodeResult,
} from "../../src/talk/offer_answer.ts";
import { type IncomingFile, recognize } from "../../src/talk/receive.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { isSettled, turns, within } from "../helpers/deadline.ts";
import { inVirtualTime, pause } from "../helpers/virtual_run.ts";

const RECEIPT_TIMEOUT_MS = 60_000;

const PROGRESS = { onSent() {}, onNote() {}, onFault() {} };

async function next(connection: Connection): Promise<Message> {
  return (await within(connection.receive(), "a message"))!;
}

async function fileOf({ body }: Message): Promise<IncomingFile> {
  const talk = await recognize(body);
  assert(talk.kind === "file", talk.kind);
  return talk.file;
}

/** Bob says something about offers, and alice takes it. */
async function pass(
  said: Uint8Array<ArrayBuffer>,
  bob: Connection,
  alice: Connection,
  items: OutgoingItems,
): Promise<void> {
  await bob.send(said);
  const talk = await recognize((await next(alice)).body);
  assert(talk.kind === "offering", talk.kind);
  await items.handle(talk.part, talk.body);
}

Deno.test("an invitation that comes amid the content of the first file changes nothing about that file", async () => {
  const { alice, bob } = await connectPair({
    limits: { streamThresholdBytes: 1 },
  });
  const items = new OutgoingItems(alice, RECEIPT_TIMEOUT_MS, 1);
  const invited = Promise.withResolvers<void>();
  async function* content(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(100_000);
    await invited.promise;
    yield new Uint8Array(100_000);
  }
  const { outcomes } = items.send(
    [singleItem({ name: "stdin", open: () => Promise.resolve(content()) })],
    PROGRESS,
    false,
  );
  const message = await next(bob);
  const { header, body } = await fileOf(message);
  assertEquals(header.offers, 1);
  assert(await body.take(1), "The content did not come");
  items.noteOffers();
  invited.resolve();
  let size = 1;
  for (let some; (some = await body.take(1_000_000));) size += some.length;
  assertEquals(size, 200_000 + 32);
  items.handleReceipt({ id: message.id, ok: true });
  const [outcome] = await within(outcomes, "what becomes of it");
  assertEquals(outcome?.kind, "receipt");
  await alice.closeWrite();
  assertEquals(await bob.receive(), null);
  await Promise.all([alice.close(), bob.close()]);
});

for (const isInvited of [true, false]) {
  Deno.test(
    `an invitation that ${
      isInvited ? "comes" : "does not come"
    } behind a Pong of five seconds is waited for`,
    async () => {
      await inVirtualTime(async (time) => {
        const { alice, bob } = await connectPair();
        alice.probe = async () => {
          await pause(5_000);
          return 5_000;
        };
        const startMs = time.nowMs;
        const items = new OutgoingItems(alice);
        const { sent } = items.send(
          [singleItem({ name: "a", open: () => Promise.resolve(pieces()) })],
          PROGRESS,
          false,
        );
        async function* pieces(): AsyncGenerator<Uint8Array> {
          yield new Uint8Array(10);
        }
        if (isInvited) {
          await pause(5_500);
          items.noteOffers();
          const aborted = await bob.receive();
          assertEquals(
            await aborted!.bytes().catch(({ code }) => code),
            "ABORTED",
          );
          const { kind } = await recognize((await bob.receive())!.body);
          assertEquals(kind, "offering");
        } else {
          const { body } = await fileOf((await bob.receive())!);
          assertEquals((await body.take(10))?.length, 10);
          assertEquals(time.nowMs - startMs, 6_000);
          await sent;
        }
        items.stop("the test is over");
        items.handleEnd();
        await Promise.all([alice.close(), bob.close()]);
      });
    },
  );
}

Deno.test("behind an invitation that came before the Pong nothing is waited for", () =>
  inVirtualTime(async () => {
    const { alice, bob } = await connectPair();
    alice.probe = async () => {
      await pause(5_000);
      return 5_000;
    };
    const items = new OutgoingItems(alice, RECEIPT_TIMEOUT_MS, 12_345);
    const open = () => Promise.resolve(new Blob(["a"]).stream());
    items.send([singleItem({ name: "a", open })], PROGRESS, false);
    await pause(1_000);
    items.noteOffers();
    const { setTimeout } = globalThis;
    const delays: unknown[] = [];
    Object.assign(globalThis, {
      setTimeout: (...args: Parameters<typeof setTimeout>) => {
        delays.push(args[1]);
        return setTimeout(...args);
      },
    });
    try {
      await pause(5_000);
    } finally {
      Object.assign(globalThis, { setTimeout });
    }
    assert(!delays.includes(12_345), `${delays}`);
    items.stop("the test is over");
    items.handleEnd();
    await Promise.all([alice.close(), bob.close()]);
  }));

Deno.test("behind the end of a conversation no offer is made, and behind that of the other side no answer is waited for", async () => {
  const { alice, bob } = await connectPair();
  const open = () => Promise.resolve(new Blob(["a"]).stream());
  for (const isStopped of [true, false]) {
    const items = new OutgoingItems(alice);
    items.noteOffers();
    if (isStopped) items.stop("bob has gone");
    else items.handleEnd();
    const { outcomes } = items.send(
      [singleItem({ name: "a", open })],
      PROGRESS,
      false,
    );
    const [outcome] = await within(outcomes, "what becomes of it");
    assertEquals(outcome?.kind, isStopped ? "unsent" : "unconfirmed");
    assertEquals(alice.stats().messagesSent, isStopped ? 0 : 1);
  }
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("answers and results that are about nothing change nothing, and an offer that is refused is over", async () => {
  const { alice, bob } = await connectPair();
  const items = new OutgoingItems(alice);
  items.noteOffers();
  const yes = { kind: "yes", zstd: false, have: [], partial: [] } as const;
  const result = { ok: true, failed: [], renamed: [] } as const;
  const odd = [
    encodeAnswer({ kind: "invite", offers: 1 }),
    encodeAnswer({ ...yes, number: 2 }),
    encodeAnswer({ kind: "no", number: 2, reason: "too large" }),
    encodeResult({ ...result, failed: [], renamed: [], number: 1 }),
    encodeResult({
      number: 2,
      ok: false,
      reason: "no",
      failed: [],
      renamed: [],
    }),
    concat([ANSWER_MAGIC, new TextEncoder().encode("no JSON")]),
  ];
  for (const said of odd) await pass(said, bob, alice, items);
  const open = () => Promise.resolve(new Blob(["a"]).stream());
  const { outcomes } = items.send(
    [singleItem({ name: "a", open })],
    PROGRESS,
    false,
  );
  await (await next(bob)).bytes();
  for (const said of odd) await pass(said, bob, alice, items);
  assertEquals(await isSettled(outcomes), false);
  const no = { kind: "no", number: 1, reason: "declined" } as const;
  await pass(encodeAnswer(no), bob, alice, items);
  const [outcome] = await within(outcomes, "what becomes of it");
  assert(outcome?.kind === "receipt", outcome?.kind);
  assertEquals(outcome.receipt.reason, "declined");
  await turns();
  await alice.closeWrite();
  assertEquals(await within(bob.receive(), "the end"), null);
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a folder without a file is not sent as one to who knows no folders", async () => {
  const { alice, bob } = await connectPair();
  const items = new OutgoingItems(alice, RECEIPT_TIMEOUT_MS, 1);
  const entry = { kind: "folder", path: "f" } as const;
  const notes: string[] = [];
  const { outcomes } = items.send(
    [{ name: "f", size: 0, entries: [{ entry }] }],
    { ...PROGRESS, onNote: (text) => notes.push(text) },
    false,
  );
  const [outcome] = await within(outcomes, "what becomes of it");
  assertEquals([outcome?.kind, notes.length], ["unreadable", 1]);
  await alice.closeWrite();
  for (let message; (message = await next(bob).catch(() => null));) {
    assertEquals(await message.bytes().catch(({ code }) => code), "ABORTED");
  }
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("one answer is read at a time, and what is none is not read before offers are taken", async () => {
  const { alice, bob } = await connectPair();
  let givenUpCount = 0;
  /** Something of which nothing ever comes. */
  const stuck = () =>
    new Proxy({}, {
      get: (_, name) =>
        name === "cancel"
          ? () => Promise.resolve(void givenUpCount++)
          : () => new Promise(() => {}),
    }) as ByteReader;
  const items = new OutgoingItems(alice);
  await within(items.handle("result", stuck()), "a result");
  for (const takesOffers of [false, true]) {
    if (takesOffers) items.noteOffers();
    items.handle("answer", stuck());
    await within(items.handle("answer", stuck()), "a second answer");
  }
  assertEquals(givenUpCount, 3);
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("where a result names as many files as it can, none that it does not name is safe", async () => {
  for (const count of [9_999, 10_000]) {
    const { alice, bob } = await connectPair();
    const items = new OutgoingItems(alice);
    items.noteOffers();
    const names = Array.from({ length: 10_000 }, (_, index) => `f/${index}`);
    const folder: OfferedItem = {
      name: "f",
      size: 0,
      entries: [
        { entry: { kind: "folder", path: "f" } },
        ...names.map((path) =>
          ({ entry: { kind: "file", path, size: 0 } }) as const
        ),
      ],
    };
    const open = () => Promise.resolve(new Blob([]).stream());
    const other = singleItem({ name: "a", size: 0, open });
    const { outcomes } = items.send([folder, other], PROGRESS, false);
    const answers = [
      encodeAnswer({
        kind: "yes",
        number: 1,
        zstd: false,
        have: [[0, 10_001]],
        partial: [],
      }),
      encodeResult({
        number: 1,
        ok: true,
        failed: Array.from({ length: count }, (_, index) => [index + 1, "no"]),
        renamed: [],
      }),
    ];
    for (const answer of answers) {
      // The offer, and its content, of which all is there already.
      await (await next(bob)).bytes();
      await pass(answer, bob, alice, items);
    }
    const oks = (await within(outcomes, "what becomes of it")).map((outcome) =>
      outcome.kind === "receipt" && outcome.receipt.ok
    );
    assertEquals(oks, [false, count < 10_000]);
    await Promise.all([alice.close(), bob.close()]);
  }
});
