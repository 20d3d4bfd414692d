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
  assertEquals(resolveLimits({ maxPartBytes: undefined }), {
    ...DEFAULT_LIMITS,
  });
  assert(Object.isFrozen(DEFAULT_LIMITS));
});

Deno.test("resolveLimits() takes each limit from 1 to its highest and nothing beyond", () => {
  for (const key of KEYS) {
    const highest = key === "maxPartBytes"
      ? 262_144
      : key.endsWith("Ms")
      ? 2_147_483_647
      : Number.MAX_SAFE_INTEGER;
    for (const value of [1, 2, highest - 1, highest]) {
      assertEquals(resolveLimits({ [key]: value }), {
        ...DEFAULT_LIMITS,
        [key]: value,
      });
    }
    for (const value of [0, -1, highest + 1, 1.5, NaN, Infinity, "5", null]) {
      const error = assertThrows(
        () => resolveLimits({ [key]: value } as Partial<Limits>),
        LektError,
        `Cannot set limit "${key}" to ${value}`,
      );
      assertEquals(error.code, "INVALID_ARGUMENT");
    }
  }
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
