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
  connectTcp({ hostname, port, signal }) {
    return Deno.connect({ hostname, port, ...(signal && { signal }) });
  },
  connectUnix: (path) => Deno.connect({ transport: "unix", path }),
  listenTcp: async (place) => await Deno.listen(place),
  // A listener for TLS lacks the type of its connections' options only.
  listenTls: async (place) =>
    await Deno.listenTls(place) as unknown as TcpSocketListener,
  listenUnix: async (path) => await Deno.listen({ transport: "unix", path }),
};

let chosen: Sockets | undefined = isDeno() ? DENO_SOCKETS : undefined;

/** The sockets of this runtime. */
export async function openSockets(): Promise<Sockets> {
  chosen ??= await import("./node_sockets.ts");
  return chosen;
}
