/**
 * Why something could not be reached, in words that say what to do about it:
 * runtimes and packages bury that under "fetch failed" and "The client is
 * offline".
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { harmless } from "../base/text.ts";

/** Causes within causes that are looked through. */
const CAUSES_MAX = 8;

/** Characters of somebody else's explanation that are quoted. */
const QUOTED_MAX = 300;

/** What a message holds, and what it means. */
type Meaning = readonly [sign: RegExp, meaning: string];

const FETCH_MEANINGS: readonly Meaning[] = [
  [
    /dns error|ENOTFOUND|Name or service not known|lookup address/i,
    "there is no host of that name; is it spelt right, and is this machine connected?",
  ],
  [
    /connection refused|ECONNREFUSED/i,
    "nothing listens there; is the directory running, and at this port?",
  ],
  [
    /UnknownIssuer|self.signed/i,
    "its certificate is by nobody whom this machine trusts; the environment variable DENO_CERT names a file of further authorities",
  ],
  [/NotValidForName/i, "its certificate is for another name"],
  [
    /certificate.*(?:Expired|NotValidYet)/i,
    "its certificate is not valid at this time; is the clock of this machine right?",
  ],
  [
    /InvalidContentType|corrupt message/i,
    "what listens there does not speak HTTPS; is it http://?",
  ],
  [
    /invalid HTTP version/i,
    "what listens there does not speak HTTP; is it https://, or another port?",
  ],
  [
    /closed before message completed|reset by peer|ECONNRESET/i,
    "it closed the connection without an answer",
  ],
  [
    /redirect mode/i,
    "it redirects to another address; name that one",
  ],
  [
    /network is unreachable|no route to host|ENETUNREACH|EHOSTUNREACH/i,
    "no network leads there",
  ],
];

const REDIS_MEANINGS: readonly Meaning[] = [
  [/WRONGPASS/, "it refuses the user name or the password of the address"],
  [
    /NOAUTH/,
    "it asks for a password, and the address has none (redis://:PASSWORD@HOST:PORT)",
  ],
  [/ECONNREFUSED/, "nothing listens there"],
  [/ENOTFOUND|EAI_AGAIN/, "there is no host of that name"],
  [/NOPERM/, "the user of the address may not do what is needed"],
];

const LISTEN_MEANINGS: readonly Meaning[] = [
  [/in use/i, "something listens there already; stop it, or take another port"],
  [/cannot assign/i, "this machine has no such address"],
  [
    /permission denied/i,
    "the system does not let you; ports below 1024 are for its administrator",
  ],
  [/lookup address|not known/i, "there is no host of that name"],
];

/** Why the system lets nobody listen at an address. */
export function listenReason(error: unknown): string {
  const text = messageOf(error);
  const meaning = meaningOf(text, LISTEN_MEANINGS);
  return meaning === undefined ? quoted(text) : `${meaning} (${quoted(text)})`;
}

/** Why a `fetch` failed. */
export function fetchReason(error: unknown): string {
  const text = deepest(error);
  return meaningOf(text, FETCH_MEANINGS) ??
    quoted(text.replace(/^.*client error \(\w+\): /, ""));
}

/** Why a Redis server cannot be used, by what its client last said. */
export function redisReason(error: unknown): string {
  const text = deepest(error);
  const meaning = meaningOf(text, REDIS_MEANINGS);
  return meaning === undefined ? quoted(text) : `${meaning} (${quoted(text)})`;
}

function meaningOf(
  text: string,
  meanings: readonly Meaning[],
): string | undefined {
  return meanings.find(([sign]) => sign.test(text))?.[1];
}

/** The message of the last cause, which is the one that knows. */
function deepest(error: unknown): string {
  let last = error;
  for (let count = 0; count < CAUSES_MAX; count++) {
    if (!(last instanceof Error) || last.cause === undefined) break;
    last = last.cause;
  }
  return messageOf(last);
}

function quoted(text: string): string {
  return harmless(text.slice(0, QUOTED_MAX));
}
