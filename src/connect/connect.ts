/**
 * The room of `connect`, `listen` and `serve`: from a target to a connection.
 * This file is the initiator's side, for programs.
 *
 * This room imports `src/connection`, `src/session`, `src/handshake`,
 * `src/directory` (types, and the client when it is needed), `src/transport`,
 * `src/diagnostics` and `src/base`. Targets, options and newcomers come in; open transports go down to
 * a driver, and connections go out to the application.
 *
 * @module
 */
import type { Connection } from "../connection/connection.ts";
import { connectBy } from "./connect_by.ts";
import type { ConnectOptions } from "./connect_options.ts";
import type { Dialer } from "./dialer.ts";
import { LektError } from "../base/errors.ts";
import type { MethodsOption } from "./options.ts";
import { openLookup } from "./open_lookup.ts";
import { openDiagnostics } from "../diagnostics/open.ts";
import { dial, dialFault, hasSockets } from "../transport/dial.ts";

/** By what this program reaches others. */
const DIALER: Dialer = { dial, dialFault, openLookup };

/**
 * Connects to another peer: picks one of its connection methods, best first,
 * and runs the handshake ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2, 3 and 6). Resolves in
 * connected state; `remote.method` says which method won. With a `directory`
 * the target may be a nickname; whoever answers by another one is turned away,
 * and `remote.verified` says whether the nickname was proved.
 *
 * Of several methods the next one starts when the one before has failed, or has
 * had 250 ms (30 ms on this machine and in private networks; 1 s where the next
 * one is a relay); only one handshake is under way at a time, so that the other
 * side is asked once. A method that takes the connection and does not answer
 * keeps its place for 4 s at most, where others are left to try.
 *
 * Rejects with `REJECTED` where one of the two sides said no, which ends the
 * search; with `UNREACHABLE` where no method led to the other side, with the
 * failure of each; with `PROTOCOL`, `TIMEOUT` or `CLOSED` where there is one
 * method and its handshake failed; with `INVALID_ARGUMENT` when the nickname, a
 * method, what is said of TLS or `accept` is malformed; with the signal's reason
 * when it fires.
 *
 * @param target Where the other side is: a connection method or several, best first; with `directory` also a nickname.
 * @param options This side's nickname, and what is to differ from the defaults.
 *
 * @example Say hello
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
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
  await openDiagnostics();
  checkAccept(options?.accept);
  if (options?.tls && hasSockets()) {
    const { checkDialIdentity } = await import("../transport/certificate.ts");
    checkDialIdentity(options.tls);
  }
  return await connectBy(DIALER, target, options);
}

/** Before the other side is asked, which would hear of a rejection. */
function checkAccept(accept: unknown): void {
  if (accept === undefined || typeof accept === "function") return;
  throw new LektError(
    "INVALID_ARGUMENT",
    "Cannot connect: `accept` is no function",
  );
}
