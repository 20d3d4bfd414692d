import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  encodeHandshake,
  encodeInitiatorAccept,
  encodeReject,
  encodeResponderAccept,
  Handshake,
  LektError,
  PROTOCOL_VERSION,
  type Role,
} from "../../src/handshake/mod.ts";
import { toHex, withTrailing } from "../helpers/cuts.ts";
import {
  drainEvents,
  drainTransmits,
  kinds,
  NOW_MS,
  start,
} from "../helpers/handshakes.ts";

Deno.test("encode functions write the four packets", () => {
  assertEquals(PROTOCOL_VERSION, "1.1.0");
  assertEquals(
    toHex(encodeHandshake("alice")),
    "4c454b5448010000616c69636500",
  );
  assertEquals(toHex(encodeResponderAccept("bob")), "4c454b5441010000626f6200");
  assertEquals(toHex(encodeInitiatorAccept()), "4c454b5441010000");
  assertEquals(toHex(encodeReject("no")), "4c454b54520100006e6f00");
  assertEquals(encodeReject("x".repeat(2_000)).length, 1_032);
  assertEquals(encodeHandshake("x".repeat(255)).length, 264);
  for (const encode of [encodeHandshake, encodeResponderAccept]) {
    const error = assertThrows(() => encode("x".repeat(256)), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("Handshake() refuses options that are not usable", () => {
  const good = { role: "initiator", nickname: "alice", nowMs: 0 } as const;
  const bad = [
    { ...good, role: "client" as Role },
    { ...good, nickname: "" },
    { ...good, nickname: "a\u202Eb" },
    { ...good, nowMs: NaN },
    { ...good, nowMs: -1 },
    { ...good, handshakeTimeoutMs: Infinity },
    { ...good, decisionTimeoutMs: -1 },
    { ...good, versionMinor: 2 },
  ];
  for (const options of bad) {
    const error = assertThrows(() => new Handshake(options), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
  const instant = { ...good, handshakeTimeoutMs: 0, decisionTimeoutMs: 0 };
  assertEquals(new Handshake(instant).state, "awaitingAnswer");
});

Deno.test("two handshakes go by the lower of their minor versions, each in its own packets", () => {
  const nowMs = NOW_MS;
  for (const [first, second] of [[0, 0], [0, 1], [1, 0], [1, 1]] as const) {
    const alice = new Handshake({
      role: "initiator",
      nickname: "alice",
      versionMinor: first,
      nowMs,
    });
    const bob = new Handshake({
      role: "responder",
      nickname: "bob",
      versionMinor: second,
      nowMs,
    });
    assertEquals(alice.versionMinor, first);
    const hello = alice.pollTransmit()!;
    assertEquals(hello, encodeHandshake("alice", first));
    bob.handleReceived(hello, nowMs);
    bob.handleDecision(true, nowMs);
    const welcome = bob.pollTransmit()!;
    assertEquals(welcome, encodeResponderAccept("bob", second));
    alice.handleReceived(welcome, nowMs);
    alice.handleDecision(true, nowMs);
    const agreed = alice.pollTransmit()!;
    assertEquals(agreed, encodeInitiatorAccept(first));
    assertEquals(agreed[6], first);
    bob.handleReceived(agreed, nowMs);
    assertEquals([alice.state, bob.state], ["connected", "connected"]);
    const lower = Math.min(first, second);
    assertEquals([alice.versionMinor, bob.versionMinor], [lower, lower]);
    assertEquals(alice.remote?.version, `1.${second}.0`);
  }
});

Deno.test("Handshake() takes its times from the options", () => {
  const options = { nickname: "x", nowMs: 7, decisionTimeoutMs: 100 };
  const initiator = new Handshake({ role: "initiator", ...options });
  assertEquals(initiator.role, "initiator");
  assertEquals(initiator.pollTimeout(), 7 + 100 + 15_000);
  const responder = new Handshake({
    role: "responder",
    handshakeTimeoutMs: 20,
    ...options,
  });
  assertEquals(responder.role, "responder");
  assertEquals(responder.pollTimeout(), 27);
  responder.handleReceived(encodeHandshake("alice"), 20);
  assertEquals(responder.pollTimeout(), 120);
  responder.handleDecision(true, 100);
  assertEquals(responder.pollTimeout(), 100 + 100 + 15_000);
  responder.handleReceived(encodeInitiatorAccept(), 200);
  assertEquals(responder.state, "connected");
  assertEquals(responder.pollTimeout(), undefined);
});

Deno.test("handleReceived() counts bytes that come late but before handleTimeout() as in time", () => {
  const handshake = start("responder");
  handshake.handleReceived(encodeHandshake("alice"), NOW_MS + 60_000);
  assertEquals(handshake.state, "deciding");
});

Deno.test("remote is known once a good nickname was read", () => {
  const handshake = start("responder");
  const packet = encodeHandshake("alice");
  handshake.handleReceived(packet.subarray(0, -1), NOW_MS);
  assertEquals(handshake.remote, undefined);
  handshake.handleReceived(packet.subarray(-1), NOW_MS);
  assertEquals(handshake.remote, { nickname: "alice", version: "1.0.0" });
  const asked = handshake.pollEvent();
  assertEquals(asked, { kind: "decisionNeeded", remote: handshake.remote! });
});

Deno.test("handleReceived() copies what it keeps", () => {
  const handshake = start("responder");
  const lent = encodeHandshake("alice");
  handshake.handleReceived(lent.subarray(0, 12), NOW_MS);
  lent.fill(0, 0, 12);
  handshake.handleReceived(lent.subarray(12), NOW_MS);
  handshake.handleDecision(true, NOW_MS);
  const behind = withTrailing(encodeInitiatorAccept(), Uint8Array.of(1, 2, 3));
  handshake.handleReceived(behind, NOW_MS);
  behind.fill(0);
  assertEquals(handshake.takeTrailing(), Uint8Array.of(1, 2, 3));
  assertEquals(handshake.takeTrailing(), new Uint8Array(0));
});

Deno.test("a decision under way is cancelled by bytes, by the end, by a failure and by time", () => {
  const ends: [string, (handshake: Handshake) => void][] = [
    ["PROTOCOL", (h) => h.handleReceived(Uint8Array.of(0), NOW_MS)],
    ["CLOSED", (h) => h.handleEndOfStream(NOW_MS)],
    ["CLOSED", (h) => h.handleFailure(new Error("reset"), NOW_MS)],
    ["TIMEOUT", (h) => h.handleTimeout(NOW_MS + 60_000)],
  ];
  for (const role of ["initiator", "responder"] as const) {
    for (const [code, end] of ends) {
      const handshake = start(role);
      const packet = role === "responder"
        ? encodeHandshake("alice")
        : encodeResponderAccept("bob");
      handshake.handleReceived(packet, NOW_MS);
      assertEquals(kinds(drainEvents(handshake)), ["decisionNeeded"]);
      end(handshake);
      const events = drainEvents(handshake);
      assertEquals(kinds(events), ["decisionCancelled", "failed"]);
      for (const event of events) {
        assert("error" in event);
        assertEquals(event.error.code, code);
      }
      handshake.handleDecision(true, NOW_MS);
      handshake.handleDecision("no", NOW_MS);
      assertEquals(drainEvents(handshake), []);
    }
  }
});

Deno.test("no decision is asked for when bytes came behind the packet in the same read", () => {
  const handshake = start("responder");
  const bytes = withTrailing(encodeHandshake("alice"), Uint8Array.of(0));
  handshake.handleReceived(bytes, NOW_MS);
  assertEquals(kinds(drainEvents(handshake)), ["failed"]);
  assertEquals(handshake.remote?.nickname, "alice");
});

Deno.test("handleFailure() keeps what broke the transport as the cause", () => {
  const cause = new Error("connection reset");
  for (const role of ["initiator", "responder"] as const) {
    const handshake = start(role);
    handshake.handleFailure(cause, NOW_MS);
    const event = drainEvents(handshake).at(-1);
    assert(event?.kind === "failed");
    assertEquals(event.error.code, "CLOSED");
    assertEquals(event.error.cause, cause);
    assertEquals(handshake.state, "closed");
    assertEquals(drainTransmits(handshake), []);
    assertEquals(handshake.pollTimeout(), undefined);
  }
});

Deno.test("what was not written is dropped when there is nobody to answer", () => {
  const handshake = start("responder");
  handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
  handshake.handleDecision(true, NOW_MS);
  handshake.handleReceived(Uint8Array.of(0), NOW_MS);
  assertEquals(handshake.state, "closed");
  assertEquals(drainTransmits(handshake), []);
});

function startLingering(): Handshake {
  const handshake = start("responder");
  handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
  handshake.handleDecision("no", NOW_MS);
  assertEquals(handshake.state, "lingering");
  assertEquals(handshake.pollTimeout(), NOW_MS + 1_000);
  return handshake;
}

Deno.test("a Reject is written before an end of stream or too many bytes close the handshake", () => {
  const flood = new Uint8Array(65_537);
  for (const end of ["end of stream", "flood"]) {
    const handshake = startLingering();
    if (end === "flood") handshake.handleReceived(flood, NOW_MS);
    else handshake.handleEndOfStream(NOW_MS);
    assertEquals(handshake.state, "lingering", end);
    assertEquals(toHex(handshake.pollTransmit()!), toHex(encodeReject("no")));
    assertEquals(handshake.state, "lingering", end);
    assertEquals(handshake.pollTransmit(), undefined);
    assertEquals(handshake.state, "closed", end);
  }
});

Deno.test("lingering ends at once when the transport breaks or its time is up", () => {
  const broken = startLingering();
  broken.handleFailure(new Error("reset"), NOW_MS);
  assertEquals(broken.state, "closed");
  const late = startLingering();
  late.handleTimeout(NOW_MS + 999);
  assertEquals(late.state, "lingering");
  late.handleTimeout(NOW_MS + 1_000);
  assertEquals(late.state, "closed");
  for (const handshake of [broken, late]) {
    assertEquals(drainTransmits(handshake), []);
    assertEquals(kinds(drainEvents(handshake)), ["decisionNeeded", "failed"]);
  }
});

Deno.test("a closed handshake ignores whatever still comes", () => {
  const handshake = start("responder");
  handshake.handleEndOfStream(NOW_MS);
  drainEvents(handshake);
  handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
  handshake.handleEndOfStream(NOW_MS);
  handshake.handleFailure(new Error("late"), NOW_MS);
  handshake.handleDecision(true, NOW_MS);
  handshake.handleTimeout(NOW_MS + 1e9);
  assertEquals(handshake.state, "closed");
  assertEquals(drainEvents(handshake), []);
  assertEquals(drainTransmits(handshake), []);
});

Deno.test("misuse throws INVALID_ARGUMENT and changes nothing", () => {
  const waiting = start("responder");
  const connected = start("initiator");
  connected.handleReceived(encodeResponderAccept("bob"), NOW_MS);
  connected.handleDecision(true, NOW_MS);
  connected.handleTimeout(NOW_MS + 1e9);
  const misuses: [Handshake, string, () => void][] = [
    [waiting, "a decision", () => waiting.handleDecision(true, NOW_MS)],
    [connected, "a decision", () => connected.handleDecision(true, NOW_MS)],
    [
      connected,
      "received bytes",
      () => connected.handleReceived(Uint8Array.of(1), NOW_MS),
    ],
    [connected, '"ended"', () => connected.handleEndOfStream(NOW_MS)],
    [
      connected,
      '"ended"',
      () => connected.handleFailure(new Error("reset"), NOW_MS),
    ],
  ];
  for (const [handshake, what, misuse] of misuses) {
    const before = handshake.state;
    const error = assertThrows(misuse, LektError, `Cannot handle ${what}: `);
    assertEquals(error.message.endsWith(before), true);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assertEquals(handshake.state, before);
  }
  assertEquals(kinds(drainEvents(connected)), ["decisionNeeded", "connected"]);
});

Deno.test("a reason of our own is cut to 1023 bytes and reported as it was sent", () => {
  for (const size of [1_022, 1_023, 1_024]) {
    const handshake = start("responder");
    handshake.handleReceived(encodeHandshake("alice"), NOW_MS);
    handshake.handleDecision("x".repeat(size), NOW_MS);
    const sent = handshake.pollTransmit();
    assertEquals(sent?.length, 9 + Math.min(size, 1_023));
    const event = drainEvents(handshake).at(-1);
    assert(event?.kind === "failed");
    assertEquals(event.error.reason, "x".repeat(Math.min(size, 1_023)));
  }
});

Deno.test("the message of a rejection is harmless, its reason is as sent", () => {
  const handshake = start("initiator");
  handshake.handleReceived(encodeReject("\x1b[2Jgone\n"), NOW_MS);
  const event = handshake.pollEvent();
  assert(event?.kind === "failed");
  assertEquals(event.error.reason, "\x1b[2Jgone\n");
  assertStringIncludes(event.error.message, "\\u{1b}[2Jgone\\u{a}");
});

Deno.test("the message of a protocol error names the byte", () => {
  const handshake = start("initiator");
  handshake.handleReceived(new TextEncoder().encode("LEKTX"), NOW_MS);
  const event = handshake.pollEvent();
  assert(event?.kind === "failed");
  assertEquals(
    event.error.message,
    "Cannot complete the handshake: byte 4 is 0x58, expected 0x41 or 0x52",
  );
});
