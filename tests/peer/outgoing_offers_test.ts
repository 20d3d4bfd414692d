// What has become of an offer whose content cannot be sent.
import { assert, assertEquals } from "@std/assert";
import { type Connection, LektError } from "../../mod.ts";
import { type OfferedItem, singleItem } from "../../src/peer/offered_items.ts";
import { OutgoingOffers } from "../../src/peer/outgoing_offers.ts";
import { encodeAnswer, encodeResult } from "../../src/talk/offer_answer.ts";
import { recognize } from "../../src/talk/receive.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { turns, within } from "../helpers/deadline.ts";

const NOTHING = { onSent() {}, onNote() {}, onFault() {} };

/** A file without content. */
function pipe(name: string): OfferedItem {
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  return singleItem({ name, open: () => Promise.resolve(nothing()) });
}

/** Offers items that the other side wants; `sendContent` is what becomes of their content. */
async function offer(
  items: readonly OfferedItem[],
  sendContent: (content: AsyncIterable<Uint8Array>) => Promise<number>,
) {
  let sentCount = 0;
  const connection = {
    send(
      data: AsyncIterable<Uint8Array>,
      { onId }: { onId?: (id: number) => void },
    ): Promise<number> {
      if (++sentCount === 1) return Promise.resolve(1);
      onId?.(2);
      return sendContent(data);
    },
  } as unknown as Connection;
  const offers = new OutgoingOffers(connection, 60_000);
  const { outcomes } = offers.send(items, NOTHING, false);
  const hear = async (said: Uint8Array) => {
    const talk = await recognize(bodyOf([said]));
    assert(talk.kind === "offering");
    await offers.handle(talk.part, talk.body);
    await turns();
  };
  await hear(encodeAnswer({
    kind: "yes",
    number: 1,
    zstd: false,
    have: [],
    partial: [],
  }));
  assertEquals(sentCount, 2);
  return { offers, hear, outcomes: within(outcomes, "what has become of it") };
}

async function sendAll(content: AsyncIterable<Uint8Array>): Promise<number> {
  for await (const _ of content);
  return 2;
}

Deno.test("an offer whose content is cut by a loss is unsent because of that, and not because it is unwanted", async () => {
  const loss = new LektError("TRUNCATED", "the stream broke off");
  const { offers, outcomes } = await offer(
    [pipe("a")],
    () => Promise.reject(loss),
  );
  // So it is where the connection is over.
  offers.handleEnd();
  const [outcome] = await outcomes;
  assert(outcome?.kind === "unsent");
  assertEquals(outcome.error, loss);
});

Deno.test("an offer that is refused when all is sent is so where it is of one item, and of several nobody knows which; one without a word is unknown", async () => {
  const result = { number: 1, ok: false, reason: "full" } as const;
  for (const names of [["a"], ["a", "b"]]) {
    const refused = await offer(names.map(pipe), sendAll);
    await refused.hear(encodeResult({ ...result, failed: [], renamed: [] }));
    const isKnown = names.length === 1;
    for (const outcome of await refused.outcomes) {
      assertEquals(
        outcome,
        isKnown
          ? {
            kind: "receipt",
            id: 2,
            receipt: { id: 2, ok: false, reason: "full" },
          }
          : { kind: "unconfirmed", id: 2, reason: "full" },
      );
    }
    const left = await offer(names.map(pipe), sendAll);
    left.offers.handleEnd();
    const reason = "no receipt came";
    for (const outcome of await left.outcomes) {
      assertEquals(outcome, { kind: "unconfirmed", id: 2, reason });
    }
  }
});
