/**
 * The room of `connect`, `listen` and `serve`: from a target to a connection.
 * This file is the initiator's side.
 *
 * This room imports `src/connection`, `src/session`, `src/handshake`,
 * `src/directory` (types, and the client when it is needed), `src/transport` and
 * `src/base`. Targets, options and newcomers come in; open transports go down to
 * a driver, and connections go out to the application.
 *
 * @module
 */
import type { Connection } from "../connection/connection.ts";
import { answersProbe } from "./probe.ts";
import { type Accept, establish } from "./establish.ts";
import { type Limits, resolveLimits } from "../base/limits.ts";
import { LektError } from "../base/errors.ts";
import { acceptFound, type DirectoryOption, openLookup } from "./lookup.ts";
import {
  hasMethodScheme,
  type Method,
  parseMethod,
} from "../transport/method.ts";
import { checkOptions, type MethodsOption, methodTexts } from "./options.ts";
import { pickAndDial } from "./picking.ts";
import { checkNickname, harmless } from "../base/text.ts";
import { dial, type DialOptions } from "../transport/dial.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import type { Transport } from "../transport/transport.ts";

/** Options of {@linkcode connect}. */
export interface ConnectOptions {
  /** This side's nickname: 1 to 255 bytes of UTF-8 ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), section 3). */
  nickname: string;
  /** Decides whether to talk to whoever answers; left out: everyone. */
  accept?: Accept;
  /** Limits and times that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Cancels connecting; has no effect once connected. */
  signal?: AbortSignal;
  /** With `tls` and `wss`: what to show and what to ask for. Default: the other side needs a certificate by a trusted CA. */
  tls?: TlsConnectOptions;
  /**
   * Where nicknames are looked up: the URL of a directory, or a
   * `DirectoryClient` of `@lekt/lekt/directory`. The target may then be a
   * nickname, or `nickname#thumbprint`.
   */
  directory?: DirectoryOption;
  /**
   * The proxy to go through with `tcp`, `tls`, `ws` and `wss`, and to a
   * `directory` that is given as a URL: `socks5://HOST:PORT` or
   * `http://HOST:PORT` (CONNECT), with `USER:PASSWORD@` before the host where it
   * asks for them. As a function: the one for each target, or `undefined`.
   * `remote.address` is then the host that the method names. Default: none.
   */
  proxy?: ProxyOption;
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
 * and runs the handshake ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2, 3 and 6). Resolves in
 * connected state; `remote.method` says which method won. With a `directory`
 * the target may be a nickname; whoever answers by another one is turned away,
 * and `remote.verified` says whether the nickname was proved.
 *
 * Of several methods the next one starts when the one before has failed, or has
 * had 250 ms (30 ms on this machine and in private networks, without TLS); only
 * one handshake is under way at a time, so that the other side is asked once. A
 * method that takes the connection and does not answer keeps its place for 4 s
 * at most, where others are left to try.
 *
 * Rejects with `REJECTED` where one of the two sides said no, which ends the
 * search; with `UNREACHABLE` where no method led to the other side, with the
 * failure of each; with `PROTOCOL`, `TIMEOUT` or `CLOSED` where there is one
 * method and its handshake failed; with `INVALID_ARGUMENT` when the nickname or a
 * method is malformed; with the signal's reason when it fires.
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
  checkOptions("connect", options);
  checkNickname(options.nickname);
  const limits = resolveLimits(options.limits);
  const { signal } = options;
  const route = await findRoute(target, options);
  function open(method: Method, signal: AbortSignal): Promise<Transport> {
    return dial(method, {
      ...options.tls,
      ...route.dialOptions(method),
      ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
      maxBufferedBytes: limits.maxBufferedBytes,
      signal,
    });
  }
  return await pickAndDial(route.methods, {
    dialTimeoutMs: limits.dialTimeoutMs,
    ...(signal ? { signal } : {}),
    dial: open,
    isAnswering: async (method, signal) =>
      await answersProbe(await open(method, signal), signal),
    handshake: (transport, method, signal, onAnswer) =>
      establish(transport, {
        role: "initiator",
        nickname: options.nickname,
        method: method.uri,
        accept(remote, context) {
          onAnswer();
          return route.accept(remote, context);
        },
        limits,
        signal,
      }).connection,
  });
}

/** How to get to the other side, and whom to accept there. */
interface Route {
  methods: Method[];
  accept: Accept;
  dialOptions(method: Method): DialOptions;
}

async function findRoute(
  target: MethodsOption,
  { accept = acceptAll, directory, proxy, signal }: ConnectOptions,
): Promise<Route> {
  const texts = methodTexts(target);
  const [name] = texts;
  if (!directory || texts.length !== 1 || hasMethodScheme(name!)) {
    const methods = texts.map((text) => parseMethod(text));
    return { methods, accept, dialOptions: () => ({}) };
  }
  const lookup = await openLookup(directory, proxy);
  const found = await lookup.lookup(name!, signal ? { signal } : {});
  const keys = new Map(
    found.methods.map(({ uri, spki }) => [parseMethod(uri).uri, spki]),
  );
  if (keys.size === 0) {
    throw new LektError(
      "UNREACHABLE",
      `Cannot reach ${harmless(name!)}: the directory names no usable method`,
      { failures: [] },
    );
  }
  return {
    methods: [...keys.keys()].map((uri) => parseMethod(uri)),
    accept: acceptFound(found, keys, accept),
    dialOptions(method) {
      const pinnedKey = keys.get(method.uri);
      return {
        ...(pinnedKey === undefined ? {} : { pinnedKey }),
        refusedScopes: lookup.isLocalAllowed ? [] : ["local", "linkLocal"],
      };
    },
  };
}

function acceptAll(): boolean {
  return true;
}
