// Each bound of the handshake, one below it, at it, and one beyond.
import { assertEquals } from "@std/assert";
import {
  DECISION_GRACE_MS,
  DEFAULT_LIMITS,
  LINGER_MS,
  LINGER_SIZE_MAX,
  NICKNAME_SIZE_MAX,
  REASON_SIZE_MAX,
} from "../../src/base/limits.ts";
import {
  encodeHandshake,
  encodeResponderAccept,
  type Handshake,
} from "../../src/handshake/mod.ts";
import { packetOfHandshake, refusal } from "../helpers/raw_peer.ts";
import {
  drainEvents,
  drainTransmits,
  NOW_MS,
  start,
} from "../helpers/handshakes.ts";

/** A responder that has read alice's Handshake. */
function deciding(): Handshake {
  const handshake = start("responder");
  handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
  return handshake;
}

/** A responder whose Accept is written. */
function accepted(): Handshake {
  const handshake = deciding();
  handshake.handleDecision(true, NOW_MS);
  drainTransmits(handshake);
  return handshake;
}

/** A responder whose Reject is written. */
function lingering(): Handshake {
  const handshake = deciding();
  handshake.handleDecision("no", NOW_MS);
  drainTransmits(handshake);
  return handshake;
}

/** The code of the error that ended it; `undefined` where it goes on. */
function fate(handshake: Handshake): string | undefined {
  drainTransmits(handshake);
  const failed = drainEvents(handshake).find(({ kind }) => kind === "failed");
  return failed?.kind === "failed" ? failed.error.code : undefined;
}

/** What has the bound, the bound, and what it does with a size or a time. */
type Case = [
  name: string,
  bound: number,
  use: (value: number) => unknown,
  within: unknown,
  beyond: unknown,
];

function after(make: () => Handshake): (elapsedMs: number) => unknown {
  return (elapsedMs) => {
    const handshake = make();
    handshake.handleTimeout(NOW_MS + elapsedMs);
    return fate(handshake);
  };
}

const SIZES: Case[] = [
  [
    "a nickname of the initiator",
    NICKNAME_SIZE_MAX,
    (size) => {
      const handshake = start("responder");
      const packet = packetOfHandshake("H", `${"a".repeat(size)}\0`);
      handshake.handleReceived(packet, NOW_MS);
      return fate(handshake);
    },
    undefined,
    "PROTOCOL",
  ],
  [
    "a nickname of the responder",
    NICKNAME_SIZE_MAX,
    (size) => {
      const handshake = start("initiator");
      const packet = packetOfHandshake("A", `${"b".repeat(size)}\0`);
      handshake.handleReceived(packet, NOW_MS);
      return fate(handshake);
    },
    undefined,
    "PROTOCOL",
  ],
  [
    "the reason of a Reject that comes",
    REASON_SIZE_MAX,
    (size) => {
      const handshake = start("initiator");
      handshake.handleReceived(refusal("r".repeat(size)), NOW_MS);
      const [failed] = drainEvents(handshake);
      return failed?.kind === "failed" && failed.error.reason?.length === size;
    },
    true,
    false,
  ],
  [
    "bytes that come behind a Reject",
    LINGER_SIZE_MAX,
    (size) => {
      const handshake = lingering();
      handshake.handleReceived(new Uint8Array(size), NOW_MS);
      drainTransmits(handshake);
      return handshake.state;
    },
    "lingering",
    "closed",
  ],
];

for (const [name, bound, use, within, beyond] of SIZES) {
  Deno.test(`${name}: ${bound - 1} and ${bound} bytes are taken, ${bound + 1} are not`, () => {
    assertEquals(
      [bound - 1, bound, bound + 1].map(use),
      [within, within, beyond],
    );
  });
}

const { handshakeTimeoutMs, decisionTimeoutMs } = DEFAULT_LIMITS;
const THEIRS_MS = decisionTimeoutMs + DECISION_GRACE_MS;

const TIMES: Case[] = [
  [
    "a Handshake",
    handshakeTimeoutMs,
    after(() => start("responder")),
    undefined,
    "TIMEOUT",
  ],
  [
    "this side's decision",
    decisionTimeoutMs,
    after(deciding),
    undefined,
    "TIMEOUT",
  ],
  [
    "the initiator's Accept",
    THEIRS_MS,
    after(accepted),
    undefined,
    "TIMEOUT",
  ],
  [
    "the responder's answer",
    THEIRS_MS,
    after(() => start("initiator")),
    undefined,
    "TIMEOUT",
  ],
  [
    "the other side's end behind a Reject",
    LINGER_MS,
    (elapsedMs) => {
      const handshake = lingering();
      handshake.handleTimeout(NOW_MS + elapsedMs);
      return handshake.state;
    },
    "lingering",
    "closed",
  ],
];

for (const [name, bound, use, within, beyond] of TIMES) {
  Deno.test(`${name} is waited for ${bound} ms, and not one more`, () => {
    assertEquals(
      [bound - 1, bound, bound + 1].map(use),
      [within, beyond, beyond],
    );
  });
}

Deno.test("the longest packet of each side is read in one piece and in many", () => {
  const name = "a".repeat(NICKNAME_SIZE_MAX);
  for (
    const [role, packet] of [
      ["responder", encodeHandshake(name)],
      ["initiator", encodeResponderAccept(name)],
    ] as const
  ) {
    for (const step of [1, packet.length]) {
      const handshake = start(role);
      for (let at = 0; at < packet.length; at += step) {
        handshake.handleReceived(packet.slice(at, at + step), NOW_MS);
      }
      assertEquals(handshake.remote?.nickname, name);
      assertEquals(packet.length, 9 + NICKNAME_SIZE_MAX);
    }
  }
});
