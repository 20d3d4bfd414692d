/**
 * Proxies that TCP goes through, and how they are named. Runs everywhere,
 * browsers included; the way through is in `connect_through.ts`.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/**
 * The proxy to go through: `socks5://HOST:PORT`, `http://HOST:PORT` (CONNECT),
 * each also with `USER:PASSWORD@` before the host. As a function: the proxy for
 * the target that is to be reached, a connection method or the URL of a
 * directory; `undefined` for none.
 */
export type ProxyOption =
  | string
  | URL
  | ((target: URL) => string | URL | undefined);

/** A proxy. */
export interface Proxy {
  /** How it is spoken to. */
  readonly scheme: "socks5" | "http";
  /** Host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** Its port. Default: 1080 for SOCKS5, 80 for HTTP. */
  readonly port: number;
  /** What it is told of who we are, where it asks. */
  readonly login?: ProxyLogin;
  /** Its URL without the login, for texts. */
  readonly uri: string;
}

/** A user of a proxy. */
export interface ProxyLogin {
  /** The name. */
  readonly user: string;
  /** The password. */
  readonly password: string;
}

/** Where a proxy is to lead: a host name, which the proxy looks up, or an address; without brackets. */
export interface ProxyTarget {
  /** Host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/** Bytes of the longest user name and password (RFC 1929, section 2). */
const LOGIN_SIZE_MAX = 255;

const DEFAULT_PORTS = { socks5: 1080, http: 80 } as const;

/**
 * Parses the URL of a proxy. `socks5h` is another name for `socks5`: host names
 * are looked up by the proxy in any case.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where it is none. A password is not quoted.
 */
export function parseProxy(text: string | URL): Proxy {
  const found = /^([a-z][a-z0-9+.-]*):\/\//i.exec(String(text));
  const named = found?.[1]?.toLowerCase();
  const scheme = named === "socks5h" ? "socks5" : named;
  if (scheme !== "socks5" && scheme !== "http") {
    throw unusable(
      scheme === undefined ? "it is no URL" : `it is of the kind "${scheme}"`,
    );
  }
  const rest = String(text).slice(found![0].length);
  // URL canonicalizes hosts of special schemes alone, but hides their default port.
  const url = URL.parse(`${scheme}://${rest}`);
  const host = URL.parse(`http://${rest}`)?.hostname;
  if (!url || !host) throw unusable("its host or port is malformed");
  if (!/^\/?$/.test(url.pathname) || url.search || url.hash) {
    throw unusable("it has a path, a query or a fragment");
  }
  const port = url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port);
  if (port === 0) throw unusable("its port is 0");
  const login = readLogin(url, scheme);
  return {
    scheme,
    host: host.replace(/^\[|\]$/g, ""),
    port,
    uri: `${scheme}://${host}:${port}`,
    ...(login === undefined ? {} : { login }),
  };
}

/** The proxy that leads to `uri`, if any. */
export function proxyFor(
  option: ProxyOption | undefined,
  uri: string,
): Proxy | undefined {
  const proxy = typeof option === "function" ? option(new URL(uri)) : option;
  return proxy === undefined ? undefined : parseProxy(proxy);
}

function readLogin(
  url: URL,
  scheme: Proxy["scheme"],
): ProxyLogin | undefined {
  if (url.username === "" && url.password === "") return undefined;
  let login: ProxyLogin;
  try {
    login = {
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  } catch {
    throw unusable("its user name or password is not percent-encoded UTF-8");
  }
  for (const each of [login.user, login.password]) {
    const size = new TextEncoder().encode(each).byteLength;
    if (size > LOGIN_SIZE_MAX) {
      throw unusable(
        `its user name or password has ${size} bytes, expected at most ${LOGIN_SIZE_MAX}`,
      );
    }
  }
  if (login.user === "") throw unusable("it has a password and no user name");
  if (scheme === "http" && login.user.includes(":")) {
    throw unusable("its user name holds a colon, which HTTP does not allow");
  }
  return login;
}

function unusable(fault: string): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot use the proxy: ${fault}, expected socks5://HOST:PORT or http://HOST:PORT`,
  );
}
