/**
 * Meeting by code: one side waits at a directory and gives a code to a person,
 * the other side is given it.
 *
 * @module
 */
import {
  connect,
  LektError,
  type Limits,
  listen,
  type Listener,
  type PeerLookup,
  type RelayUseOptions,
} from "../../../mod.ts";
import { hasMethodScheme, parseMethod } from "../../transport/method.ts";
import type { RegisteredMethod } from "../../directory/mod.ts";
import type { SlotClaims } from "../../directory/slot_client.ts";
import { codeScalar } from "../../talk/code_proof.ts";
import type { Chat } from "../chat.ts";
import type { DirectoryPresence } from "../directory_presence.ts";
import { markFault } from "../faults.ts";
import type { OwnSide } from "../own_side.ts";
import { isRelayed } from "../relay_words.ts";
import type { Reporter } from "../reporter.ts";
import type { Code } from "./code.ts";
import { makeCode } from "./make_code.ts";
import { firstWhoKnows, type Met } from "./first_who_knows.ts";
import { whileHeld } from "./held_slot.ts";
import { type ProofOptions, proveAsInitiator } from "./prove.ts";
import { qrLines } from "./qr.ts";

/** How long a code can be used, in milliseconds. */
const CODE_MS = 600_000;

/** Between the priorities of registered methods. */
const PRIORITY_STEP = 10;

