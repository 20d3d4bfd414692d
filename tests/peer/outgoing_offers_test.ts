// What has become of an offer whose content cannot be sent.
import { assert, assertEquals } from "@std/assert";
import { type Connection, LektError } from "../../mod.ts";
import { singleItem } from "../../src/peer/offered_items.ts";
import { OutgoingOffers } from "../../src/peer/outgoing_offers.ts";
import { encodeAnswer } from "../../src/talk/offer_answer.ts";
import { recognize } from "../../src/talk/receive.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { turns, within } from "../helpers/deadline.ts";

Deno.test("an offer whose content is cut by a loss is unsent because of that, and not because it is unwanted", async () => {
  const loss = new LektError("TRUNCATED", "the stream broke off");
  let sentCount = 0;
  const connection = {
    send(_data: unknown, { onId }: { onId?: (id: number) => void }) {
      if (++sentCount === 1) return Promise.resolve(1);
      onId?.(2);
      return Promise.reject(loss);
    },
  } as unknown as Connection;
  const offers = new OutgoingOffers(connection, 60_000);
  const open = () => Promise.resolve(new ReadableStream<Uint8Array>());
  const { outcomes } = offers.send(
    [singleItem({ name: "pipe", open })],
    { onSent() {}, onNote() {}, onFault() {} },
    false,
  );
  const yes = encodeAnswer({
    kind: "yes",
    number: 1,
    zstd: false,
    have: [],
    partial: [],
  });
  const talk = await recognize(bodyOf([yes]));
  assert(talk.kind === "offering");
  await offers.handle(talk.part, talk.body);
  await turns();
  assertEquals(sentCount, 2);
  // So it is where the connection is over.
  offers.handleEnd();
  const [outcome] = await within(outcomes, "what has become of it");
  assert(outcome?.kind === "unsent");
  assertEquals(outcome.error, loss);
});
