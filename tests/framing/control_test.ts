import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { SEND_SIZE } from "../../asm/wire.ts";
import {
  type ControlPacket,
  decodeControl,
  encodeControl,
} from "../../src/framing/control.ts";
import { Core } from "../../src/framing/core.ts";
import { LektError, Packetizer, Reassembler } from "../../src/framing/mod.ts";
import { PacketBuffer } from "../../src/framing/packet_buffer.ts";
import { ABORT, latin, MORE, packet } from "../helpers/raw_peer.ts";
import { referenceControl } from "../reference/framing.ts";
import { compareStream } from "../reference/trace.ts";

const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** One packet of each kind. */
const PACKETS: ControlPacket[] = [
  { type: "ping", data: DATA },
  { type: "pong", data: DATA },
  { type: "window", total: 2 ** 53 - 1 },
  { type: "messageWindow", messageId: 0xffff_ffff, total: 0x1_0000_0001 },
  { type: "stop", messageId: 0, reason: "enough €" },
  { type: "confirm", messageId: 0x8000_0000 },
  { type: "confirmed", messageId: 1, isTaken: true },
  { type: "confirmed", messageId: 1, isTaken: false },
  { type: "goodbye", messageCount: 0xffff_ffff, reason: "done" },
];

const messageId = fc.nat(0xffff_ffff);
const reason = fc.string({ unit: "grapheme", maxLength: 60 })
  .map((text) => text.replaceAll("\0", "0"));
const data = fc.uint8Array({ minLength: 8, maxLength: 8 });
const total = fc.maxSafeNat();

/** A plain object, as those that are read. */
function record<T>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T>(members, { noNullPrototype: true });
}

/** Any control packet but a Goodbye. */
const anyControl = fc.oneof(
  record({ type: fc.constantFrom("ping" as const, "pong" as const), data }),
  record({ type: fc.constant("window" as const), total }),
  record({ type: fc.constant("messageWindow" as const), messageId, total }),
  record({ type: fc.constant("stop" as const), messageId, reason }),
  record({ type: fc.constant("confirm" as const), messageId }),
  record({
    type: fc.constant("confirmed" as const),
    messageId,
    isTaken: fc.boolean(),
  }),
);

Deno.test("control packets are written as the reference writes them, and read again", () => {
  for (const sent of PACKETS) {
    const { subject, body } = encodeControl(sent);
    const expected = referenceControl(sent);
    assertEquals(packet(subject, 0xffff_ffff, body), expected, sent.type);
    assertEquals(decodeControl(body[0]!, subject, body.subarray(1)), sent);
  }
});

