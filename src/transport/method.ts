/**
 * Connection methods: URIs that say how a responder can be reached
 * (`PROTOCOL.md`, section 6). Runs everywhere, browsers included.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";

/** The port of `tcp` and `tls` where a URI names none. */
export const DEFAULT_PORT = 15358;

/** Characters of the longest URI of a connection method. */
export const METHOD_LENGTH_MAX = 512;

/** Bytes of the longest path of a Unix domain socket: `sun_path` of Linux, without its NUL. */
export const SOCKET_PATH_SIZE_MAX = 107;

/** The transports that a method can name. */
export type MethodScheme =
  | "tcp"
  | "tls"
  | "unix"
  | "ws"
  | "wss"
  | "relay"
  | "relay+ws";

/** A connection method that is TCP, or TLS over TCP. `host` is without brackets. */
export interface TcpMethod {
  /** The transport: plain TCP, or TLS over TCP. */
  readonly scheme: "tcp" | "tls";
  /** Host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 asks a listener for a free one. */
  readonly port: number;
  /** The canonical text, always with the port. */
  readonly uri: string;
}

/** A connection method that is a Unix domain socket. */
export interface UnixMethod {
  /** The transport. */
  readonly scheme: "unix";
  /** The absolute path of the socket file. */
  readonly path: string;
  /** The canonical text, such as `unix:/run/lekt/bob.sock`. */
  readonly uri: string;
}

/** A connection method that is WebSocket, over TCP or over TLS. */
export interface WebSocketMethod {
  /** The transport: `ws` over TCP, `wss` over TLS. */
  readonly scheme: "ws" | "wss";
  /** Host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 asks a listener for a free one. Default: 80 for `ws`, 443 for `wss`. */
  readonly port: number;
  /** The path, beginning with `/`. */
  readonly path: string;
  /** The query with its `?`, or nothing; a listener pays no heed to it. */
  readonly query: string;
  /** The canonical text; the scheme's own port is left out. */
  readonly uri: string;
}

/** A connection method that a relay passes on: TLS inside of WebSocket. */
export interface RelayMethod {
  /** How the relay is reached: `relay` by `wss`, `relay+ws` by `ws`. */
  readonly scheme: "relay" | "relay+ws";
  /** Host name or address of the relay; an IPv6 address stands without brackets. */
  readonly host: string;
  /** 1 to 65535. Default: 443 for `relay`, 80 for `relay+ws`. */
  readonly port: number;
  /** The listener's identity: the RFC 7638 thumbprint of its key, 43 characters. */
  readonly thumbprint: string;
  /** The canonical text; the scheme's own port is left out. */
  readonly uri: string;
}

/** A connection method, parsed; `scheme` tells which. */
export type Method = TcpMethod | UnixMethod | WebSocketMethod | RelayMethod;

/** How far away a method's host is, as far as its text tells; see {@linkcode methodScope}. */
export type MethodScope = "local" | "linkLocal" | "private" | "global";

const SCHEMES = /^(?:tcp|tls|unix|wss?|relay(?:\+ws)?):/i;

/** Tells whether a text begins as a connection method does, and not as a nickname. */
export function hasMethodScheme(text: string): boolean {
  return SCHEMES.test(text);
}

/**
 * Parses a connection method; `uri` of the result is its canonical text, equal
 * for two ways to write the same method.
 *
 * @throws {LektError} `INVALID_ARGUMENT`, saying what is wrong: no URI, an
 * unknown scheme, no host, a port above 65535, a user name or password, a
 * query or fragment where it has no meaning, more than 512 characters.
 *
 * @example Parse a method
 * ```ts
 * import { parseMethod } from "./method.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseMethod("tcp://[::1]").uri, "tcp://[::1]:15358");
 * assertEquals(parseMethod("unix:///run/bob.sock").uri, "unix:/run/bob.sock");
 * ```
 */
