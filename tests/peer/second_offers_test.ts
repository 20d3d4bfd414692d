// Offers that follow each other too soon, and content that belongs to none.
import { assert, assertEquals } from "@std/assert";
import { encodeFile } from "../../src/talk/send_file.ts";
import { recognize } from "../../src/talk/receive.ts";
import { withConversation } from "../helpers/conversation.ts";
import { until, within } from "../helpers/deadline.ts";
import {
  answerFrom,
  content,
  faultsOf,
  head,
  offerOf,
  resultFrom,
  visibleNames,
  whole,
} from "../helpers/raw_offers.ts";

Deno.test("content that belongs to no offer changes nothing, and an offer takes the place of one whose content has not come", async () => {
  await withConversation(async (scene) => {
    const { other, folder } = scene;
    const bytes = content((writer) => whole(writer, 0));
    await other.send(new Uint8Array(bytes));
    for (const path of ["a", "b"]) {
      await other.send(
        new Uint8Array(offerOf(head(1, 3), { path, size: 3 })),
      );
      assertEquals((await answerFrom(other)).kind, "yes");
    }
    await other.send(new Uint8Array(bytes));
    assertEquals((await resultFrom(other)).ok, true);
    assertEquals(visibleNames(folder), ["b"]);
    await until(
      () => [...Deno.readDirSync(folder)].length === 1,
      "nothing hidden is left",
    );
    const faults = faultsOf(scene);
    assertEquals(faults.length, 1);
    assert(faults[0]!.includes("belongs to no offer"), faults[0]);
  });
});

Deno.test("a second offer while somebody is asked about the first one is refused", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const ask = () => {
    asked.resolve();
    return answer.promise;
  };
  await withConversation(async (scene) => {
    const { other, folder } = scene;
    const offer = (path: string) =>
      other.send(new Uint8Array(offerOf(head(1, 3), { path, size: 3 })));
    await offer("a");
    await within(asked.promise, "the question");
    await offer("b");
    await until(() => faultsOf(scene).length === 1, "the fault is told");
    answer.resolve(true);
    assertEquals((await answerFrom(other)).kind, "yes");
    await other.send(
      new Uint8Array(content((writer) => whole(writer, 0))),
    );
    assertEquals((await resultFrom(other)).ok, true);
    assertEquals(visibleNames(folder), ["a"]);
    const [fault] = faultsOf(scene);
    assert(fault!.includes("the one before is not over"), fault);
  }, { policy: { word: "ask", ask, answerTimeoutMs: 60_000 } });
});

Deno.test("that offers are taken here is said once", async () => {
  await withConversation(async ({ other }) => {
    for (const name of ["a", "b"]) {
      await other.send(encodeFile({ name, offers: 1 }, new Blob([]).stream()));
    }
    const kinds: string[] = [];
    while (kinds.filter((kind) => kind === "receipt").length < 2) {
      const message = await within(other.receive(), "a receipt");
      const talk = await recognize(message!.body);
      kinds.push(talk.kind);
      if (talk.kind === "offering") await talk.body.cancel();
    }
    assertEquals(kinds.filter((kind) => kind === "offering").length, 1);
  });
});

Deno.test("an offer that its sender breaks off is aborted, and not refused", async () => {
  await withConversation(async (scene) => {
    const { other, events } = scene;
    // So long that its beginning is read before its end is there.
    const count = 5_000;
    const lines = Array.from({ length: count }, (_, index) => ({
      path: String(index),
      size: 0,
    }));
    const offer = offerOf(head(count), ...lines);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(offer.subarray(0, -5));
      await other.probe();
      throw new Error("no more");
    }
    await other.send(broken()).catch(() => {});
    await until(
      () => events().some(({ event }) => event === "aborted"),
      "it is told",
    );
    await other.send(new Uint8Array(offer));
    assertEquals((await answerFrom(other)).kind, "yes");
    assertEquals(faultsOf(scene), []);
  });
});
