/**
 * Every bound of a relay, in one place, with its reason.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { TIMER_MS_MAX } from "../base/limits.ts";

/** The port of a relay where none is named. */
export const RELAY_PORT = 15360;

/** How much a relay does; each is a positive integer, and 0 where its text says so. */
export interface RelayLimits {
  /** Listeners at once, 30 KB each. Default: 10,000. */
  listeners: number;
  /** Listeners of one address at once: an office behind one router. Default: 100. */
  listenersPerAddress: number;
  /** Calls at once, a quarter of a MiB each at most. Default: 1,000. */
  calls: number;
  /** Calls of one listener at once, so that one popular listener leaves room for others. Default: 100. */
  callsPerListener: number;
  /** Calls from one address at once. Default: 10. */
  callsPerAddress: number;
  /** Calls that one address may begin in a minute, and as many times it may begin to listen, so that nobody keeps listeners busy. Default: 60. */
  callsPerMinute: number;
  /** Bytes a second of one call, both directions together: a video call, or a file of a GB in five minutes. 0: no bound. Default: 4 MiB. */
  bytesPerSecond: number;
  /** Bytes of one call, both directions together: what passes through costs whoever runs the relay twice. 0: no bound. Default: 1 GiB. */
  bytesPerCall: number;
  /** Milliseconds without a byte until a call ends: lekt 1.1 itself says something every 15 s. Default: 600,000. */
  idleMs: number;
  /** Milliseconds for a listener to state who it is, for the other side to answer a call, and for who calls to say anything. Default: 10,000. */
  helloMs: number;
}

/** The defaults of {@linkcode RelayLimits}. */
export const DEFAULT_RELAY_LIMITS: Readonly<RelayLimits> = Object.freeze({
  listeners: 10_000,
  listenersPerAddress: 100,
  calls: 1_000,
  callsPerListener: 100,
  callsPerAddress: 10,
  callsPerMinute: 60,
  bytesPerSecond: 4 * 1024 * 1024,
  bytesPerCall: 1024 * 1024 * 1024,
  idleMs: 600_000,
  helloMs: 10_000,
});

/** Limits that 0 switches off. */
const MAY_BE_ZERO: readonly string[] = ["bytesPerSecond", "bytesPerCall"];

/** The defaults with what was set; throws `INVALID_ARGUMENT` where one is no such limit or number. */
export function resolveRelayLimits(
  limits: Partial<RelayLimits> = {},
): RelayLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_RELAY_LIMITS, name)) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}": there is no such limit of a relay`,
      );
    }
    const lowest = MAY_BE_ZERO.includes(name) ? 0 : 1;
    const highest = name.endsWith("Ms")
      ? TIMER_MS_MAX
      : Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < lowest || value > highest) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}" to ${
          messageOf(value)
        }: expected an integer from ${lowest} to ${highest}`,
      );
    }
  }
  return { ...DEFAULT_RELAY_LIMITS, ...limits };
}

/** Bytes that wait for one side of a call when the other side is no longer read: with one message, and one read of TCP, 128 KiB. */
export const WAITING_SIZE_MAX = 32 * 1024;

/** So many bytes wait at most when reading goes on. */
export const WAITING_SIZE_LOW = 16 * 1024;

/** What a message costs of `bytesPerSecond` besides its bytes: who sends each byte alone must not keep the relay busy. */
export const MESSAGE_COST = 512;

/** Bytes of calls that may wait for a listener that does not read its line: more than `callsPerListener` of them. */
export const LINE_WAITING_SIZE_MAX = 64 * 1024;

/** How often a listener is pinged, in milliseconds: routers forget connections that are silent for 30 s or more. */
export const PING_MS = 15_000;

/** How long a listener may take to answer a ping, in milliseconds: a phone that wakes. */
export const PONG_MS = 20_000;

/** How often it is looked who is late, in milliseconds; at least a part of the shortest time. */
export const SWEEP_MS_MAX = 1_000;

/** How long an answer without a WebSocket may take to be taken, in milliseconds. */
export const REFUSAL_MS = 5_000;
