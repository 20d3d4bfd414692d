/**
 * What the command line says about relays: which one to be reached through,
 * and how to run one.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { RelayLimits } from "../relay/mod.ts";
import {
  type ParsedOptions,
  readPlace,
  relaysContradict,
  type ServerPlace,
} from "./directory_settings.ts";
import { Misuse } from "./misuse.ts";
import { readRelayLimits } from "./relay_limits.ts";

/** Which relay to use. */
export interface RelayUseSettings {
  /** The one that is named; left out: the directory's. */
  readonly url?: string;
  /** Whether to use none. */
  readonly isRefused: boolean;
}

/** The relay to run. */
export interface RelayServerSettings extends ServerPlace {
  /** Tells these settings from those of other commands. */
  readonly command: "relay";
  /** The limits that differ from the defaults. */
  readonly relayLimits: Partial<RelayLimits>;
}

/**
 * Reads which relay to use.
 *
 * @throws {Misuse} Where that cannot be followed.
 */
export function readRelayUse(parsed: ParsedOptions): RelayUseSettings {
  const isRefused = parsed["no-relay"] === true;
  const [url, second] = parsed["relay"] as string[];
  if (url === undefined) return { isRefused };
  if (isRefused) {
    throw relaysContradict();
  }
  if (second !== undefined) {
    throw new Misuse("The option --relay is given twice: one relay is enough");
  }
  if (isRelayUrl(url)) return { url, isRefused };
  throw new Misuse(
    `The option --relay needs https://HOST or http://HOST:PORT, not "${
      harmless(url.slice(0, 200))
    }"`,
  );
}

/**
 * Reads the options of the command `relay`.
 *
 * @throws {Misuse} Where they cannot be followed.
 */
export function readRelayServerSettings(
  parsed: ParsedOptions,
): RelayServerSettings {
  return {
    command: "relay",
    ...readPlace(parsed),
    relayLimits: readRelayLimits(parsed),
  };
}

function isRelayUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) &&
    url.pathname === "/" && url.username + url.search + url.hash === "";
}
