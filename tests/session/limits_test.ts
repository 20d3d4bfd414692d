// Each bound of a connected session, one below it, at it, and one beyond.
import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS, resolveLimits } from "../../src/base/limits.ts";
import { HeldMemory, totalMemory } from "../../src/session/held_memory.ts";
import { Liveness } from "../../src/session/liveness.ts";
import { MORE, packet } from "../helpers/raw_peer.ts";
import { pattern } from "../helpers/messages.ts";
import { SessionPair } from "../helpers/session_pair.ts";

Deno.test("a connection may hold maxBufferedBytes, and not one more", () => {
  const maxBufferedBytes = 100_000;
  const held = new HeldMemory(resolveLimits({ maxBufferedBytes }));
  const rooms = [-1, 0, 1].map((extra) => {
    held.clear();
    held.change(maxBufferedBytes + extra);
    return held.room;
  });
  held.clear();
  assertEquals(rooms, [1, 0, -1]);
});

Deno.test("all connections together leave the full one no room at maxTotalBufferedBytes, and a share to one that holds nothing", () => {
  const MIB = 1024 * 1024;
  assertEquals(totalMemory.size, 0);
  const limits = resolveLimits({
    maxBufferedBytes: 64 * MIB,
    maxTotalBufferedBytes: 64 * MIB,
  });
  const full = new HeldMemory(limits);
  const empty = new HeldMemory(limits);
  const shares = [-1, 0, 1].map((extra) => {
    full.clear();
    full.change(64 * MIB + extra);
    return [full.room > 0, empty.room];
  });
  full.clear();
  assertEquals(shares, [[false, 98_304], [false, 98_304], [false, 98_304]]);
  // An eighth is kept for those who hold little: the full one stops before.
  const stops = [-1, 0, 1].map((extra) => {
    full.clear();
    full.change(28 * MIB + extra);
    return full.room > 0;
  });
  full.clear();
  assertEquals(stops, [true, false, false]);
});

Deno.test("a sign of life is asked for at pingIntervalMs, and the other side is gone at silenceTimeoutMs", () => {
  const { pingIntervalMs, silenceTimeoutMs } = DEFAULT_LIMITS;
  const verdictAt = (nowMs: number) => {
    const liveness = new Liveness({
      pingIntervalMs,
      silenceTimeoutMs,
      nowMs: 0,
      spread: 0,
    });
    for (let askedMs = pingIntervalMs; askedMs < nowMs;) {
      liveness.nextMs();
      if (liveness.check(askedMs) === "ping") liveness.ping(askedMs);
      liveness.noteSent(askedMs);
      askedMs += pingIntervalMs;
    }
    liveness.nextMs();
    return liveness.check(nowMs);
  };
  assertEquals(
    [-1, 0].map((extra) => verdictAt(pingIntervalMs + extra)),
    [undefined, "ping"],
  );
  assertEquals(
    [-1, 0, 1].map((extra) => verdictAt(silenceTimeoutMs + extra)),
    [undefined, "gone", "gone"],
  );
});

// The last one: what its sessions hold counts among all.
Deno.test("a message is handed over while it arrives when it has more than streamThresholdBytes", () => {
  const streamThresholdBytes = 5_000;
  const ready = [-1, 0, 1].map((extra) => {
    const pair = SessionPair.connected({ streamThresholdBytes });
    const { bob } = pair;
    pair.deliver(bob, packet(1, MORE, pattern(streamThresholdBytes + extra)));
    return bob.inbox.isReady;
  });
  assertEquals(ready, [false, false, true]);
});
