/**
 * Finds somebody in the local network. What is told there proves nothing and
 * changes nothing: the key that is named is only the one that must be proved
 * then, and it must be the one that was met first under that nickname.
 *
 * @module
 */
import { LektError } from "../../base/errors.ts";
import { harmless } from "../../base/text.ts";
import type { PinFile } from "../../directory/mod.ts";
import { parsePeerName } from "../../directory/names.ts";
import { type Announced, readAnnouncements, SERVICE } from "./records.ts";
import type { OpenLanSocket } from "./socket.ts";

/** What pins of the local network are kept under, in the place of a directory. */
export const LAN_ORIGIN = "lan";

/** When the question is asked again, in milliseconds after the first time. */
const ASK_AT_MS = [0, 250, 1_000, 2_500];

/** How long is looked for somebody, and how long for others of the same nickname once there is one, in milliseconds. */
const SEARCH_MS = 5_000;
const GRACE_MS = 500;

/** Answers that are read in one search, and those who are remembered of them. */
const ANSWER_COUNT_MAX = 512;
const FOUND_COUNT_MAX = 64;

/** What {@linkcode LanLookup} works with. */
export interface LanLookupOptions {
  /** Opens the socket. */
  readonly open: OpenLanSocket;
  /** The keys of those who were met before. */
  readonly pins: PinFile;
  /** How long is looked for somebody, in milliseconds. Default: 5 s. */
  readonly searchMs?: number;
}

/** Somebody of that name, and where. */
interface Found extends Announced {
  readonly address: string;
}

/** Looks nicknames up in the local network, in the place of a directory. */
export class LanLookup {
  /** What is found is near, and may be this machine. */
  readonly isLocalAllowed = true;
  readonly #options: LanLookupOptions;

  /** Nothing is opened yet. */
  constructor(options: LanLookupOptions) {
    this.#options = options;
  }

  /**
   * Looks somebody up by nickname, or by `nickname#key`.
   *
   * @throws {LektError} `UNREACHABLE` where nobody answers; `REJECTED` where several do of whom none was met before.
   */
  async lookup(
    name: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<{
    nickname: string;
    thumbprint: string;
    methods: { uri: string; spki: string }[];
  }> {
    const { nickname, thumbprint } = parsePeerName(name);
    const { pins } = this.#options;
    const pinned = (await pins.get(LAN_ORIGIN, nickname))?.thumbprint;
    const wanted = thumbprint ?? pinned;
    const found = await this.#search(nickname, wanted, signal);
    const key = wanted ?? onlyKey(nickname, found);
    const places = found.filter((each) => each.key === key);
    if (places.length === 0) {
      const place = thumbprint === undefined ? pins.path : undefined;
      throw unreachable(nickname, found.length > 0, place);
    }
    return {
      nickname,
      thumbprint: key,
      methods: places.map(({ address, port }) => ({
        uri: `tls://${address}:${port}`,
        spki: key,
      })),
    };
  }

  /** All of that name; as soon as one is there that has the key that is wanted, or a little later where any will do. */
  async #search(
    nickname: string,
    wanted: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Found[]> {
    const { open, searchMs = SEARCH_MS } = this.#options;
    const found = new Map<string, Found>();
    const done = Promise.withResolvers<void>();
    const timers: ReturnType<typeof setTimeout>[] = [];
    const end = () => done.resolve();
    let answerCount = 0;
    const socket = await open({
      onResponse(records, { address }): void {
        if (++answerCount > ANSWER_COUNT_MAX) return;
        for (const each of readAnnouncements(records)) {
          if (each.nickname !== nickname) continue;
          if (found.size >= FOUND_COUNT_MAX) return;
          found.set(`${each.key} ${address} ${each.port}`, {
            ...each,
            address,
          });
          if (each.key === wanted) end();
          else timers.push(setTimeout(end, wanted ? searchMs : GRACE_MS));
        }
      },
    });
    for (const ms of ASK_AT_MS) {
      timers.push(setTimeout(() => socket.query(SERVICE), ms));
    }
    timers.push(setTimeout(end, searchMs));
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    await done.promise;
    signal?.removeEventListener("abort", end);
    for (const timer of timers) clearTimeout(timer);
    await socket.close();
    signal?.throwIfAborted();
    return [...found.values()];
  }
}

/** The key of the only one of that name. */
function onlyKey(nickname: string, found: readonly Found[]): string {
  const keys = [...new Set(found.map(({ key }) => key))];
  if (keys.length === 0) throw unreachable(nickname);
  if (keys.length === 1) return keys[0]!;
  const names = keys.slice(0, 4).map((key) => `${harmless(nickname)}#${key}`);
  throw new LektError(
    "REJECTED",
    `Cannot tell who is meant: several in the local network call themselves ${
      harmless(nickname)
    }; say which: ${names.join(" or ")}`,
    { by: "local", reason: "several have that nickname" },
  );
}

/** `pinsPath`: where the key that is wanted is known from, where nobody has named it. */
function unreachable(
  nickname: string,
  hasOthers = false,
  pinsPath?: string,
): LektError {
  const others = "only others with that nickname and another key are there";
  const what = !hasOthers
    ? "nobody of that nickname answers there; do they listen with --lan?"
    : pinsPath === undefined
    ? others
    : `${others} than the one that was met first; whoever has a new key is met anew when the first one is taken out of ${pinsPath}`;
  return new LektError(
    "UNREACHABLE",
    `Cannot find ${harmless(nickname)} in the local network: ${what}`,
    { failures: [], ...hasOthers ? {} : { reason: "not-found" } },
  );
}
