/**
 * Removes from what was received of an earlier offer whatever is not offered
 * any more, or is something else now: it would be put in its place with the
 * rest.
 *
 * @module
 */
import { dirname } from "node:path";
import { system } from "../runtime/system.ts";
import type { OfferEntry } from "../talk/offer.ts";
import { below } from "./below.ts";
import { turn } from "./turn.ts";

/** After so many entries others get their turn. */
const TURN_COUNT = 500;

/**
 * Leaves in `tree` only what an entry has its place for.
 *
 * @param tree Where received files lie.
 * @param entries What is offered now.
 * @param places Where each of them lies in `tree`.
 */
export async function pruneTree(
  tree: string,
  entries: readonly OfferEntry[],
  places: readonly (string | undefined)[],
): Promise<void> {
  const kinds = new Map<string, OfferEntry["kind"]>();
  for (const [index, place] of places.entries()) {
    if (place === undefined) continue;
    const { kind, path } = entries[index]!;
    kinds.set(place, kind);
    // Each item has a folder of its own.
    if (!path.includes("/")) kinds.set(dirname(place), "folder");
  }
  let count = 0;
  const folders = [""];
  for (let folder; (folder = folders.pop()) !== undefined;) {
    const path = folder === "" ? tree : below(tree, folder);
    for (const entry of [...system.readDirSync(path)]) {
      if (++count % TURN_COUNT === 0) await turn();
      const place = folder === "" ? entry.name : below(folder, entry.name);
      const kind = kinds.get(place);
      if (kind === "folder" && entry.isDirectory) folders.push(place);
      else if (kind !== "file" || !entry.isFile) {
        await system.remove(below(tree, place), { recursive: true });
      }
    }
  }
}
