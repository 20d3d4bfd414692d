// Offers that are cut, at random places: what is here is not sent again.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { until } from "../helpers/deadline.ts";
import { Prng } from "../helpers/prng.ts";
import { TalkingPair } from "../helpers/talking_pair.ts";
import { makeTree, randomBytes, treeOf } from "../helpers/tree.ts";

const BLOCK_SIZE = 4 * 1024 * 1024;

function sizeOf(folder: string): number {
  let size = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    size += isDirectory ? sizeOf(path) : Deno.lstatSync(path).size;
  }
  return size;
}

Deno.test("a tree that is cut at random places goes on where it was, and is equal in the end", async () => {
  const seed = Number(Deno.env.get("LEKT_SEED") ?? Date.now() % 1e9);
  console.log(`seed ${seed}`);
  const prng = new Prng(seed);
  const root = await Deno.makeTempDir();
  const [tree, to] = [join(root, "tree"), join(root, "to")];
  Deno.mkdirSync(tree);
  Deno.mkdirSync(to);
  makeTree(tree, { fileCount: 30, folderCount: 6, sizeMax: 100_000 }, prng);
  const large = randomBytes(12_000_000, prng);
  Deno.writeFileSync(join(tree, "large.bin"), large);
  const total = sizeOf(tree);
  let sentSize = 0;
  let cutCount = 0;
  for (let isDone = false; !isDone;) {
    const pair = await TalkingPair.open({ folder: to });
    const sending = pair.send(tree);
    const cutAt = cutCount < 3 ? prng.below(total / 2) : Infinity;
    let isOver = false;
    const over = sending.then(() => isOver = true);
    await until(() => isOver || pair.sentSize >= cutAt, "it is cut", 20_000);
    if (!isOver) {
      cutCount++;
      pair.cut();
    }
    await over;
    const outcome = (await sending)[0]!;
    isDone = outcome.kind === "receipt" && outcome.receipt.ok;
    sentSize += pair.sentSize;
    await pair.close();
  }
  assertEquals([...Deno.readDirSync(to)].map(({ name }) => name), ["tree"]);
  assertEquals(treeOf(join(to, "tree")), treeOf(tree));
  const overhead = 200_000 * (cutCount + 1);
  assert(
    sentSize <= total + cutCount * BLOCK_SIZE + overhead,
    `${sentSize} bytes were sent of ${total}, with ${cutCount} cuts`,
  );
  await Deno.remove(root, { recursive: true });
});
