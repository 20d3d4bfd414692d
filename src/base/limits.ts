/**
 * Every bound of the module, in one place, with its reason.
 *
 * @module
 */
import { LektError, messageOf } from "./errors.ts";

/** Bytes of the longest nickname ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), section 3). */
export const NICKNAME_SIZE_MAX = 255;

/** Bytes of the longest reason of a Reject or an Abort ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), sections 3 and 5). */
export const REASON_SIZE_MAX = 1023;

/** Messages that may be open at once in one direction ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#5-message-packets), section 5). */
export const OPEN_MESSAGES_MAX = 1024;

/** How long whoever sent a Reject waits for the other side's end of stream, in milliseconds. */
export const LINGER_MS = 1_000;

/** How many bytes whoever sent a Reject reads and drops while it waits. */
export const LINGER_SIZE_MAX = 64 * 1024;

/** The other side's decision may take this much longer than one's own, in milliseconds: who is late says so itself first. */
export const DECISION_GRACE_MS = 15_000;

/** The longest time that a timer can be set to, in milliseconds: `setTimeout` fires at once where it is longer. */
export const TIMER_MS_MAX = 0x7fff_ffff;

/** Limits and times of a connection, all of them with defaults ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#7-limits), section 7). */
export interface Limits {
  /** Bytes held for incomplete and unread messages, per connection: the other side may send what there is room for; at this many reading stops, which 8 MiB and more come to with a peer of version 1.0 only, or where messages that were aborted take them. Default: 64 MiB. */
  maxBufferedBytes: number;
  /** The same for all connections of the process together: each may hold as much as is free, so that the fullest ones stop reading first, and 96 KiB in any case; an eighth is kept for those that hold less than 1 MiB. Default: 256 MiB, or four times `maxBufferedBytes` where that is set higher than its default. */
  maxTotalBufferedBytes: number;
  /** Bytes of one message that `bytes()`, `text()` and `json()` collect; where that is more than half of `maxBufferedBytes`, there may be no room for so many. Default: 16 MiB. */
  maxCollectedBytes: number;
  /** A message that grows past this many bytes is handed over while its body still arrives; from 1 MiB on (version 1.1) in any case, for its sender would wait for somebody who reads it. Default: 64 KiB. */
  streamThresholdBytes: number;
  /** Bytes of a message in one packet, at most, when sending. Default and highest: 256 KiB. */
  maxPartBytes: number;
  /** Milliseconds for the other side's Handshake to arrive whole, from the connection's start. Default: 10 s. */
  handshakeTimeoutMs: number;
  /** Milliseconds for this side's own decision; the other side's may take 15 s more. Default: 60 s. */
  decisionTimeoutMs: number;
  /** Milliseconds for one attempt to reach a connection method. Default: 10 s. */
  dialTimeoutMs: number;
  /** Milliseconds that `close()` waits at most for the other side's end once all was sent; thirty times as long where the other side takes no bytes of what is still to be sent, or was so slow to take them, and (version 1.1; 5 s at least) where it does not say that it has got all. Default: 2 s. */
  closeTimeoutMs: number;
  /** Milliseconds that reading may stand still at `maxBufferedBytes` while the application waits for bytes behind those that it does not read; ten times as long where it has begun to read them, or waits for a send that the other side is yet to allow. Default: 5 s. */
  stallTimeoutMs: number;
  /** Clients of a listener whose handshake is under way, or whose connection the application has not taken yet. Where all places are taken, who has been silent for longest gives way to the next one; who waits for this side's decision keeps its place. Default: 1024. */
  maxPendingHandshakes: number;
  /** The share of one address (of IPv6 the first 64 bits): where all of `maxPendingHandshakes` are taken, addresses that have more give way first. So many calls of `accept` may be under way, at most, for clients of an address who have left. Default: 8. */
  maxPendingPerAddress: number;
  /** Milliseconds without a byte in one of the two directions until this side asks for a sign of life (version 1.1; [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md)). 0: it never asks, and takes no silence for an end. Default: 15 s. */
  pingIntervalMs: number;
  /** Milliseconds without a byte from the other side until the connection fails with `TIMEOUT` (version 1.1); more than `pingIntervalMs`. 0: never. Default: 45 s. */
  silenceTimeoutMs: number;
  /** Bytes of one message that the other side may send beyond what the application has taken of it, so that the others go on beside it (version 1.1). The first 2 MiB of each are always allowed, and less than 16 KiB counts as so much. 0: as many as there is room for in `maxBufferedBytes`. Default: 16 MiB. */
  maxMessageWindowBytes: number;
  /** The highest minor version of the protocol to speak, 0 or 1: with 0 as lekt 0.1.0 did, for tests. Default: 1. */
  maxVersionMinor: number;
}

