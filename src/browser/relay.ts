/**
 * `@lekt/lekt/browser` with a `connect` that also reaches those who wait at a
 * relay. It is an entry of its own because TLS, which browsers do not give to
 * pages, comes along with it as script.
 *
 * The other entry points are for programs: `@lekt/lekt`,
 * `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`, `@lekt/lekt/directory`,
 * `@lekt/lekt/framing`, `@lekt/lekt/handshake`, `@lekt/lekt/peer`,
 * `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
 *
 * @example A page that reaches somebody behind a router
 * ```ts
 * import { connect } from "@lekt/lekt/browser/relay";
 * import { listen } from "@lekt/lekt";
 * import { makeCertificate } from "@lekt/lekt/certificate";
 * import { startRelay } from "@lekt/lekt/relay";
 * import { assertEquals } from "@std/assert";
 *
 * await using relay = await startRelay({ port: 0 });
 * const tls = await makeCertificate();
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: [],
 *   relay: relay.url,
 *   tls,
 *   origins: ["https://chat.example"], // the pages that may connect
 *   accept: () => true,
 * });
 * listener.serve(async (alice) => void await alice.receive());
 *
 * await using bob = await connect(listener.methods, {
 *   nickname: "alice",
 *   tls: { pinnedKey: tls.spki },
 * });
 * assertEquals(bob.remote.key, tls.spki);
 * ```
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { connectBy } from "../connect/connect_by.ts";
import type { ConnectOptions } from "../connect/connect_options.ts";
import type { Dialer } from "../connect/dialer.ts";
import type { MethodsOption } from "../connect/options.ts";
import type { Connection } from "../connection/connection.ts";
import {
  type BrowserDialOptions,
  dialFaultInBrowser,
  dialInBrowser,
} from "../transport/dial_in_browser.ts";
import type { Method } from "../transport/method.ts";
import {
  dialRelayInBrowser,
  type RelayInBrowserOptions,
} from "../transport/relay_in_browser.ts";
import type { Transport } from "../transport/transport.ts";
import { openLookup, refuseOptions } from "./connect.ts";

// `connect` of this file stands in place of the other one.
export * from "./mod.ts";

/** By what a web page reaches others, relays included. */
const DIALER: Dialer = { dial, dialFault, openLookup };

/** The same for one who has named the key that the other side must prove. */
const PROVING_DIALER: Dialer = { dial, dialFault: provingFault, openLookup };

/**
 * Connects to another peer, as `connect` of `@lekt/lekt/browser` does, and over
 * `relay` methods too. Over a relay the page itself sees the other side's key:
 * `remote.key` is set, and `remote.verified` is `true` where a directory names
 * that key. The relay sees ciphertext alone.
 *
 * Of the option `tls` a page can give `pinnedKey`, the key that the other side
 * must prove; then relays alone are used. Rejects as `connect` of
 * `@lekt/lekt/browser` does.
 *
 * @param target Where the other side is: a connection method or several, best first; with `directory` also a nickname.
 * @param options This side's nickname, and what is to differ from the defaults.
 *
 * @example By a directory, directly or by a relay
 * ```ts ignore
 * import { connect } from "@lekt/lekt/browser/relay";
 *
 * const bob = await connect("bob", {
 *   nickname: "alice",
 *   directory: "https://dir.example",
 * });
 * console.log(bob.remote.method, bob.remote.verified);
 * ```
 */
export async function connect(
  target: MethodsOption,
  options: ConnectOptions,
): Promise<Connection> {
  refuseOptions(options, ["proxy"]);
  const { pinnedKey, ...others } = options.tls ?? {};
  const [unusable] = Object.keys(others);
  if (unusable !== undefined) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot connect with the option "tls.${unusable}" in a web page: it can pin a key, and show no certificate; leave it out`,
    );
  }
  const dialer = pinnedKey === undefined ? DIALER : PROVING_DIALER;
  return await connectBy(dialer, target, options);
}

function dial(
  method: Method,
  options: BrowserDialOptions & RelayInBrowserOptions,
): Promise<Transport> {
  return method.scheme === "relay" || method.scheme === "relay+ws"
    ? dialRelayInBrowser(method, options)
    : dialInBrowser(method, options);
}

function dialFault(method: Method): string | undefined {
  return isRelay(method) ? undefined : dialFaultInBrowser(method);
}

function provingFault(method: Method): string | undefined {
  return isRelay(method)
    ? undefined
    : `web pages see no key over ${method.scheme}, and one is pinned; the other side must wait at a relay as well`;
}

function isRelay({ scheme }: Method): boolean {
  return scheme === "relay" || scheme === "relay+ws";
}
