/**
 * How often a client may ask.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { addressKey } from "../transport/address_key.ts";
import type { Clock } from "./clock.ts";
import { Problem } from "./problem.ts";

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

/** The limits count from one full minute to the next, in milliseconds. */
const WINDOW_MS = 60_000;

/** Clients that are counted at once, 100 bytes each; whoever has more addresses than that is not held up by counting them. */
export const COUNTED_CLIENTS_MAX = 100_000;

/** Counts the requests of each client; throws a {@linkcode Problem} where there are too many. */
export class RateGuard {
  #writesPerAddress: Window;
  #readsPerAddress: Window;
  #writesPerKey: Window;
  #slotsPerAddress: Window;

  /** Begins to count. */
  constructor(limits: DirectoryLimits, clock: Clock) {
    this.#writesPerAddress = new Window(limits.writesPerAddress, clock);
    this.#readsPerAddress = new Window(limits.readsPerAddress, clock);
    this.#writesPerKey = new Window(limits.writesPerKey, clock);
    this.#slotsPerAddress = new Window(limits.slotsPerAddress, clock);
  }

  /** Counts a registration or unregistration, before anything is read of it. */
  countWrite(address: string): void {
    this.#writesPerAddress.count(addressKey(address));
  }

  /** Counts a request about a slot. */
  countSlot(address: string): void {
    this.#slotsPerAddress.count(addressKey(address));
  }

  /** Counts any other request. */
  countRead(address: string): void {
    this.#readsPerAddress.count(addressKey(address));
  }

  /**
   * Refuses a key that has signed too much. It is not counted here: the
   * signature is not checked yet, and strangers must not use a key's share up.
   */
  checkKey(thumbprint: string): void {
    this.#writesPerKey.check(thumbprint);
  }

  /** Counts a registration or unregistration whose signature is good. */
  countKey(thumbprint: string): void {
    this.#writesPerKey.count(thumbprint);
  }
}

/** Counts within the present minute; what earlier ones counted is dropped whole, so no timer is held for each client. */
class Window {
  #points: number;
  #clock: Clock;
  #ends = 0;
  #used = new Map<string, number>();

  constructor(points: number, clock: Clock) {
    this.#points = points;
    this.#clock = clock;
  }

  count(key: string): void {
    this.check(key);
    const used = this.#used.get(key);
    this.#used.set(key, (used ?? 0) + 1);
    if (used !== undefined || this.#used.size <= COUNTED_CLIENTS_MAX) return;
    // A map goes through its keys in the order in which they came.
    const [oldest] = this.#used.keys();
    this.#used.delete(oldest!);
  }

  check(key: string): void {
    this.#begin();
    if ((this.#used.get(key) ?? 0) >= this.#points) throw this.#tooMany();
  }

  #begin(): void {
    const now = this.#clock.now();
    // A clock that was set back must not make a window last.
    if (now < this.#ends && now >= this.#ends - WINDOW_MS) return;
    this.#ends = (Math.floor(now / WINDOW_MS) + 1) * WINDOW_MS;
    this.#used = new Map();
  }

  #tooMany(): Problem {
    const left = Math.max(this.#ends - this.#clock.now(), 1);
    const seconds = Math.ceil(left / 1_000);
    return new Problem("too-many", {
      detail: `Try again in ${seconds} s`,
      headers: { "retry-after": String(seconds) },
    });
  }
}

/** The defaults with what was set; throws `INVALID_ARGUMENT` where a limit is not a positive integer. */
export function resolveDirectoryLimits(
  limits: Partial<DirectoryLimits> = {},
): DirectoryLimits {
  const resolved = { ...DEFAULT_DIRECTORY_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}" to ${
          messageOf(value)
        }: expected a positive integer`,
      );
    }
  }
  return resolved;
}