/** The defaults of {@linkcode Limits}. */
export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  maxBufferedBytes: 64 * 1024 * 1024,
  maxTotalBufferedBytes: 256 * 1024 * 1024,
  maxCollectedBytes: 16 * 1024 * 1024,
  streamThresholdBytes: 64 * 1024,
  maxPartBytes: 256 * 1024,
  handshakeTimeoutMs: 10_000,
  decisionTimeoutMs: 60_000,
  dialTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
  stallTimeoutMs: 5_000,
  maxPendingHandshakes: 1_024,
  maxPendingPerAddress: 8,
  pingIntervalMs: 15_000,
  silenceTimeoutMs: 45_000,
  maxMessageWindowBytes: 16 * 1024 * 1024,
  maxVersionMinor: 1,
});

/** So many full connections may hold all that the process may, where the application does not say. */
const FULL_CONNECTION_COUNT = DEFAULT_LIMITS.maxTotalBufferedBytes /
  DEFAULT_LIMITS.maxBufferedBytes;

/** Limits that 0 switches off. */
const MAY_BE_ZERO: readonly (keyof Limits)[] = [
  "pingIntervalMs",
  "silenceTimeoutMs",
  "maxMessageWindowBytes",
  "maxVersionMinor",
];

/** The highest value of those that have one of their own. */
const HIGHEST: Partial<Limits> = {
  maxPartBytes: DEFAULT_LIMITS.maxPartBytes,
  maxVersionMinor: DEFAULT_LIMITS.maxVersionMinor,
};

/** The defaults with what the application set; throws `INVALID_ARGUMENT` where a limit is not an integer of its range, or two contradict each other. */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  const resolved: Limits = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}": there is no such limit`,
      );
    }
    const key = name as keyof Limits;
    const highest = HIGHEST[key] ??
      (key.endsWith("Ms") ? TIMER_MS_MAX : Number.MAX_SAFE_INTEGER);
    const lowest = MAY_BE_ZERO.includes(key) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < lowest || value > highest) {
      throw new LektError(
        "INVALID_ARGUMENT",
        `Cannot set limit "${name}" to ${
          messageOf(value)
        }: expected an integer from ${lowest} to ${highest}`,
      );
    }
    resolved[key] = value;
  }
  if (limits.maxTotalBufferedBytes === undefined) {
    const size = FULL_CONNECTION_COUNT * resolved.maxBufferedBytes;
    resolved.maxTotalBufferedBytes = Math.max(
      resolved.maxTotalBufferedBytes,
      Math.min(size, Number.MAX_SAFE_INTEGER),
    );
  }
  const { pingIntervalMs, silenceTimeoutMs } = resolved;
  if (silenceTimeoutMs > 0 && silenceTimeoutMs <= pingIntervalMs) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot set limit "silenceTimeoutMs" to ${silenceTimeoutMs}: expected more than pingIntervalMs, ${pingIntervalMs}, for a peer that has nothing to send would be taken for gone`,
    );
  }
  return resolved;
}
