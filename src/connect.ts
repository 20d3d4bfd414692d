/**
 * The initiator's side.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import { type Accept, establish } from "./establish.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import { parseMethod } from "./method.ts";
import { pickAndDial } from "./picking.ts";
import { encodeNickname } from "./text.ts";
import { dial } from "./transport/dial.ts";

/** Options of {@linkcode connect}. */
export interface ConnectOptions {
  /** This side's nickname: 1 to 255 bytes of UTF-8 (`PROTOCOL.md`, section 3). */
  nickname: string;
  /** Decides whether to talk to whoever answers; left out: everyone. */
  accept?: Accept;
  /** Limits and times that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Gives the attempt up; of no effect once connected. */
  signal?: AbortSignal;
  /** With `tls` and `wss`: what to show and what to ask for. Default: a certificate by a CA that is trusted is asked for. */
  tls?: TlsConnectOptions;
}

/** How a connection over `tls` or `wss` is secured. */
export interface TlsConnectOptions {
  /** Own certificate, in PEM, to show to the other side. Default: none. */
  cert?: string;
  /** The private key of `cert`, in PEM. */
  key?: string;
  /** The key that the other side must prove to hold: base64url SHA-256 of its SubjectPublicKeyInfo. Names, dates and issuer do not matter then. */
  pinnedKey?: string;
  /** Certificates, in PEM, of further CAs to trust. */
  caCerts?: readonly string[];
}

/**
 * Connects to another peer: picks one of its connection methods, best first,
 * and runs the handshake (`PROTOCOL.md`, sections 2, 3 and 6). Resolves in
 * connected state; `remote.method` says which method won.
 *
 * Of several methods the next one starts when the one before has failed, or has
 * had 250 ms (30 ms on this machine and in private networks); only one
 * handshake is under way at a time, so that the other side is asked once.
 *
 * Rejects with `REJECTED` where one of the two sides said no, which ends the
 * search; with `UNREACHABLE` where no method led to the other side, with the
 * failure of each; with `PROTOCOL`, `TIMEOUT` or `CLOSED` where there is one
 * method and its handshake failed; with `INVALID_ARGUMENT` for what is no
 * nickname or method; with the signal's reason.
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
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 * });
 * assertEquals(connection.remote.nickname, "bob");
 * await connection.send("hello");
 * ```
 */
export async function connect(
  target: string | readonly string[],
  options: ConnectOptions,
): Promise<Connection> {
  const methods = [target].flat().map((text) => parseMethod(text));
  encodeNickname(options.nickname);
  const limits = resolveLimits(options.limits);
  const { nickname, accept = acceptAll, signal, tls } = options;
  const { maxBufferedBytes, dialTimeoutMs } = limits;
  return await pickAndDial(methods, {
    dialTimeoutMs,
    ...(signal ? { signal } : {}),
    dial: (method, signal) =>
      dial(method, { ...tls, maxBufferedBytes, signal }),
    handshake: (transport, method, signal) =>
      establish(transport, {
        role: "initiator",
        nickname,
        method: method.uri,
        accept,
        limits,
        signal,
      }).connection,
  });
}

function acceptAll(): boolean {
  return true;
}
