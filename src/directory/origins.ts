/**
 * The origins that a server is known by.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { ownAddresses } from "../runtime/system.ts";
import { hostScope } from "../transport/method.ts";

/** `http` or `https`, the host and the port as an origin. */
export function originOf(
  scheme: string,
  hostname: string,
  port: number,
): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return URL.parse(`${scheme}://${host}:${port}`)?.origin ??
    `${scheme}://${host}:${port}`;
}

/** What a server is called where nobody has said it: where it listens, and the other names of this machine. */
export function defaultOrigins(
  scheme: string,
  hostname: string,
  port: number,
): string[] {
  const own = originOf(scheme, hostname, port);
  if (!isLoopback(hostname)) return [own];
  const names = ["127.0.0.1", "localhost", "::1"];
  if (isWildcard(hostname)) names.push(...ownAddresses());
  const others = names.map((name) => originOf(scheme, name, port));
  return [...new Set([own, ...others])];
}

/**
 * Reads an origin that somebody has given.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where it is none.
 */
export function checkOrigin(text: string, what = "directory"): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/") {
    return url.origin;
  }
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot use "${text}" as the origin of a ${what}: expected https://HOST`,
  );
}

/** Whether a host stands for all addresses of this machine. */
export function isWildcard(hostname: string): boolean {
  return hostname === "0.0.0.0" || hostname === "::";
}

/** Whether a host is this machine, or stands for all its addresses. */
export function isLoopback(hostname: string): boolean {
  return hostScope(hostname) === "local";
}
