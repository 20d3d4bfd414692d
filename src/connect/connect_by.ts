/**
 * From a target to a connection, whatever dials: programs and web pages reach
 * others by different means ({@linkcode Dialer}), and do the same with them.
 *
 * @module
 */
import type { Connection } from "../connection/connection.ts";
import {
  nextAttempt,
  publish,
  publishMisbehaviour,
  publishRefused,
} from "../diagnostics/channels.ts";
import { answersProbe } from "./probe.ts";
import type { ConnectOptions } from "./connect_options.ts";
import type { Dialer, DialSettings } from "./dialer.ts";
import { type Accept, establish } from "./establish.ts";
import { type Limits, resolveLimits } from "../base/limits.ts";
import { LektError } from "../base/errors.ts";
import { checkSignal } from "../base/signal.ts";
import { acceptFound } from "./lookup.ts";
import {
  hasMethodScheme,
  type Method,
  parseMethod,
} from "../transport/method.ts";
import { checkOptions, type MethodsOption, methodTexts } from "./options.ts";
import { pickAndDial } from "./picking.ts";
import { isRelayed } from "./stagger.ts";
import { checkNickname, harmless } from "../base/text.ts";
import type { Transport } from "../transport/transport.ts";

/** Connects to `target` by means of `dialer`; see `connect`. */
export async function connectBy(
  dialer: Dialer,
  target: MethodsOption,
  options: ConnectOptions,
): Promise<Connection> {
  checkOptions("connect", options);
  checkSignal("connect", options.signal);
  checkNickname(options.nickname);
  const limits = resolveLimits(options.limits);
  const attempt = { attempt: nextAttempt(), role: "initiator" } as const;
  const texts = methodTexts(target);
  publish("lekt:connect", () => ({ ...attempt, target: texts }));
  try {
    return await search(dialer, target, options, limits, attempt.attempt);
  } catch (error) {
    const [method] = texts.length === 1 ? texts : [];
    publishRefused(error, attempt, method === undefined ? {} : { method });
    throw error;
  }
}

async function search(
  dialer: Dialer,
  target: MethodsOption,
  options: ConnectOptions,
  limits: Limits,
  attempt: number,
): Promise<Connection> {
  const { signal } = options;
  const route = await findRoute(dialer, target, options);
  function open(method: Method, signal: AbortSignal): Promise<Transport> {
    return dialer.dial(method, {
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
    dialFault: dialer.dialFault,
    isAnswering: async (method, signal) =>
      await answersProbe(await open(method, signal), signal),
    async handshake(transport, method, signal, onAnswer) {
      const asking = Promise.resolve(options.onAsk?.(method.uri));
      const { connection, remote } = establish(transport, {
        attempt,
        role: "initiator",
        nickname: options.nickname,
        method: method.uri,
        accept(remote, context) {
          onAnswer();
          return route.accept(remote, context);
        },
        limits,
        signal,
      });
      try {
        return await Promise.race([connection, asking.then(() => connection)]);
      } catch (error) {
        const about = { attempt, role: "initiator" } as const;
        publishMisbehaviour(error, "handshake", about, remote);
        throw error;
      }
    },
  });
}

/** How to get to the other side, and whom to accept there. */
interface Route {
  methods: Method[];
  accept: Accept;
  dialOptions(method: Method): DialSettings;
}

async function findRoute(
  dialer: Dialer,
  target: MethodsOption,
  { accept = acceptAll, directory, proxy, relay, signal }: ConnectOptions,
): Promise<Route> {
  const texts = methodTexts(target);
  const [name] = texts;
  if (!directory || texts.length !== 1 || hasMethodScheme(name!)) {
    const methods = allowed(texts.map((text) => parseMethod(text)), relay);
    return { methods, accept, dialOptions: () => ({}) };
  }
  const lookup = await dialer.openLookup(directory, proxy);
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
    methods: allowed([...keys.keys()].map((uri) => parseMethod(uri)), relay),
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

/** The methods that may be used. */
function allowed(methods: Method[], relay = true): Method[] {
  const direct = relay
    ? methods
    : methods.filter((method) => !isRelayed(method));
  if (direct.length > 0 || methods.length === 0) return direct;
  throw new LektError(
    "UNREACHABLE",
    "Cannot connect: only a relay leads there, and relays are not to be used",
    { failures: [] },
  );
}

function acceptAll(): boolean {
  return true;
}
