/**
 * The client's side of CONNECT (RFC 9110, section 9.3.6), with Basic
 * authentication (RFC 7617).
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { ProxyLogin, ProxyTarget } from "./proxy.ts";
import type { Tunnel } from "./tunnel.ts";

/** Characters of a proxy's explanation that an error quotes. */
const REASON_SHOWN_MAX = 80;

/** Lets an HTTP proxy connect to `target`; throws what it says where it does not. */
export async function connectThroughHttp(
  tunnel: Tunnel,
  { host, port }: ProxyTarget,
  login?: ProxyLogin,
): Promise<void> {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (login) {
    const bytes = new TextEncoder().encode(`${login.user}:${login.password}`);
    lines.push(
      `Proxy-Authorization: Basic ${btoa(String.fromCharCode(...bytes))}`,
    );
  }
  const request = lines.map((line) => `${line}\r\n`).join("");
  await tunnel.write(new TextEncoder().encode(`${request}\r\n`));
  for (;;) {
    const head = await tunnel.readHead();
    const found = /^HTTP\/1\.\d (\d{3})(?: ([^\r\n]*))?\r?\n/.exec(head);
    if (!found) throw new Error("does not speak HTTP/1.1");
    const status = Number(found[1]);
    if (status >= 200 && status < 300) return;
    // Interim answers come before the one that counts.
    if (status < 100 || status >= 200) {
      const shown = harmless(`${status} ${found[2] ?? ""}`.trim())
        .slice(0, REASON_SHOWN_MAX);
      throw new Error(`${meaningOf(status, login)} (it says "${shown}")`);
    }
  }
}

function meaningOf(status: number, login: ProxyLogin | undefined): string {
  switch (status) {
    case 407:
      return login
        ? "refuses the user name or the password"
        : "asks for a user name and password: http://USER:PASSWORD@HOST:PORT";
    case 403:
      return "does not let you connect there: its rules forbid this host or port";
    case 400:
    case 405:
    case 501:
      return "does not serve CONNECT";
    case 404:
      return "knows no host of that name";
    case 504:
      return "got no answer from there in time";
    default:
      return status >= 500
        ? "could not connect there; the host may be unknown, or nothing may listen there"
        : "refuses to connect there";
  }
}
