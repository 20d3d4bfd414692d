// A folder in which an offer is received, and in which nothing can be kept any more.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { type OfferedItem, singleItem } from "../../src/peer/offered_items.ts";
import { refuse, replacing } from "../helpers/replaced_system.ts";
import { until, within } from "../helpers/deadline.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";
import { withFolder } from "../helpers/temp_folder.ts";

/** More than are told of one by one. */
const COUNT = 30;

/** So much is not collected with what comes behind it. */
const LARGE_SIZE = 1_000_000;

/** A file, before the content of which something happens. */
function item(
  name: string,
  size = 1,
  before: () => Promise<void> | void = () => {},
): OfferedItem {
  async function* content(): AsyncGenerator<Uint8Array> {
    await before();
    yield new Uint8Array(size);
  }
  return singleItem({ name, size, open: () => Promise.resolve(content()) });
}

/** Files; once the first has its place something happens to the receiver. */
function items({ bob }: TalkingPair, harm: () => void): OfferedItem[] {
  const isThere = () =>
    bob.events().some((each) => each.event === "file" && each.name === "f0");
  const before = async () => {
    await until(isThere, "the first file");
    harm();
  };
  const large = ["f0", "f1"].map((name) => item(name, LARGE_SIZE));
  const rest = Array.from({ length: COUNT }, (_, i) => item(`g${i}`));
  return [...large, item("f2", 1, before), ...rest];
}

/** What the receiver has told as errors, and what is said to be kept. */
function toldBy({ bob }: TalkingPair): { errors: string[]; kept: number } {
  const events = bob.events();
  const errors = events.flatMap((each) =>
    each.event === "error" ? [each.message] : []
  );
  return {
    errors,
    kept: events.filter(({ event }) => event === "kept").length,
  };
}

/** Has alice know that offers are taken. */
async function sendFirst({ alice }: TalkingPair): Promise<void> {
  const { outcomes } = alice.conversation.sendItems([item("first")]);
  await within(outcomes, "the first one");
}

/** Sends the files, and asserts that the sender is told of all that has not gone before. */
async function sendRest(
  { alice }: TalkingPair,
  offered: OfferedItem[],
): Promise<void> {
  const { outcomes } = alice.conversation.sendItems(offered);
  const results = await within(outcomes, "what becomes of them");
  const safe = results.filter((each) =>
    each.kind === "receipt" && each.receipt.ok
  );
  assertEquals(safe, []);
  const last = results.at(-1)!;
  const reason = last.kind === "receipt"
    ? last.receipt.reason
    : last.kind === "unconfirmed"
    ? last.reason
    : last.kind;
  assertEquals(reason, "it cannot be saved");
}

Deno.test("a folder that is taken away amid an offer is told once, and the sender is told that nothing more is taken", async () => {
  await withFolder(async (root) => {
    const [folder, away] = [join(root, "to"), join(root, "away")];
    const pair = await TalkingPair.open({ folder, word: "all" });
    await sendFirst(pair);
    await sendRest(pair, items(pair, () => Deno.renameSync(folder, away)));
    const { errors, kept } = toldBy(pair);
    assertEquals(errors.length, 1);
    const [error = ""] = errors;
    assertStringIncludes(error, `${folder}, or what was kept in it, is gone`);
    assertEquals(kept, 0);
    const next = pair.alice.conversation.sendItems([item("next")]);
    const [outcome] = await within(next.outcomes, "the next one");
    assert(outcome?.kind === "receipt" && outcome.receipt.ok);
    assertEquals(Deno.readFileSync(join(folder, "next")), new Uint8Array(1));
    await pair.close();
  });
});

Deno.test("what cannot get its place is kept where the folder itself takes nothing more", async () => {
  await withFolder(async (folder) => {
    const pair = await TalkingPair.open({ folder, word: "all" });
    await sendFirst(pair);
    let isReadOnly = false;
    const { link, mkdir, open } = Deno;
    const check = async (path: unknown): Promise<void> => {
      if (isReadOnly && dirname(String(path)) === folder) await refuse();
    };
    const members: Partial<typeof Deno> = {
      link: (from, to) => check(to).then(() => link(from, to)),
      mkdir: (path, how) => check(path).then(() => mkdir(path, how)),
      open: (path, how) => check(path).then(() => open(path, how)),
    };
    await replacing(members, async () => {
      await sendRest(pair, items(pair, () => isReadOnly = true));
    });
    const { errors, kept } = toldBy(pair);
    assertEquals(errors.length, 1);
    assertStringIncludes(errors[0]!, "it cannot be saved: not here");
    assertEquals(kept, 1);
    await pair.close();
  });
});
