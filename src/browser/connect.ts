/**
 * `connect`, for web pages.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { connectBy } from "../connect/connect_by.ts";
import type { ConnectOptions } from "../connect/connect_options.ts";
import type { Dialer } from "../connect/dialer.ts";
import type { DirectoryOption, PeerLookup } from "../connect/lookup.ts";
import { checkOptions, type MethodsOption } from "../connect/options.ts";
import type { Connection } from "../connection/connection.ts";
import { PeerFinder } from "../directory/peer_finder.ts";
import {
  dialFaultInBrowser,
  dialInBrowser,
} from "../transport/dial_in_browser.ts";

/** By what a web page reaches others. */
const DIALER: Dialer = {
  dial: dialInBrowser,
  dialFault: dialFaultInBrowser,
  openLookup,
};

/** What only programs can do, and why a page cannot. */
const PROGRAM_OPTIONS = {
  tls: "with `wss` the browser judges certificates, and shows none",
  proxy: "the browser chooses proxies",
} as const;

/** Throws where an option is given that is for programs. */
export function refuseOptions(
  options: ConnectOptions,
  names: readonly (keyof typeof PROGRAM_OPTIONS)[],
): void {
  checkOptions("connect", options);
  for (const name of names) {
    if (options[name] === undefined) continue;
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot connect with the option "${name}" in a web page: ${
        PROGRAM_OPTIONS[name]
      }; leave it out`,
    );
  }
}

/**
 * Connects to another peer, as `connect` of `@lekt/lekt` does: picks one of its
 * connection methods, best first, and runs the handshake
 * ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2, 3 and 6). Resolves in connected state.
 *
 * This reaches `ws` and `wss` methods alone (relays: `connect` of
 * `@lekt/lekt/browser/relay`). All others are passed over, and
 * `failures` of the error says so where none is left. `remote.verified` is
 * `false` always, for pages do not see the key behind a certificate; with
 * `wss` the browser has checked that it is for the host of the method.
 *
 * Rejects as `connect` of `@lekt/lekt` does, with `UNREACHABLE` where no method
 * led to the other side. Browsers do not tell pages why. Rejects with
 * `INVALID_ARGUMENT` where the options `tls` or `proxy` are given, which are for
 * programs.
 *
 * @param target Where the other side is: a connection method or several, best first; with `directory` also a nickname.
 * @param options This side's nickname, and what is to differ from the defaults.
 *
 * @example Say hello
 * ```ts
 * import { connect } from "@lekt/lekt/browser";
 * import { listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["ws://127.0.0.1:0/lekt"],
 *   origins: ["https://chat.example"],
 *   accept: (remote) => remote.nickname === "alice",
 * });
 * listener.serve(async (alice) => {
 *   for await (const message of alice) console.log(await message.text());
 * });
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 * });
 * assertEquals(connection.remote.nickname, "bob");
 * await connection.send("hello");
 * ```
 */
export async function connect(
  target: MethodsOption,
  options: ConnectOptions,
): Promise<Connection> {
  refuseOptions(options, ["tls", "proxy"]);
  return await connectBy(DIALER, target, options);
}

/** The lookup that is meant by a directory, or by its URL. */
export function openLookup(directory: DirectoryOption): Promise<PeerLookup> {
  return Promise.resolve(
    typeof directory === "string" || directory instanceof URL
      ? new PeerFinder(directory)
      : directory,
  );
}
