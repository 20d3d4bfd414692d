// Control packets and short messages that need no core.
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { CONTROL_PING, CONTROL_STOP } from "../../asm/wire.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import { readShortControls } from "../../src/session/short_controls.ts";
import {
  SMALL_BUFFER_SIZE,
  SmallMessageBuffer,
} from "../../src/session/small_message_buffer.ts";
import { CoreHoard, SCARCE_COUNT } from "../helpers/core_hoard.ts";
import { pattern } from "../helpers/messages.ts";
import { CONTROL, packet } from "../helpers/raw_peer.ts";
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

const PING = bytesOfControl({ type: "ping", data: new Uint8Array(8) });

/** How far `bytes` up to `size` are taken without a core, and as what. */
function taken(bytes: Uint8Array, size = bytes.length): [number, string[]] {
  const types: string[] = [];
  const end = readShortControls(bytes, 0, size, {
    takeControl: ({ type }) => {
      types.push(type);
      return undefined;
    },
    takeGoodbye: () => true,
  });
  return [end as number, types];
}

Deno.test("a short control packet is taken without a core once it is whole, whatever the memory behind it holds", () => {
  for (let size = 0; size < PING.length; size++) {
    assertEquals(taken(PING, size), [0, []]);
  }
  assertEquals(taken(PING), [PING.length, ["ping"]]);
});

Deno.test("what looks like a short control packet, and is none, is the core's", () => {
  const total = 1_000_000;
  const window = bytesOfControl({ type: "messageWindow", messageId: 5, total });
  assertEquals(taken(window), [window.length, ["messageWindow"]]);
  const body = (kind: number, size = 9): Uint8Array => {
    const bytes = new Uint8Array(size);
    bytes[0] = kind;
    return bytes;
  };
  for (
    const other of [
      packet(0, 0, body(CONTROL_PING)),
      packet(0, CONTROL, body(CONTROL_PING, 10)),
      packet(0, CONTROL, body(CONTROL_PING, 8)),
      packet(1, CONTROL, body(CONTROL_PING)),
      packet(0, CONTROL, body(CONTROL_STOP)),
    ]
  ) {
    assertEquals(taken(concat([PING, other, PING]))[0], PING.length);
  }
});

Deno.test("a small buffer takes a control packet that has just room", () => {
  for (const extra of [-1, 0, 1]) {
    const buffer = new SmallMessageBuffer();
    const size = buffer.room - PING.length + extra;
    buffer.putMessage(1, new Uint8Array(size));
    const before = buffer.size;
    const ping = { type: "ping", data: new Uint8Array(8) } as const;
    assertEquals(buffer.putControl(ping), extra <= 0);
    assertEquals(buffer.size, before + (extra <= 0 ? PING.length : 0));
    assertEquals(buffer.size <= SMALL_BUFFER_SIZE, true);
  }
});
