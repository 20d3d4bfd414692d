/**
 * TLS on Bun, where it works on sockets of the system: over a stream of our own,
 * as in `tls_stream.ts`, Bun ends both directions as soon as the other side ends
 * one. What comes through a relay is led through a pair of sockets for that.
 * Here nobody is told of an end of TCP without a close_notify: with peers of
 * version 1.0 a cut looks like an orderly end.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { runtime } from "../runtime/mod.ts";
import type { NodeSocket } from "../runtime/node_sockets.ts";
import type { StreamSocket } from "../runtime/sockets.ts";
import { StreamTransport } from "./stream.ts";
import { CLOSED_EARLY } from "./tls_stream.ts";
import type { Transport } from "./transport.ts";

/** Whether TLS is to be made here. */
export function isTlsNative(): boolean {
  return runtime().name === "Bun";
}

/**
 * Sees the handshake through of what `secure` makes of the socket, and lets
 * `judge` look at the other side's certificate: what that returns becomes
 * `remoteKey`, and what it throws fails the handshake. Closing `connection` ends
 * all of it.
 */
export async function secureNatively(
  connection: StreamSocket,
  address: string,
  event: "secureConnect" | "secure",
  secure: (socket: Socket) => TLSSocket,
  judge: (der: Uint8Array | undefined) => string | undefined,
): Promise<Transport> {
  const { NodeSocket, socketPair } = await import("../runtime/node_sockets.ts");
  const closed = Promise.withResolvers<void>();
  let below = connection;
  if (!(below instanceof NodeSocket)) {
    const [near, far] = await socketPair();
    void join(connection, far, closed.promise);
    below = near;
  }
  const tls = secure((below as NodeSocket).release());
  tls.once("close", closed.resolve);
  const secured = Promise.withResolvers<void>();
  tls.once(event, secured.resolve);
  tls.on("error", secured.reject);
  tls.on("_tlsError", secured.reject);
  tls.once("close", () => secured.reject(new Error(CLOSED_EARLY)));
  const socket = new NodeSocket(tls);
  try {
    await secured.promise;
    const der = tls.getPeerCertificate(true)?.raw as Uint8Array | undefined;
    return new SecuredTransport(socket, address, judge(der));
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Bytes of one read for the other side. */
const JOINED_READ_SIZE = 64 * 1024;

/** Passes on what comes at either of two byte streams until both have ended, the inner one's user has `closed` it, or one breaks; then closes both. */
async function join(
  outer: StreamSocket,
  inner: StreamSocket,
  closed: Promise<void>,
): Promise<void> {
  const outward = passOn(inner, outer);
  const inward = passOn(outer, inner);
  try {
    await Promise.race([
      Promise.all([outward, inward]),
      Promise.all([outward, closed]),
    ]);
  } catch {
    // TLS tells whoever uses it that something is missing.
  } finally {
    outer.close();
    inner.close();
  }
}

async function passOn(from: StreamSocket, to: StreamSocket): Promise<void> {
  const memory = new Uint8Array(JOINED_READ_SIZE);
  for (let size; (size = await from.read(memory)) !== null;) {
    let offset = 0;
    while (offset < size) {
      offset += await to.write(memory.slice(offset, size));
    }
  }
  await to.closeWrite();
}

/** A {@linkcode Transport} over a socket that has TLS. */
class SecuredTransport extends StreamTransport {
  readonly remoteKey?: string;

  constructor(socket: StreamSocket, address: string, remoteKey?: string) {
    super(socket, address);
    if (remoteKey !== undefined) this.remoteKey = remoteKey;
  }
}
