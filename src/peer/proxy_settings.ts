/**
 * Which proxy the command goes through: by `--proxy`, or by the environment.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { hostScope } from "../transport/method.ts";
import { parseProxy, type ProxyOption } from "../transport/proxy.ts";
import type { ReadVariable } from "./environment.ts";
import { Misuse } from "./misuse.ts";

/** The variables that name a proxy for a kind of target, before the one for all. */
const VARIABLE_OF = new Map([
  ["https:", "HTTPS_PROXY"],
  ["wss:", "HTTPS_PROXY"],
  ["relay:", "HTTPS_PROXY"],
  ["http:", "HTTP_PROXY"],
  ["ws:", "HTTP_PROXY"],
  ["relay+ws:", "HTTP_PROXY"],
]);

const DEFAULT_PORTS = new Map([
  ["https:", "443"],
  ["wss:", "443"],
  ["relay:", "443"],
  ["http:", "80"],
  ["ws:", "80"],
  ["relay+ws:", "80"],
]);

/**
 * The proxy that `--proxy` names, `none` being none, or else those that the
 * environment names; `undefined` where it names none either.
 *
 * @throws {Misuse} Where `--proxy` cannot be followed. What the environment has is judged when it is needed.
 */
export function readProxy(
  value: string | undefined,
  read: ReadVariable,
): ProxyOption | undefined {
  if (value === undefined) return environmentProxy(read);
  if (value === "none") return () => undefined;
  try {
    return parseProxy(value).uri && value;
  } catch (error) {
    throw new Misuse(`${messageOf(error)}, or none, by --proxy`);
  }
}

/** Proxies by `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; names in small letters go first. */
function environmentProxy(read: ReadVariable): ProxyOption | undefined {
  const settings = new Map<string, string>();
  for (const name of ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"]) {
    const text = read(name.toLowerCase()) || read(name);
    if (text) settings.set(name, text);
  }
  if (settings.size === 0) return undefined;
  const exceptions = (read("no_proxy") || read("NO_PROXY") || "")
    .split(/[\s,]+/).filter((entry) => entry !== "");
  return (target) => {
    // Every machine has a loopback of its own: a proxy leads to another one.
    if (hostScope(bareHost(target)) === "local") return undefined;
    if (exceptions.some((entry) => covers(entry, target))) return undefined;
    const names = [VARIABLE_OF.get(target.protocol), "ALL_PROXY"];
    const name = names.find((each) => each && settings.has(each));
    return name && checked(name, settings.get(name)!);
  };
}

/** A proxy's URL from the environment; `HOST:PORT` alone means HTTP there. */
function checked(name: string, text: string): string {
  const url = text.includes("://") ? text : `http://${text}`;
  try {
    parseProxy(url);
    return url;
  } catch (cause) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `${messageOf(cause)} in ${name}, or say --proxy none`,
      { cause },
    );
  }
}

/**
 * Whether an entry of `NO_PROXY` is about a target: `*`, a domain with all below
 * it, an address, or a block of addresses such as `10.0.0.0/8`; each but the
 * last may have a port behind it.
 */
function covers(entry: string, target: URL): boolean {
  if (entry === "*") return true;
  const host = bareHost(target);
  const block = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (block) return isWithin(host, block[1]!, Number(block[2]));
  // An IPv6 address without brackets has colons, and no port.
  const [, name = entry, port] =
    /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && port !== portOf(target)) return false;
  const wanted = name!.replace(/^\[|\]$/g, "").replace(/^\*?\./, "")
    .replace(/\.$/, "").toLowerCase();
  return wanted !== "" && (host === wanted || host.endsWith(`.${wanted}`));
}

function portOf({ port, protocol }: URL): string | undefined {
  return port === "" ? DEFAULT_PORTS.get(protocol) : port;
}

/** The host without brackets and without a dot at its end, in small letters. */
function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
}

/** Whether an IPv4 address begins with the first `length` bits of another one. */
function isWithin(host: string, block: string, length: number): boolean {
  const [address, start] = [host, block].map(ipv4);
  if (address === undefined || start === undefined || length > 32) return false;
  const rest = 2 ** (32 - length);
  return Math.floor(address / rest) === Math.floor(start / rest);
}

function ipv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  return parts?.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
}
