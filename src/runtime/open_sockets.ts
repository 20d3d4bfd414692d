/**
 * Chooses the sockets: Deno's own on Deno, those of `node:net` elsewhere.
 * (Deno's `node:net` makes up an EPIPE for a write that is under way when the
 * other side ends its stream.)
 *
 * @module
 */
import { isDeno } from "./mod.ts";
import type { Sockets, TcpSocketListener } from "./sockets.ts";

const DENO_SOCKETS: Sockets = {
  connectTcp: connectOrClose,
  connectUnix: (path) => Deno.connect({ transport: "unix", path }),
  listenTcp: async (place) => await Deno.listen(place),
  // A listener for TLS lacks the type of its connections' options only.
  listenTls: async (place) =>
    await Deno.listenTls(place) as unknown as TcpSocketListener,
  listenUnix: async (path) => await Deno.listen({ transport: "unix", path }),
};

/** Connects over TCP. Deno rejects where the connection is there when the signal fires, and leaves it open, for good: so it does not look at the signal then. */
async function connectOrClose(
  { hostname, port, signal }: Parameters<Sockets["connectTcp"]>[0],
): Promise<Deno.TcpConn> {
  if (!signal) return await Deno.connect({ hostname, port });
  const cancelling = new AbortController();
  cancelling.signal.throwIfAborted = () => {};
  const onAbort = (): void => cancelling.abort();
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    const { signal: cancelled } = cancelling;
    const connection = await Deno.connect({
      hostname,
      port,
      signal: cancelled,
    });
    if (!signal.aborted) return connection;
    connection.close();
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

let chosen: Sockets | undefined = isDeno() ? DENO_SOCKETS : undefined;

/** The sockets of this runtime. */
export async function openSockets(): Promise<Sockets> {
  chosen ??= await import("./node_sockets.ts");
  return chosen;
}