/** What meeting by code works with. */
export interface MeetOptions {
  /** This side's keys, and its place in the directory. */
  readonly own: OwnSide;
  /** Own nickname. */
  readonly nickname: string;
  /** Limits of the connection. */
  readonly limits: Partial<Limits>;
  /** Shows what happens. */
  readonly reporter: Reporter;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Makes a code, shows it, and waits until somebody comes who knows it.
 *
 * @throws {LektError} `REJECTED` where somebody came who does not; `TIMEOUT` where nobody came; and as `listen` and the directory do.
 */
export async function offerCode(options: MeetOptions): Promise<Met> {
  const { own, nickname, reporter, signal } = options;
  const presence = own.inDirectory;
  const listener = await openListener(options, presence);
  let withdraw: (() => Promise<void>) | undefined;
  try {
    const slot = await presence.slots.open({
      nickname,
      methods: registeredMethods(listener, presence, own.key),
    }, signal).catch(markAndThrow);
    withdraw = slot.withdraw;
    const code = makeCode(slot.number);
    const scalar = codeScalar(code.text);
    reporter.emit({
      event: "code",
      code: code.text,
      directory: presence.url,
      expires: new Date(slot.expires * 1_000).toISOString(),
    });
    for (const line of await qrLines(code.text, reporter)) {
      reporter.note(line, "plain");
    }
    const met = await whileHeld(
      slot,
      { url: presence.url, signal, lifeMs: CODE_MS },
      (signal) => {
        const proof = { ...proofOptions(options, scalar), signal };
        return firstWhoKnows(listener, proof, CODE_MS);
      },
    );
    await remember(met, presence, reporter);
    return met;
  } finally {
    await Promise.allSettled([listener.close(), withdraw?.()]);
  }
}

/** Asks the person at the keyboard for a code; rejects where they end instead. */
export async function askCode(
  chat: Chat,
  { signal }: Pick<MeetOptions, "signal">,
): Promise<Code> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([chat.askCode(), stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Meets whoever gave a code away.
 *
 * @throws {LektError} `UNREACHABLE` where nobody waits for it; `REJECTED` where it is wrong; and as `connect` and the directory do.
 */
export async function meetByCode(
  code: Code,
  options: MeetOptions,
): Promise<Met> {
  const { own, nickname, limits, reporter, signal } = options;
  const presence = own.inDirectory;
  const found = await presence.slots.find(code.number, signal)
    .catch(markAndThrow);
  if (!found) {
    throw markFault(
      new LektError(
        "UNREACHABLE",
        `Nobody waits at number ${code.number} of ${presence.url}: the code has been used, or its ten minutes are over, or it belongs to another directory`,
      ),
    );
  }
  const { pinnedKey, lookup } = routeTo(found, presence);
  const { tls, proxy, relay = true } = await own.connectOptions();
  const connection = await connect(found.nickname, {
    nickname,
    limits,
    tls: { ...tls, pinnedKey },
    directory: lookup,
    ...(proxy === undefined ? {} : { proxy }),
    relay,
    signal,
  }).catch((error) => {
    throw withCodeAdvice(error);
  });
  try {
    const scalar = codeScalar(code.text);
    const proof = proofOptions(options, scalar);
    const met = { connection, ...await proveAsInitiator(connection, proof) };
    await remember(met, presence, reporter);
    return met;
  } catch (error) {
    await connection.close();
    throw withCodeAdvice(error);
  }
}

function proofOptions(
  { own, signal }: MeetOptions,
  scalar: bigint,
): ProofOptions {
  const { identity } = own.inDirectory;
  return { scalar, ownKey: own.key, identity, signal };
}

/** Listens where others reach this machine, and lets everybody in who shows a key: what they know is asked then. */
async function openListener(
  { own, nickname, limits, signal }: MeetOptions,
  presence: DirectoryPresence,
): Promise<Listener> {
  const { tls, relay } = await own.listenOptions(signal);
  const { advertised } = presence;
  const methods = advertised.length > 0
    ? advertised.map((uri) => wildcardOf(uri))
    : await presence.nearbyMethod().then((uri) => [uri], (error) => {
      // Behind a proxy, say: a relay is enough.
      if (!relay) throw error;
      return [];
    });
  return await listen({
    ...(tls ? { tls } : {}),
    ...(relay ? { relay: withOwnPlace(relay) } : {}),
    methods,
    nickname,
    limits,
    accept: ({ key }) => key !== undefined || "a certificate is needed here",
  });
}

/** A place of its own at the relay: the user's may be that of another program of theirs. */
function withOwnPlace(
  { identity: _, ...place }: RelayUseOptions,
): RelayUseOptions {
  return place;
}

/** Where to listen to be reached by a method: all addresses, and its port. */
function wildcardOf(uri: string): string {
  const method = parseMethod(uri);
  if (method.scheme === "tls") return `tls://0.0.0.0:${method.port}`;
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot be reached by a code over ${uri}: --advertise has to name a tls method`,
  );
}

function registeredMethods(
  { methods }: Listener,
  { advertised }: DirectoryPresence,
  spki: string,
): RegisteredMethod[] {
  const relayed = methods.filter(isRelayed);
  const direct = methods.filter((uri) => !isRelayed(uri));
  const uris = [...(advertised.length > 0 ? advertised : direct), ...relayed];
  return uris.map((uri, index) => ({
    uri,
    priority: index * PRIORITY_STEP,
    spki,
  }));
}

/** The methods of somebody who waits, as `connect` takes them; only what shows the one key that they have. */
function routeTo(
  { nickname, methods }: SlotClaims,
  { lookup }: DirectoryPresence,
): { pinnedKey: string; lookup: PeerLookup } {
  const pinnedKey = methods.find(({ spki }) => spki !== undefined)?.spki;
  const usable = methods.filter(({ spki, uri }) =>
    spki === pinnedKey && hasMethodScheme(uri)
  );
  if (pinnedKey === undefined) {
    throw new LektError(
      "UNREACHABLE",
      "Cannot reach who has given the code away: the directory names no usable method",
      { failures: [] },
    );
  }
  return {
    pinnedKey,
    lookup: {
      isLocalAllowed: lookup.isLocalAllowed,
      // Without their keys: what the directory says proves no nickname here.
      lookup: () =>
        Promise.resolve({
          nickname,
          thumbprint: "",
          methods: usable.map(({ uri }) => ({ uri })),
        }),
    },
  };
}

/** Pins whom we have met, so that the directory cannot put another in their place later. */
async function remember(
  { connection, thumbprint }: Met,
  { pins, origin }: DirectoryPresence,
  reporter: Reporter,
): Promise<void> {
  if (thumbprint === undefined) return;
  try {
    await pins.check(origin, connection.remote.nickname, thumbprint);
  } catch (error) {
    if (!(error instanceof LektError)) throw error;
    // The code says who it is; of the nickname there may be several.
    reporter.note(error.message, "error");
  }
}

/** Whoever gives a code away waits by that alone: what to do where nobody is there, or where they turn to another one who has come by it. */
function withCodeAdvice(error: unknown): unknown {
  if (!(error instanceof LektError)) return error;
  const { code, message, failures = [] } = error;
  if (code === "TRUNCATED") {
    return new LektError(
      code,
      "Whoever gave you the code broke off before it was proved: somebody else may have used it, or they have ended; ask for a new one",
      { cause: error },
    );
  }
  if (code !== "UNREACHABLE") return error;
  const end = message.endsWith("?") ? "" : ".";
  return markFault(
    new LektError(
      code,
      `${message}${end} Does whoever gave you the code still wait? If not, ask for a new one`,
      { failures, cause: error },
    ),
  );
}

function markAndThrow(error: unknown): never {
  throw markFault(error);
}
