/**
 * What the command line says about directories: how to use one, and how to run
 * one.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import { parseMethod } from "../transport/method.ts";
import type { ReadVariable } from "./environment.ts";
import type { RelayLimits } from "../relay/mod.ts";
import { Misuse, UselessOptions } from "./misuse.ts";
import { readRelayLimits } from "./relay_limits.ts";

/** The variable that names the directory where no option does. */
export const DIRECTORY_VARIABLE = "LEKT_DIRECTORY";

/** The directory to use, and how. */
export interface DirectoryUseSettings {
  /** Its URL. */
  readonly url: string;
  /** What to register instead of the methods that are listened on; empty: those. */
  readonly advertised: readonly string[];
  /** Whether it may point us at this machine and its link; left out: where it is on this machine itself. */
  readonly allowLocal?: boolean;
}

/** The directory to run. */
export interface DirectoryServerSettings extends ServerPlace {
  /** Tells these settings from those of other commands. */
  readonly command: "directory";
  /** The store's address. */
  readonly store?: string;
  /** Whether it relays, too. */
  readonly isRelaying: boolean;
  /** The limits of that relay that differ from the defaults. */
  readonly relayLimits: Partial<RelayLimits>;
  /** Relays elsewhere that it names. */
  readonly relays: readonly string[];
}

/** The options of the command line by name, as the parser gives them. */
export type ParsedOptions = Record<string, unknown>;

/**
 * Reads the options of the command `directory`.
 *
 * @throws {Misuse} Where they cannot be followed.
 */
export function readServerSettings(
  parsed: ParsedOptions,
): DirectoryServerSettings {
  const place = readPlace(parsed);
  return {
    command: "directory",
    ...place,
    ...(parsed["store"] === undefined
      ? {}
      : { store: String(parsed["store"]) }),
    ...readRelaying(parsed, place),
  };
}

/** Where a server listens, what it is called, and how it tells what happens. */
export interface ServerPlace {
  /** The address to listen on. */
  readonly hostname?: string;
  /** The port to listen on; 0 asks for a free one. */
  readonly port?: number;
  /** The origins that clients know it by. */
  readonly origins?: readonly string[];
  /** The request header that tells the client's address. */
  readonly addressHeader?: string;
  /** Machine-readable output. */
  readonly isJson: boolean;
}

/**
 * Reads what the commands that serve others have in common.
 *
 * @throws {Misuse} Where it cannot be followed.
 */
export function readPlace(parsed: ParsedOptions): ServerPlace {
  const origins = parsed["origin"] as string[];
  return {
    isJson: parsed["json"] === true,
    ...(parsed["port"] === undefined ? {} : { port: readPort(parsed["port"]) }),
    ...(parsed["host"] === undefined
      ? {}
      : { hostname: String(parsed["host"]) }),
    ...(origins.length === 0 ? {} : { origins }),
    ...(parsed["address-header"] === undefined
      ? {}
      : { addressHeader: readHeaderName(parsed["address-header"]) }),
  };
}

/** What says that relays are both named and refused. */
export function relaysContradict(): Misuse {
  return new UselessOptions(
    "The options --relay and --no-relay contradict",
    ["relay", "no-relay"],
  );
}

/** Whether a directory relays: where it is told to, and on this machine for this machine alone. */
function readRelaying(
  parsed: ParsedOptions,
  { hostname = "127.0.0.1", origins }: ServerPlace,
): Pick<DirectoryServerSettings, "isRelaying" | "relayLimits" | "relays"> {
  const named = parsed["relay"] as string[];
  const isRefused = parsed["no-relay"] === true;
  if (isRefused && named.length > 0) {
    throw relaysContradict();
  }
  const isForThisMachine = origins === undefined && named.length === 0 &&
    /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(hostname);
  return {
    isRelaying: !isRefused && (named.includes("") || isForThisMachine),
    relayLimits: readRelayLimits(parsed),
    relays: named.filter((url) => url !== ""),
  };
}

/**
 * Reads the options of those who use a directory; `undefined` where neither they
 * nor the environment name one, or they say `none`.
 *
 * @throws {Misuse} Where they cannot be followed.
 */
export function readUseSettings(
  parsed: ParsedOptions,
  variable: ReadVariable,
): DirectoryUseSettings | undefined {
  const named = parsed["directory"] as string | undefined ??
    (variable(DIRECTORY_VARIABLE) || undefined);
  const url = named === "none" ? undefined : named;
  const advertised = parsed["advertise"] as string[];
  const allowLocal = parsed["allow-local"] === true;
  if (url === undefined) {
    const alone = allowLocal
      ? "allow-local"
      : advertised.length > 0
      ? "advertise"
      : undefined;
    if (alone === undefined) return undefined;
    throw new UselessOptions(`The option --${alone} needs --directory`, [
      alone,
    ]);
  }
  checkDirectoryUrl(url);
  for (const method of advertised) checkMethod(method);
  return { url, advertised, ...(allowLocal ? { allowLocal } : {}) };
}

/**
 * Checks a connection method.
 *
 * @param text The method.
 * @param advice What to say besides where it is none.
 * @throws {Misuse} Where it is none.
 */
export function checkMethod(text: string, advice = ""): void {
  try {
    parseMethod(text);
  } catch (error) {
    throw new Misuse(harmless(messageOf(error)) + advice);
  }
}

function checkDirectoryUrl(text: string): void {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username) return;
  throw new Misuse(
    `The option --directory needs http://HOST:PORT, https://HOST or none, not "${
      harmless(text.slice(0, 200))
    }"`,
  );
}

/** A token of HTTP (RFC 9110, section 5.6.2). */
function readHeaderName(value: unknown): string {
  const text = String(value);
  if (/^[!#$%&'*+.^_`|~\w-]+$/.test(text)) return text;
  throw new Misuse(
    `The option --address-header needs the name of a header, not "${
      harmless(text.slice(0, 200))
    }"`,
  );
}

function readPort(value: unknown): number {
  const text = String(value);
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 0xffff) return port;
  throw new Misuse(
    `The option --port needs a number up to 65535, not "${
      harmless(text.slice(0, 200))
    }"`,
  );
}