export function parseMethod(text: string): Method {
  if (typeof text !== "string") {
    throw failure(messageOf(text), `expected a string, got ${typeof text}`);
  }
  if (text.length > METHOD_LENGTH_MAX) {
    throw failure(
      text,
      `it has ${text.length} characters, expected at most ${METHOD_LENGTH_MAX}`,
    );
  }
  // URL itself drops or converts these, so what runs would not be what was read.
  if (/[\s\\]|\p{Cc}/u.test(text)) {
    throw failure(
      text,
      "it holds a space, a control character or a backslash",
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw failure(text, "it is not a URI such as tcp://HOST:PORT");
  }
  const method = parseScheme(text, scheme);
  if (method.uri.length > METHOD_LENGTH_MAX) {
    throw failure(
      text,
      `its canonical form has ${method.uri.length} characters, expected at most ${METHOD_LENGTH_MAX}`,
    );
  }
  return method;
}

/** The same method with the port that a listener was given. */
export function withPort<T extends TcpMethod | WebSocketMethod>(
  method: T,
  port: number,
): T {
  const url = new URL(method.uri);
  url.port = String(port);
  return { ...method, port, uri: url.href };
}

/**
 * How far away the host of a method is: `local` is this machine (loopback and
 * unspecified addresses, `localhost`, Unix sockets), `linkLocal` and `private`
 * are addresses of such ranges, and all else, host names too, is `global`.
 *
 * A host name can lead to an address of any scope: judge the address that was
 * dialled where this guards something.
 */
export function methodScope(method: Method): MethodScope {
  return method.scheme === "unix" ? "local" : hostScope(method.host);
}

/** {@linkcode methodScope} of a bare host name or address, without brackets. */
export function hostScope(host: string): MethodScope {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return "local";
  if (name.includes(":")) return ipv6Scope(name);
  const bytes = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(name)?.slice(1).map(Number);
  return bytes === undefined ? "global" : ipv4Scope(bytes[0]!, bytes[1]!);
}

function ipv4Scope(first: number, second: number): MethodScope {
  if (first === 127 || first === 0) return "local";
  if (first === 169 && second === 254) return "linkLocal";
  if (first === 10) return "private";
  if (first === 172 && second >= 16 && second < 32) return "private";
  if (first === 192 && second === 168) return "private";
  return "global";
}

function ipv6Scope(address: string): MethodScope {
  let canonical: string;
  try {
    canonical = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname
      .slice(1, -1);
  } catch {
    return "global";
  }
  if (canonical === "::" || canonical === "::1") return "local";
  const mapped = /^::ffff:([0-9a-f]+):[0-9a-f]+$/.exec(canonical)?.[1];
  if (mapped !== undefined) {
    const high = parseInt(mapped, 16);
    return ipv4Scope(high >> 8, high & 0xff);
  }
  const first = parseInt(canonical.split(":")[0] || "0", 16);
  if ((first & 0xffc0) === 0xfe80) return "linkLocal";
  if ((first & 0xfe00) === 0xfc00) return "private";
  return "global";
}

function parseScheme(text: string, scheme: string): Method {
  switch (scheme) {
    case "tcp":
    case "tls":
      return parseTcp(text, scheme);
    case "unix":
      return parseUnix(text);
    case "ws":
    case "wss":
      return parseWebSocket(text, scheme);
    case "relay":
    case "relay+ws":
      return parseRelay(text, scheme);
    default:
      throw failure(
        text,
        `unknown scheme "${scheme}", expected tcp, tls, unix, ws, wss or relay`,
      );
  }
}

function parseTcp(text: string, scheme: "tcp" | "tls"): TcpMethod {
  const url = parseUrl(text);
  refuseAllBut(text, url, `${scheme}://HOST:PORT`);
  if (url.pathname !== "" && url.pathname !== "/") {
    throw failure(text, `it has a path, expected ${scheme}://HOST:PORT`);
  }
  const hostname = canonicalHost(text, url.hostname);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const host = hostname.replace(/^\[|\]$/g, "");
  return { scheme, host, port, uri: `${scheme}://${hostname}:${port}` };
}

function parseUnix(text: string): UnixMethod {
  const url = parseUrl(text);
  refuseAllBut(text, url, "unix:/PATH", { hasHost: false });
  if (!url.pathname.startsWith("/")) {
    throw failure(text, "expected an absolute path, as in unix:/PATH");
  }
  let path: string;
  try {
    path = decodeURIComponent(url.pathname).replace(/^\/+/, "/");
  } catch {
    throw failure(text, "its path is not percent-encoded UTF-8");
  }
  if (/\p{Cc}/u.test(path)) {
    throw failure(text, "its path holds a control character");
  }
  if (path.endsWith("/")) {
    throw failure(text, "its path names a folder, expected a socket file");
  }
  const size = new TextEncoder().encode(path).byteLength;
  if (size > SOCKET_PATH_SIZE_MAX) {
    throw failure(
      text,
      `its path has ${size} bytes, expected at most ${SOCKET_PATH_SIZE_MAX}`,
    );
  }
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return { scheme: "unix", path, uri: `unix:${encoded}` };
}

function parseWebSocket(text: string, scheme: "ws" | "wss"): WebSocketMethod {
  if (!/^wss?:\/\/[^/?#]/i.test(text)) {
    throw failure(text, `it has no host, expected ${scheme}://HOST:PORT/PATH`);
  }
  const url = parseUrl(text);
  const form = `${scheme}://HOST:PORT/PATH`;
  refuseAllBut(text, url, form, { hasQuery: true });
  const defaultPort = scheme === "ws" ? 80 : 443;
  return {
    scheme,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? defaultPort : Number(url.port),
    path: url.pathname,
    query: url.search,
    uri: url.href,
  };
}

function parseRelay(text: string, scheme: RelayMethod["scheme"]): RelayMethod {
  const url = parseUrl(text);
  const form = `${scheme}://HOST/THUMBPRINT`;
  refuseAllBut(text, url, form);
  const thumbprint = /^\/([\w-]{43})$/.exec(url.pathname)?.[1];
  if (thumbprint === undefined) {
    throw failure(
      text,
      `its path is not the 43 characters of an identity, expected ${form}`,
    );
  }
  const hostname = canonicalHost(text, url.hostname);
  const defaultPort = scheme === "relay" ? 443 : 80;
  const port = url.port === "" ? defaultPort : Number(url.port);
  const authority = port === defaultPort ? hostname : `${hostname}:${port}`;
  return {
    scheme,
    host: hostname.replace(/^\[|\]$/g, ""),
    port,
    thumbprint,
    uri: `${scheme}://${authority}/${thumbprint}`,
  };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    const port = /^[^:]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text)?.[1];
    if (port !== undefined && Number(port) > 0xffff) {
      throw failure(text, `its port is ${port}, expected 0 to 65535`, cause);
    }
    if (/^[^:]+:\/\/(?:[/?#:]|$)/.test(text)) {
      throw failure(text, "it has no host", cause);
    }
    throw failure(text, "its host or port is malformed", cause);
  }
}

function refuseAllBut(
  text: string,
  url: URL,
  form: string,
  { hasHost = true, hasQuery = false } = {},
): void {
  if (hasHost !== (url.hostname !== "")) {
    const fault = hasHost ? "it has no host" : "it has a host";
    throw failure(text, `${fault}, expected ${form}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw failure(text, `it has a user name or password, expected ${form}`);
  }
  if (!hasQuery && text.includes("?")) {
    throw failure(text, `it has a query, expected ${form}`);
  }
  if (text.includes("#")) {
    throw failure(text, `it has a fragment, expected ${form}`);
  }
}

function canonicalHost(text: string, hostname: string): string {
  try {
    // URL canonicalizes hosts (case, IDN, odd IPv4 notations) of special schemes alone.
    return new URL(`http://${hostname}/`).hostname;
  } catch (cause) {
    throw failure(text, "its host is malformed", cause);
  }
}

function failure(text: string, fault: string, cause?: unknown): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot use ${quote(text)} as a connection method: ${fault}`,
    cause === undefined ? {} : { cause },
  );
}

/** The text between quotes, cut to 80 characters; a directory may have sent it, so it is made harmless. */
function quote(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return JSON.stringify(shown).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
