// Files of an offer that their sender cannot go on with: both sides are told which, and why.
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ByteOutput } from "../../src/peer/byte_output.ts";
import { OutputOffer } from "../../src/peer/output_offer.ts";
import type { Offer } from "../../src/talk/offer.ts";
import type { TalkingSide } from "../helpers/conversation.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";

const CHANGED = "it was changed since it was offered";

function errorsOf({ events }: TalkingSide): unknown[] {
  return events().flatMap((each) =>
    each.event === "error" ? [[each.code, each.message, each.name]] : []
  );
}

Deno.test("both sides name each file that was changed behind the offer, and the others arrive", async () => {
  const root = await Deno.makeTempDir();
  const [from, to] = [join(root, "from"), join(root, "to")];
  Deno.mkdirSync(from);
  Deno.mkdirSync(to);
  for (const name of ["a", "b", "c", "d"]) {
    Deno.writeTextFileSync(join(from, name), name.repeat(5));
  }
  const pair = await TalkingPair.open({
    folder: to,
    word: "ask",
    answerTimeoutMs: 60_000,
    ask: () => {
      Deno.writeTextFileSync(join(from, "b"), "longer than it was");
      Deno.removeSync(join(from, "d"));
      return Promise.resolve(true);
    },
  });
  const [outcome] = await pair.send(from);
  assertEquals(outcome?.kind === "receipt" && outcome.receipt.ok, false);
  const gone = "there is no such file or folder";
  assertEquals(errorsOf(pair.alice), [
    ["FILE", `Cannot send from/b: ${CHANGED}`, "from/b"],
    ["FILE", `Cannot send from/d: ${gone}`, "from/d"],
  ]);
  const up = "its sender has given it up";
  assertEquals(errorsOf(pair.bob), [
    ["FILE", `Cannot take from/b: ${up}: ${CHANGED}`, "from/b"],
    ["FILE", `Cannot take from/d: ${up}: ${gone}`, "from/d"],
  ]);
  assertEquals(pair.bob.conversation.hasFailed, true);
  const arrived = Array.from(
    Deno.readDirSync(join(to, "from")),
    (each) => each.name,
  );
  assertEquals(arrived.sort(), ["a", "c"]);
  await pair.close();
  await Deno.remove(root, { recursive: true });
});

Deno.test("a file for standard output that its sender gives up is told of", async () => {
  const offer = {
    number: 1,
    entries: [{ kind: "file", path: "log" }],
  } as unknown as Offer;
  const faults: [number, string][] = [];
  const target = new OutputOffer(offer, new ByteOutput("-"), {
    onPlaced: () => {},
    onFault: (...fault) => faults.push(fault),
  });
  await target.giveUp(0, "it is gone");
  assertEquals(faults, [[0, "its sender has given it up: it is gone"]]);
  assertEquals(target.failed, faults);
});
