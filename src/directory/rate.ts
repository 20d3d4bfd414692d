/**
 * How often a client may ask.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { addressKey } from "../transport/address_key.ts";
import type { Clock } from "./clock.ts";
import { Problem } from "./problem.ts";
import { RateWindow } from "./rate_window.ts";

/** How much a directory does for one client; each is a positive integer. */
export interface DirectoryLimits {
  /** Registrations and unregistrations of one address in a minute. Default: 600. */
  writesPerAddress: number;
  /** Other requests of one address in a minute. Default: 6,000. */
  readsPerAddress: number;
  /** Registrations and unregistrations signed by one key in a minute. Default: 60. */
  writesPerKey: number;
  /** Codes that one address asks for, looks up or gives back in a minute: whoever guesses numbers gets no further. Default: 60. */
  slotsPerAddress: number;
  /** Streams of events that one address holds open at once. Default: 100. */
  watchesPerAddress: number;
  /** Connections that one address holds open at once; a further one ends the one that has been silent for longest. Not counted where a proxy tells the addresses. Default: 256. */
  connectionsPerAddress: number;
}

/** The defaults of {@linkcode DirectoryLimits}. */
export const DEFAULT_DIRECTORY_LIMITS: Readonly<DirectoryLimits> = Object
  .freeze({
    writesPerAddress: 600,
    readsPerAddress: 6_000,
    writesPerKey: 60,
    slotsPerAddress: 60,
    watchesPerAddress: 100,
    connectionsPerAddress: 256,
  });

/** Counts the requests of each client; throws a {@linkcode Problem} where there are too many. */
export class RateGuard {
  #writesPerAddress: RateWindow;
  #readsPerAddress: RateWindow;
  #writesPerKey: RateWindow;
  #slotsPerAddress: RateWindow;

  /** Begins to count. */
  constructor(limits: DirectoryLimits, clock: Clock) {
    this.#writesPerAddress = new RateWindow(limits.writesPerAddress, clock);
    this.#readsPerAddress = new RateWindow(limits.readsPerAddress, clock);
    this.#writesPerKey = new RateWindow(limits.writesPerKey, clock);
    this.#slotsPerAddress = new RateWindow(limits.slotsPerAddress, clock);
  }

  /** Counts a registration or unregistration, before anything is read of it. */
  countWrite(address: string): void {
    refuse(this.#writesPerAddress.count(addressKey(address)));
  }

  /** Counts a request about a slot. */
  countSlot(address: string): void {
    refuse(this.#slotsPerAddress.count(addressKey(address)));
  }

  /** Counts any other request. */
  countRead(address: string): void {
    refuse(this.#readsPerAddress.count(addressKey(address)));
  }

  /**
   * Refuses a key that has signed too much. It is not counted here: the
   * signature is not checked yet, and strangers must not use a key's share up.
   */
  checkKey(thumbprint: string): void {
    refuse(this.#writesPerKey.check(thumbprint));
  }

  /** Counts a registration or unregistration whose signature is good. */
  countKey(thumbprint: string): void {
    refuse(this.#writesPerKey.count(thumbprint));
  }
}

function refuse(waitS: number | undefined): void {
  if (waitS === undefined) return;
  throw new Problem("too-many", {
    detail: `Try again in ${waitS} s`,
    headers: { "retry-after": String(waitS) },
  });
}

/** The defaults with what was set; throws `INVALID_ARGUMENT` where a limit is none, or not a positive integer. */
export function resolveDirectoryLimits(
  limits: Partial<DirectoryLimits> = {},
): DirectoryLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_DIRECTORY_LIMITS, name)) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}": there is no such limit of a directory`,
      );
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}" to ${
          messageOf(value)
        }: expected a positive integer`,
      );
    }
  }
  return { ...DEFAULT_DIRECTORY_LIMITS, ...limits };
}
