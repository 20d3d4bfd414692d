/**
 * Where each entry of an offer lies while it is received: a safe name for every
 * name, and no two files in one place.
 *
 * @module
 */
import { join } from "node:path";
import { foldedName, safeEntryName } from "../talk/entry_path.ts";
import { numberedFileName, safeFileName } from "../talk/mod.ts";
import type { Offer, OfferEntry } from "../talk/offer.ts";
import { below } from "./below.ts";

/** What a file system thinks of names. */
export interface NameRules {
  /** Whether it takes only what Windows takes. */
  readonly isStrict: boolean;
  /** Whether large letters are the same as small ones. */
  readonly isFolding: boolean;
}

/** A file or a folder at the top of an offer, with all that is in it. */
export interface OfferItem {
  /** The name that it is to get here, where that is free. */
  readonly name: string;
  /** Its first entry, and the one behind its last. */
  readonly first: number;
  readonly end: number;
}

/** Where everything lies. */
export interface OfferLayout {
  readonly items: readonly OfferItem[];
  /** The place of each entry below the folder in which the offer is received; none of what is left out. */
  readonly places: readonly (string | undefined)[];
  /** The entries of folders whose names differ from those that were sent, and the names here. */
  readonly renamed: readonly (readonly [entry: number, name: string])[];
}

/** Lays an offer out: each item in a folder of its own, so that items of the same name do not meet. */
export function layOut(offer: Offer, rules: NameRules): OfferLayout {
  const { entries } = offer;
  const items: OfferItem[] = [];
  const places: (string | undefined)[] = [];
  const renamed: [number, string][] = [];
  for (let first = 0; first < entries.length;) {
    let end = first + 1;
    while (entries[end]?.path.includes("/")) end++;
    const name = topName(entries[first]!.path, rules);
    items.push({ name, first, end });
    const item = new ItemLayout(join(String(items.length - 1), name), rules);
    for (let index = first; index < end; index++) {
      const { place, newName } = item.place(entries[index]!);
      places.push(place);
      if (newName !== undefined) renamed.push([index, newName]);
    }
    first = end;
  }
  return { items, places, renamed };
}

function topName(name: string, { isStrict }: NameRules): string {
  return isStrict
    ? safeEntryName(safeFileName(name), isStrict)
    : safeFileName(name);
}

class ItemLayout {
  readonly #top: string;
  readonly #rules: NameRules;
  /** The places of folders, by their paths as sent. */
  readonly #folders = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(top: string, rules: NameRules) {
    this.#top = top;
    this.#rules = rules;
  }

  place({ kind, path }: OfferEntry): { place?: string; newName?: string } {
    if (kind === "left") return {};
    const slash = path.lastIndexOf("/");
    if (slash < 0) {
      this.#folders.set(path, this.#top);
      return { place: this.#top };
    }
    const name = path.slice(slash + 1);
    const folder = this.#folders.get(path.slice(0, slash))!;
    const { place, local } = this.#free(folder, name);
    if (kind === "folder") this.#folders.set(path, place);
    return { place, ...(local === name ? {} : { newName: local }) };
  }

  #free(folder: string, name: string): { place: string; local: string } {
    const safe = safeEntryName(name, this.#rules.isStrict);
    for (let number = 1;; number++) {
      const local = numberedFileName(safe, number);
      const place = below(folder, local);
      const key = this.#rules.isFolding ? foldedName(place) : place;
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return { place, local };
    }
  }
}