Deno.test("a control packet with a value that has no place in it is refused", () => {
  const wrong = [
    { type: "pang" },
    { type: "ping", data: new Uint8Array(7) },
    { type: "pong", data: new Uint8Array(9) },
    { type: "window", total: -1 },
    { type: "window", total: 2 ** 53 },
    { type: "messageWindow", messageId: 1, total: 0.5 },
    { type: "confirm", messageId: 2 ** 32 },
    { type: "stop", messageId: -1, reason: "" },
    { type: "confirmed", messageId: NaN, isTaken: true },
    { type: "goodbye", messageCount: -1, reason: "" },
  ] as ControlPacket[];
  for (const packet of wrong) {
    const error = assertThrows(() => encodeControl(packet), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(error.message.includes(packet.type), error.message);
  }
});

Deno.test("a Goodbye counts modulo 2^32, and a long reason is cut", () => {
  const { body } = encodeControl({
    type: "goodbye",
    messageCount: 2 ** 32 + 5,
    reason: "r".repeat(2000),
  });
  assertEquals(body.subarray(0, 5), Uint8Array.of(7, 0, 0, 0, 5));
  assertEquals(body.length, 5 + 1023);
});

Deno.test("a packet buffer puts a control packet where it has room", () => {
  const core = new Core(1, 1);
  const buffer = new PacketBuffer({ core }, 0);
  buffer.putMessage(1, new Uint8Array(SEND_SIZE - 12 - 12 - 9));
  const ping: ControlPacket = { type: "ping", data: DATA };
  const stop: ControlPacket = {
    type: "stop",
    messageId: 1,
    reason: "123456789",
  };
  assertEquals(buffer.putControl(stop), false);
  assertEquals(buffer.putControl(ping), true);
  assertEquals(buffer.bytes().slice(-21), referenceControl(ping));
  assertEquals(buffer.putControl(ping), false);
});

Deno.test("a reassembler of version 1.1 gives control packets among the parts, in any cut", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(anyControl), sizes, (controls, sizes) => {
      const packetizer = new Packetizer({ minor: 1 });
      const open = packetizer.openMessage();
      const sent: Uint8Array[] = [];
      for (const control of controls) {
        sent.push(packetizer.control(control).slice());
        const part = packetizer.packetizePart(open, latin("part"));
        sent.push(...Array.from(part, (bytes) => bytes.slice()));
      }
      const end = packetizer.packetizePart(open, latin(""), { last: true });
      sent.push(...Array.from(end, (bytes) => bytes.slice()));
      sent.push(packetizer.goodbye("end").slice());
      const wire = concat(sent);
      const reassembler = new Reassembler({ minor: 1 });
      const found: ControlPacket[] = [];
      let payload = "";
      const cuts: number[] = [];
      for (let at = 0; at < wire.length; at += cuts.at(-1)!) {
        const size = sizes[cuts.length] ?? 1000;
        cuts.push(Math.min(size, wire.length - at));
        const read = wire.subarray(at, at + cuts.at(-1)!);
        for (const event of reassembler.push(read)) {
          if (event.kind === "control") found.push(event.packet);
          if (event.kind === "part") {
            payload += new TextDecoder().decode(event.payload);
          }
        }
      }
      reassembler.end();
      assertEquals(found, [
        ...controls,
        { type: "goodbye", messageCount: 1, reason: "end" },
      ]);
      assertEquals(payload, "part".repeat(controls.length));
      assertEquals(compareStream(wire, cuts, { minor: 1 }), undefined);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a reassembler of version 1.1 tells how its stream was cut short", () => {
  const ping = referenceControl(PACKETS[0]!);
  const ends: [Uint8Array, string][] = [
    [ping, "without a Goodbye"],
    [ping.subarray(0, 11), "a packet header"],
    [ping.subarray(0, 12), "a control packet"],
    [packet(7, MORE, "x"), "message 7"],
  ];
  for (const [sent, text] of ends) {
    const reassembler = new Reassembler({ minor: 1 });
    reassembler.push(sent);
    const error = assertThrows(() => reassembler.end(), LektError, text);
    assertEquals(error.code, "TRUNCATED");
  }
});

Deno.test("a packetizer of version 1.1 says Goodbye once, behind its last message", () => {
  const packetizer = new Packetizer({ minor: 1, maxPartBytes: 4 });
  const codeOf = (run: () => unknown): string =>
    assertThrows(run, LektError).code;
  const open = packetizer.openMessage();
  assertEquals(codeOf(() => packetizer.goodbye()), "INVALID_ARGUMENT");
  packetizer.abort(open);
  const begun = packetizer.openMessage();
  for (const _ of packetizer.packetizePart(begun, latin("x")));
  packetizer.abort(begun);
  for (const bytes of packetizer.packetize(latin("several"))) {
    assert(bytes.length > 0);
  }
  for (const bytes of packetizer.packetize(latin("one"))) {
    assertEquals(bytes.length, 15);
  }
  packetizer.put(latin("two"));
  assertEquals(codeOf(() => packetizer.goodbye()), "INVALID_ARGUMENT");
  packetizer.take();
  assertEquals(
    packetizer.goodbye().slice(),
    referenceControl({ type: "goodbye", messageCount: 3, reason: "" }),
  );
  assertEquals(codeOf(() => packetizer.goodbye()), "CLOSED");
  assertEquals(codeOf(() => packetizer.put(latin(""))), "CLOSED");
  assertEquals(codeOf(() => packetizer.packetize(latin("")).next()), "CLOSED");
  assertEquals(codeOf(() => packetizer.openMessage()), "CLOSED");
  assertEquals(codeOf(() => packetizer.packetize(latin("x")).next()), "CLOSED");
  assertEquals(
    packetizer.control({ type: "pong", data: DATA }).slice(),
    referenceControl({ type: "pong", data: DATA }),
  );
});

Deno.test("a message that was left early is aborted in front of the Goodbye, which does not count it", () => {
  const packetizer = new Packetizer({ minor: 1 });
  for (const _ of packetizer.packetize(new Uint8Array(600_000))) break;
  assertEquals(
    packetizer.goodbye().slice(),
    concat([
      packet(0, ABORT),
      referenceControl({ type: "goodbye", messageCount: 0, reason: "" }),
    ]),
  );
});

Deno.test("a packetizer of version 1.0 has no control packets, and there is no version 1.2", () => {
  const packetizer = new Packetizer();
  for (
    const run of [
      () => packetizer.control({ type: "ping", data: DATA }),
      () => packetizer.goodbye(),
      () => new Packetizer({ minor: 2 as 1 }),
      () => new Reassembler({ minor: "1" as unknown as 1 }),
    ]
  ) {
    assertEquals(assertThrows(run, LektError).code, "INVALID_ARGUMENT");
  }
  assertEquals(packetizer.put(latin("still open")), true);
});
