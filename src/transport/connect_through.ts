/**
 * The way through a proxy.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import type { StreamSocket } from "../runtime/sockets.ts";
import { connectThroughHttp } from "./http_connect.ts";
import type { Proxy, ProxyTarget } from "./proxy.ts";
import { connectThroughSocks5 } from "./socks5.ts";
import { Tunnel } from "./tunnel.ts";

/**
 * Lets a proxy connect to `target`; the connection to the proxy then leads
 * there, no byte of the other side's having been read.
 *
 * @throws {Error} saying why the proxy did not; the signal's reason where that
 * fired. The connection is of no use then.
 */
export async function connectThrough(
  connection: StreamSocket,
  proxy: Proxy,
  target: ProxyTarget,
  signal?: AbortSignal,
): Promise<void> {
  const tunnel = new Tunnel(connection, signal);
  try {
    if (proxy.scheme === "socks5") {
      await connectThroughSocks5(tunnel, target, proxy.login);
    } else {
      await connectThroughHttp(tunnel, target, proxy.login);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(`the proxy ${proxy.uri} ${messageOf(cause)}`, { cause });
  } finally {
    tunnel.end();
  }
}
