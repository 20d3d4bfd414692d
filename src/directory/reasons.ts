/**
 * Why a directory or its store cannot be used, in words that say what to do
 * about it.
 *
 * @module
 */
import {
  deepest,
  type Meaning,
  meaningOf,
  quoted,
  reasonOf,
} from "../base/reasons.ts";
import { NETWORK_MEANINGS, TLS_MEANINGS } from "../transport/reasons.ts";

/** By what Deno, Node and Bun say. */
const FETCH_MEANINGS: readonly Meaning[] = [
  [
    /connection refused|ECONNREFUSED/i,
    "nothing listens there; is the directory running, and at this port?",
  ],
  [
    /UnknownIssuer|self.signed|verify the first certificate|issuer certificate/i,
    "its certificate is by nobody whom this machine trusts; the environment variable DENO_CERT (Node and Bun: NODE_EXTRA_CA_CERTS) names a file of further authorities",
  ],
  [
    /InvalidContentType|corrupt message|wrong version number|speak TLS on this port/i,
    "what listens there does not speak HTTPS; is it http://?",
  ],
  [
    /invalid HTTP version|does not match the HTTP/i,
    "what listens there does not speak HTTP; is it https://, or another port?",
  ],
  [
    /closed before message completed|other side closed|reset by peer|ECONNRESET/i,
    "it closed the connection without an answer",
  ],
  [
    /error reading a body/i,
    "it closed the connection amid its answer",
  ],
  [
    /redirect mode|unexpected ?redirect/i,
    "it redirects to another address; name that one",
  ],
  [
    /ports? \d+ (?:is|are) blocked|bad port/i,
    "the web keeps this port for something else; run the directory at another one",
  ],
  ...TLS_MEANINGS,
  ...NETWORK_MEANINGS,
];

const REDIS_MEANINGS: readonly Meaning[] = [
  [/WRONGPASS/, "it refuses the user name or the password of the address"],
  [
    /NOAUTH/,
    "it asks for a password, and the address has none (redis://:PASSWORD@HOST:PORT)",
  ],
  [/NOPERM/, "the user of the address may not do what is needed"],
  [/READONLY/, "it is a replica, which can only be read; name the primary"],
  [/OOM command/, "its memory is full"],
  [/LOADING/, "it is still loading its data"],
  ...TLS_MEANINGS,
  ...NETWORK_MEANINGS,
];

const SQLITE_MEANINGS: readonly Meaning[] = [
  [/not a database|malformed/i, "it is no SQLite database, or a damaged one"],
  [/locked/i, "another program is using it"],
  [/readonly|read-only/i, "it can only be read"],
  [/disk is full/i, "the disk is full"],
];

/** Why a `fetch` failed. */
export function fetchReason(error: unknown): string {
  return meaningOf(error, FETCH_MEANINGS) ?? quoted(deepest(error));
}

/** Why a Redis server cannot be used, by what its client last said. */
export function redisReason(error: unknown): string {
  return reasonOf(error, REDIS_MEANINGS);
}

/** Why an SQLite file cannot be used, by what SQLite says. */
export function sqliteReason(error: unknown): string {
  return reasonOf(error, SQLITE_MEANINGS);
}
