// Control packets and short messages that need no core.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import { CoreHoard, SCARCE_COUNT } from "../helpers/core_hoard.ts";
import { pattern } from "../helpers/messages.ts";
import { packet } from "../helpers/raw_peer.ts";
import { SessionPair, shiftMessage } from "../helpers/session_pair.ts";

Deno.test("a connection that is opened and closed has nothing for messages", () => {
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { alice, bob } = pair;
  for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
    from.sayGoodbye("", pair.nowMs);
    pair.carry(from, to);
    pair.carry(to, from);
    assertEquals([from.isGoodbyeHeard, to.hasRemoteEnded], [true, true]);
  }
  alice.handleEndOfStream(pair.nowMs);
  bob.handleEndOfStream(pair.nowMs);
  assertEquals([alice.error, bob.error], [undefined, undefined]);
  assertEquals([alice.exchange, bob.exchange], [undefined, undefined]);
});

Deno.test("short messages with a Goodbye behind them need no core", () => {
  using hoard = new CoreHoard();
  hoard.keep(SCARCE_COUNT / 2); // more than are spare
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module) {
      super(module);
      throw new Error("A core is made");
    }
  };
  try {
    const pair = SessionPair.connected({ maxVersionMinor: 1 });
    const { bob } = pair;
    const ping = bytesOfControl({ type: "ping", data: new Uint8Array(8) });
    const bytes = concat([
      ping,
      packet(1, 0, "one"),
      packet(2, 0, "two"),
      ping,
      packet(3, 0, "three"),
      bytesOfControl({ type: "goodbye", messageCount: 3, reason: "" }),
    ]);
    bob.receiveBuffer().set(bytes);
    bob.handleReceived(bytes.length, pair.nowMs);
    assertEquals([bob.error, bob.hasRemoteEnded], [undefined, true]);
    const ids = [1, 2, 3].map(() => shiftMessage(bob.inbox)?.id);
    assertEquals(ids, [1, 2, 3]);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

Deno.test("a Goodbye with another count, or behind another one, breaks a rule, whoever reads it", () => {
  const first = bytesOfControl({
    type: "goodbye",
    messageCount: 1,
    reason: "",
  });
  const again = bytesOfControl({
    type: "goodbye",
    messageCount: 1,
    reason: "x",
  });
  const beginnings = [packet(1, 0, "one"), packet(1, 0, pattern(5_000, 1))];
  for (const message of beginnings) {
    for (
      const end of [[first], [first, first], [first, again], [message, first]]
    ) {
      const pair = SessionPair.connected({ maxVersionMinor: 1 });
      const { bob } = pair;
      const bytes = concat([message, ...end]);
      pair.deliver(bob, bytes);
      const isRight = end.length === 1;
      assertEquals(bob.error?.code, isRight ? undefined : "PROTOCOL");
    }
  }
  const pair = SessionPair.connected({ maxVersionMinor: 1 });
  const { bob } = pair;
  pair.deliver(bob, first);
  assertEquals(bob.error?.code, "PROTOCOL");
});
