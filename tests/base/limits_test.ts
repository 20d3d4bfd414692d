import { assert, assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  DECISION_GRACE_MS,
  DEFAULT_LIMITS,
  type Limits,
  LINGER_MS,
  LINGER_SIZE_MAX,
  NICKNAME_SIZE_MAX,
  OPEN_MESSAGES_MAX,
  REASON_SIZE_MAX,
  resolveLimits,
} from "../../src/base/limits.ts";

const ZERO_KEYS: readonly string[] = [
  "pingIntervalMs",
  "silenceTimeoutMs",
  "maxMessageWindowBytes",
  "maxVersionMinor",
];

const KEYS = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];

Deno.test("the limits of the protocol are those of sections 3, 4, 5 and 7", () => {
  assertEquals(NICKNAME_SIZE_MAX, 255);
  assertEquals(REASON_SIZE_MAX, 1_023);
  assertEquals(OPEN_MESSAGES_MAX, 1_024);
  assertEquals(LINGER_MS, 1_000);
  assertEquals(LINGER_SIZE_MAX, 65_536);
  assertEquals(DECISION_GRACE_MS, 15_000);
  assertEquals(DEFAULT_LIMITS.maxBufferedBytes, 67_108_864);
  assertEquals(DEFAULT_LIMITS.maxCollectedBytes, 16_777_216);
  assertEquals(DEFAULT_LIMITS.maxPartBytes, 262_144);
  assertEquals(DEFAULT_LIMITS.handshakeTimeoutMs, 10_000);
  assertEquals(DEFAULT_LIMITS.decisionTimeoutMs, 60_000);
});

Deno.test("resolveLimits() gives the defaults where nothing is set", () => {
  assertEquals(resolveLimits(), { ...DEFAULT_LIMITS });
  assertEquals(resolveLimits({}), { ...DEFAULT_LIMITS });
  assertEquals(
    resolveLimits({ maxPartBytes: undefined as unknown as number }),
    {
      ...DEFAULT_LIMITS,
    },
  );
  assert(Object.isFrozen(DEFAULT_LIMITS));
});

Deno.test("resolveLimits() takes each limit from its lowest to its highest and nothing beyond", () => {
  for (const key of KEYS) {
    const lowest = ZERO_KEYS.includes(key) ? 0 : 1;
    const highest = key === "maxPartBytes"
      ? 262_144
      : key === "maxVersionMinor"
      ? 1
      : key.endsWith("Ms")
      ? 2_147_483_647
      : Number.MAX_SAFE_INTEGER;
    for (const value of [lowest, lowest + 1, highest - 1, highest]) {
      // What must be more than another is set with it, and what follows another.
      const others = key === "silenceTimeoutMs"
        ? { pingIntervalMs: 0 }
        : key === "maxBufferedBytes"
        ? { maxTotalBufferedBytes: 1 }
        : key === "pingIntervalMs"
        ? { silenceTimeoutMs: 0 }
        : {};
      assertEquals(resolveLimits({ [key]: value, ...others }), {
        ...DEFAULT_LIMITS,
        [key]: value,
        ...others,
      });
    }
    for (
      const value of [
        lowest - 1,
        -1,
        highest + 1,
        1.5,
        NaN,
        Infinity,
        "5",
        null,
      ]
    ) {
      const error = assertThrows(
        () => resolveLimits({ [key]: value } as Partial<Limits>),
        LektError,
        `Cannot set limit "${key}" to ${value}`,
      );
      assertEquals(error.code, "INVALID_ARGUMENT");
    }
  }
});

Deno.test("resolveLimits() refuses a silence that a peer with nothing to say would not survive", () => {
  for (
    const limits of [
      { silenceTimeoutMs: 15_000 },
      { pingIntervalMs: 45_000 },
      { pingIntervalMs: 100, silenceTimeoutMs: 100 },
    ]
  ) {
    assertThrows(() => resolveLimits(limits), LektError, "silenceTimeoutMs");
  }
  const limits = { pingIntervalMs: 100, silenceTimeoutMs: 101 };
  assertEquals(resolveLimits(limits), { ...DEFAULT_LIMITS, ...limits });
});

Deno.test("resolveLimits() refuses a limit that does not exist", () => {
  for (const name of ["maxMessages", "toString", "constructor"]) {
    const error = assertThrows(
      () => resolveLimits({ [name]: 1 } as Partial<Limits>),
      LektError,
      `there is no such limit`,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("resolveLimits() lets all connections hold four times what one may, where that is more than the default and nothing is said of it", () => {
  const MIB = 1024 * 1024;
  const total = (limits: Partial<Limits>): number =>
    resolveLimits(limits).maxTotalBufferedBytes;
  assertEquals(total({}), 256 * MIB);
  assertEquals(total({ maxBufferedBytes: MIB }), 256 * MIB);
  assertEquals(total({ maxBufferedBytes: 100 * MIB }), 400 * MIB);
  assertEquals(
    total({ maxBufferedBytes: Number.MAX_SAFE_INTEGER }),
    Number.MAX_SAFE_INTEGER,
  );
  const both = { maxBufferedBytes: 100 * MIB, maxTotalBufferedBytes: 7 };
  assertEquals(total(both), 7);
});
