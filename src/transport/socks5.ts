/**
 * The client's side of SOCKS5 (RFC 1928), with user name and password (RFC
 * 1929). Host names go to the proxy as they are.
 *
 * @module
 */
import { concat } from "@std/bytes";
import type { ProxyLogin, ProxyTarget } from "./proxy.ts";
import type { Tunnel } from "./tunnel.ts";

const VERSION = 5;
const LOGIN_VERSION = 1;
const CONNECT = 1;
const NO_METHOD = 0xff;

/** How a client says who it is. */
const AUTH = { none: 0, login: 2 } as const;

/** Kinds of addresses, and bytes of those that have a fixed size. */
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;
const ADDRESS_SIZES = new Map([[ADDRESS.ipv4, 4], [ADDRESS.ipv6, 16]]);

/** Bytes of the longest host name, whose length is one byte. */
const NAME_SIZE_MAX = 255;

/** What the reply codes say (RFC 1928, section 6). */
const REPLIES = new Map([
  [1, "could not connect, and does not say why"],
  [2, "does not let you connect there: its rules forbid it"],
  [3, "finds no network that leads there"],
  [4, "cannot reach that host, or knows none of that name"],
  [5, "was refused there: nothing listens at that port"],
  [6, "got no answer from there in time"],
  [7, "does not serve CONNECT"],
  [8, "does not take this kind of address"],
]);

/** Lets a SOCKS5 proxy connect to `target`; throws what it says where it does not. */
export async function connectThroughSocks5(
  tunnel: Tunnel,
  target: ProxyTarget,
  login?: ProxyLogin,
): Promise<void> {
  const methods = login ? [AUTH.none, AUTH.login] : [AUTH.none];
  await tunnel.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, chosen] = await tunnel.read(2);
  checkVersion(version!);
  if (chosen === AUTH.login && login) {
    await logIn(tunnel, login);
  } else if (chosen === NO_METHOD) {
    throw new Error(
      login
        ? "takes neither a user name and password nor a client without"
        : "asks for a user name and password: socks5://USER:PASSWORD@HOST:PORT",
    );
  } else if (chosen !== AUTH.none) {
    throw new Error(
      `does not speak SOCKS5: it chose method ${chosen}, which was not offered`,
    );
  }
  await tunnel.write(concat([
    Uint8Array.of(VERSION, CONNECT, 0),
    encodeHost(target.host),
    Uint8Array.of(target.port >> 8, target.port & 0xff),
  ]));
  await readReply(tunnel);
}

async function logIn(tunnel: Tunnel, login: ProxyLogin): Promise<void> {
  const [user, password] = [login.user, login.password].map((text) =>
    new TextEncoder().encode(text)
  );
  await tunnel.write(
    Uint8Array.of(
      LOGIN_VERSION,
      user!.byteLength,
      ...user!,
      password!.byteLength,
      ...password!,
    ),
  );
  const [, status] = await tunnel.read(2);
  if (status !== 0) throw new Error("refuses the user name or the password");
}

async function readReply(tunnel: Tunnel): Promise<void> {
  const [version, code] = await tunnel.readOutcome(2);
  checkVersion(version!);
  if (code !== 0) {
    throw new Error(
      REPLIES.get(code!) ?? `refuses with the unknown code ${code}`,
    );
  }
  // The address that follows is the proxy's own, and of no use here.
  const [, kind] = await tunnel.read(2);
  const size = kind === ADDRESS.name
    ? (await tunnel.read(1))[0]
    : ADDRESS_SIZES.get(kind as 1 | 4);
  if (size === undefined) {
    throw new Error(
      `does not speak SOCKS5: its reply has an address of kind ${kind}`,
    );
  }
  await tunnel.read(size + 2);
}

function checkVersion(version: number): void {
  if (version === VERSION) return;
  throw new Error(
    `does not speak SOCKS5: its answer begins with ${version}, expected ${VERSION}`,
  );
}

/** A host as SOCKS5 has it: the kind of address, and the address. */
function encodeHost(host: string): Uint8Array {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    return Uint8Array.of(ADDRESS.ipv4, ...host.split(".").map(Number));
  }
  if (host.includes(":")) return Uint8Array.of(ADDRESS.ipv6, ...ipv6(host));
  const name = new TextEncoder().encode(host);
  if (name.byteLength > NAME_SIZE_MAX) {
    throw new Error(
      `cannot be told a host name of ${name.byteLength} bytes, at most ${NAME_SIZE_MAX}`,
    );
  }
  return Uint8Array.of(ADDRESS.name, name.byteLength, ...name);
}

/** The 16 bytes of an IPv6 address. */
function ipv6(host: string): number[] {
  // URL turns an IPv4 address at the end into two groups.
  const { hostname } = new URL(`http://[${host}]`);
  const [head = [], tail = []] = hostname.slice(1, -1).split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = new Array(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
