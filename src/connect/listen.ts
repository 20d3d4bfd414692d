/**
 * The responder's side.
 *
 * @module
 */
import type { Remote } from "../connection/connection.ts";
import { LektError } from "../base/errors.ts";
import { checkSignal } from "../base/signal.ts";
import type { Accept } from "./establish.ts";
import { type Limits, resolveLimits } from "../base/limits.ts";
import { checkOptions, type MethodsOption, methodTexts } from "./options.ts";
import { nextAttempt } from "../diagnostics/channels.ts";
import { openDiagnostics } from "../diagnostics/open.ts";
import { Listener } from "./listener.ts";
import { ListenerCounts } from "./listener_counts.ts";
import { acceptLookedUp, type DirectoryOption } from "./lookup.ts";
import { openLookup } from "./open_lookup.ts";
import { strangerAt } from "./newcomer.ts";
import { openRelayPlace, type RelayOption } from "./relay_option.ts";
import { type Method, parseMethod } from "../transport/method.ts";
import { checkNickname } from "../base/text.ts";
import type { TransportListener } from "../transport/transport.ts";
import { listenOn, type TransportListenOptions } from "../transport/dial.ts";

/** Options of {@linkcode listen}. */
export interface ListenOptions {
  /** This side's nickname: 1 to 255 bytes of UTF-8 ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), section 3). */
  nickname: string;
  /** The connection methods to wait on, as URIs; port 0 asks for a free one. */
  methods: MethodsOption;
  /** Decides about each newcomer. Must be given: who comes in is a decision. */
  accept: Accept;
  /** Limits and times that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Closes the listener. */
  signal?: AbortSignal;
  /** With `tls` and `wss`: the certificate, and who must show one. */
  tls?: TlsListenOptions;
  /** With `ws` and `wss`: origins of the web pages that may connect, such as `https://chat.example`; `*` lets all in. Default: none; programs, which send no origin, are always let in. */
  origins?: readonly string[];
  /** Where the nicknames of newcomers who show a key are looked up, for `remote.verified`: the URL of a directory, or a `DirectoryClient`. Registering is not done here. */
  directory?: DirectoryOption;
  /**
   * A relay that others reach this side through, where no method leads here:
   * its URL, or more about it. Its method comes last in `methods` of the
   * listener. Needs `tls`; with it `methods` may be empty. Default: none.
   */
  relay?: RelayOption;
  /**
   * Called for each newcomer who did not become a connection: rejected by either
   * side, broke the handshake (of TLS or WebSocket, too), or took too long. `remote` is the object that
   * `accept` got, where it was asked. What it throws is ignored.
   */
  onFailure?: (error: LektError, remote: Remote) => void;
}

/** How a listener on `tls` or `wss` is secured. */
export interface TlsListenOptions {
  /** The certificate to show, in PEM. */
  cert: string;
  /** Its private key, in PEM. */
  key: string;
  /** Whether others must show a certificate; as a function: whether the holder of this key (base64url SHA-256 of its SubjectPublicKeyInfo) is let in, by `true` or `false` at once. Default: `false`: programs may show one, and browsers, which cannot show one to a WebSocket, are not asked. */
  requireClientKey?: boolean | ((key: string) => boolean);
}

/**
 * Listens for others on all methods and runs the handshake with each newcomer
 * ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2, 3 and 6). Resolves when all methods are open.
 *
 * Rejects with `INVALID_ARGUMENT` when the nickname or a method is malformed,
 * when `accept` is missing, or when the system refuses, for example because a
 * port is taken; with the signal's reason when it fires.
 *
 * @param options This side's nickname, the methods to wait on, and who is let in.
 *
 * @example Accept some
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: (remote) => remote.nickname === "alice" || "only alice",
 * });
 * const error = await assertRejects(() =>
 *   connect(listener.methods, { nickname: "mallory" })
 * );
 * assertEquals((error as { reason?: string }).reason, "only alice");
 * ```
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  checkOptions("listen", options);
  const { nickname, accept, onFailure, origins = [], signal } = options;
  checkNickname(nickname);
  checkSignal("listen", signal);
  if (typeof accept !== "function") {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot listen: `accept` must be given, for who comes in is a decision",
    );
  }
  const limits = resolveLimits(options.limits);
  const { handshakeTimeoutMs, dialTimeoutMs } = limits;
  const methods = methodTexts(options.methods).map((text) => parseMethod(text));
  if (methods.length === 0 && options.relay === undefined) {
    throw new LektError(
      "INVALID_ARGUMENT",
      "Cannot listen: there is no connection method",
    );
  }
  signal?.throwIfAborted();
  await openDiagnostics();
  const counts = new ListenerCounts(onFailure);
  const { directory } = options;
  const lookup = directory ? await openLookup(directory) : undefined;
  const transports = await openAll(methods, options, (place) => ({
    ...options.tls,
    origins,
    handshakeTimeoutMs,
    places: limits,
    needsAdmission: true,
    onRefused: (error, address) =>
      counts.noteRefused(
        error,
        strangerAt(address, place.uri),
        nextAttempt(),
      ),
  }), dialTimeoutMs);
  const listener = new Listener(transports, {
    nickname,
    accept: lookup ? acceptLookedUp(lookup, accept) : accept,
    limits,
    counts,
    onClose: () => signal?.removeEventListener("abort", onAbort),
  });
  function onAbort(): void {
    listener.close();
  }
  signal?.addEventListener("abort", onAbort);
  return listener;
}

/** Listens on all methods, and at the relay; on none where one of them fails. `how` says how; it is told the method, whose real port is known later. */
async function openAll(
  methods: readonly Method[],
  { relay, signal }: Pick<ListenOptions, "relay" | "signal">,
  how: (place: { uri: string }) => TransportListenOptions,
  dialTimeoutMs: number,
): Promise<TransportListener[]> {
  const transports: TransportListener[] = [];
  try {
    for (const method of methods) {
      const place = { uri: method.uri };
      const transport = await listenOn(method, how(place));
      place.uri = transport.method.uri;
      transports.push(transport);
    }
    if (relay !== undefined) {
      const place = await openRelayPlace(relay, {
        dialTimeoutMs,
        ...(signal ? { signal } : {}),
      });
      transports.push(await place.listen(how(place)));
    }
    signal?.throwIfAborted();
    return transports;
  } catch (error) {
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}
