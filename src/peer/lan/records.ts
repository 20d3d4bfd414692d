/**
 * What is announced in the local network, and what is believed of it: DNS-SD
 * (RFC 6763) as an object, without any socket.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { nicknameFault } from "../../base/text.ts";
import { isDigest } from "../../directory/names.ts";

/** The type of service. */
export const SERVICE = "_lekt._tcp.local";

/** The version of what stands in the text record. */
const RECORD_VERSION = "1";

/** How long others may keep what was announced, in seconds. */
const TTL_S = 120;

/** Records of one answer that are looked at. */
const RECORD_COUNT_MAX = 64;

/** Strings of one text record that are looked at. */
const STRING_COUNT_MAX = 16;

/** Bytes of a string in a text record: its length is one byte. */
const STRING_SIZE_MAX = 255;

/** Bytes of the longest nickname that can be announced, beside `n=`. */
export const ANNOUNCED_NAME_SIZE_MAX = STRING_SIZE_MAX - 2;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One record, as the library for the wire gives and takes it. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly flush?: boolean;
  readonly data?: unknown;
}

/** Somebody who listens in the local network, as far as they say. */
export interface Announced {
  readonly nickname: string;
  /** The key of their certificate. */
  readonly key: string;
  readonly port: number;
}

/** The records of one who listens. */
export function encodeAnnouncement(
  { nickname, key, port }: Announced,
  { instance, addresses, ttl = TTL_S }: {
    /** What tells this program from others with the same key. */
    instance: string;
    /** The IPv4 addresses of this machine. */
    addresses: readonly string[];
    /** 0: it is no longer there. */
    ttl?: number;
  },
): DnsRecord[] {
  const name = `${instance}.${SERVICE}`;
  const host = `lekt-${instance}.local`;
  return [
    { name: SERVICE, type: "PTR", ttl, data: name },
    {
      name,
      type: "SRV",
      ttl,
      flush: true,
      data: { port, target: host, priority: 0, weight: 0 },
    },
    {
      name,
      type: "TXT",
      ttl,
      flush: true,
      data: [`v=${RECORD_VERSION}`, `n=${nickname}`, `k=${key}`].map((text) =>
        // The library takes no other bytes.
        Buffer.from(text)
      ),
    },
    ...addresses.map((data) => ({
      name: host,
      type: "A",
      ttl,
      flush: true,
      data,
    })),
  ];
}

/**
 * Reads an answer from the network. Whatever is not as it should be is left
 * out: anybody can say anything there.
 */
export function readAnnouncements(records: readonly DnsRecord[]): Announced[] {
  const seen = records.slice(0, RECORD_COUNT_MAX);
  const found: Announced[] = [];
  for (const { name, type, ttl, data } of seen) {
    if (type !== "SRV" || ttl === 0 || typeof name !== "string") continue;
    if (!name.toLowerCase().endsWith(`.${SERVICE}`)) continue;
    const text = seen.find((other) =>
      other.type === "TXT" && other.name === name
    );
    const about = readText(text?.data);
    const port = (data as { port?: unknown } | undefined)?.port;
    if (!about || !isPort(port)) continue;
    found.push({ ...about, port });
  }
  return found;
}

function readText(data: unknown): Omit<Announced, "port"> | undefined {
  const strings = Array.isArray(data) ? data : [data];
  const members = new Map<string, string>();
  for (const bytes of strings.slice(0, STRING_COUNT_MAX)) {
    if (!(bytes instanceof Uint8Array)) return undefined;
    if (bytes.length > STRING_SIZE_MAX) return undefined;
    let text: string;
    try {
      text = DECODER.decode(bytes);
    } catch {
      return undefined;
    }
    const end = text.indexOf("=");
    // Of strings with the same key the first counts (RFC 6763, 6.4).
    const name = text.slice(0, end).toLowerCase();
    if (end > 0 && !members.has(name)) members.set(name, text.slice(end + 1));
  }
  const nickname = members.get("n") ?? "";
  const key = members.get("k") ?? "";
  if (members.get("v") !== RECORD_VERSION) return undefined;
  if (nicknameFault(nickname) !== undefined || !isDigest(key)) {
    return undefined;
  }
  return { nickname, key };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 &&
    (value as number) <= 0xffff;
}
