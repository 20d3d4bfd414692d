import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { RECORD_SLOT_SHIFT } from "../../asm/wire.ts";
import type { ControlPacket } from "../../src/framing/control.ts";
import { Core } from "../../src/framing/core.ts";
import { LektError, Reassembler } from "../../src/framing/mod.ts";
import { type PartSink, RecordReader } from "../../src/framing/records.ts";
import { Prng } from "../fuzz/prng.ts";
import { randomCuts, randomStream } from "../fuzz/random_stream.ts";
import { allCuts } from "../helpers/cuts.ts";
import { ABORT, header, latin, MORE, packet } from "../helpers/raw_peer.ts";
import {
  referenceControl,
  ReferenceReassembler,
} from "../reference/framing.ts";
import { compareStream } from "../reference/trace.ts";

const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const PING: ControlPacket = { type: "ping", data: DATA };

/** What arrives at a sink, as text. */
class Notes implements PartSink {
  readonly lines: string[] = [];
  error: LektError | undefined;

  takeMessages(records: Uint32Array): void {
    this.lines.push(`${records.length / 4} whole`);
  }

  takePart(_slot: number, id: number): void {
    this.lines.push(`part of ${id}`);
  }

  takeAbort(_slot: number, id: number, reason: string): void {
    this.lines.push(`${id}: ${reason}`);
  }

  takeControl(packet: ControlPacket): LektError | undefined {
    this.lines.push(packet.type);
    return packet.type === "window" ? this.error : undefined;
  }
}

function receive(core: Core, bytes: Uint8Array): number {
  core.receiveRegion.set(bytes);
  return core.receive(bytes.length);
}

Deno.test("a reader of records hands control packets over in their place, and reads no further where the sink refuses one", () => {
  const wire = concat([
    packet(1, 0, "a"),
    referenceControl({ type: "ping", data: DATA }),
    packet(2, MORE, "b"),
    referenceControl({ type: "window", total: 1 }),
    packet(2, ABORT, "why"),
  ]);
  for (const error of [undefined, new LektError("PROTOCOL", "down")]) {
    for (const { name, reads } of allCuts(wire)) {
      const core = new Core(4, 1);
      const reader = new RecordReader({ core });
      const notes = new Notes();
      notes.error = error;
      let found: LektError | undefined;
      for (const read of reads) {
        if (found) break;
        core.receiveRegion.set(read);
        found = reader.receive(read.length, notes);
      }
      const seen = notes.lines.filter((line) => !/whole|part/.test(line));
      assertEquals(found, error, name);
      assertEquals(seen, ["ping", "window", ...error ? [] : ["2: why"]], name);
    }
  }
});

Deno.test("a core of version 1.0 takes no control packet", () => {
  for (const core of [new Core(4), new Core(4, 0)]) {
    receive(core, referenceControl({ type: "confirm", messageId: 1 }));
    assert(core.status < 0);
  }
});

Deno.test("a core goes on with a stream that was read elsewhere", () => {
  const core = new Core(4);
  core.resume(1, 2 ** 32 + 3, false);
  const goodbye: ControlPacket = {
    type: "goodbye",
    messageCount: 4,
    reason: "",
  };
  assertEquals(receive(core, packet(9, 0, "x")), 1);
  assertEquals(core.hasGoodbye, false);
  assertEquals(receive(core, referenceControl(goodbye)), 1);
  assertEquals([core.status, core.hasGoodbye], [0, true]);
  assertEquals(core.records[0]! >>> RECORD_SLOT_SHIFT, 7);

  core.resume(1, 4, true);
  assertEquals(receive(core, referenceControl(PING)), 1);
  receive(core, packet(10, 0, "x"));
  assert(core.status < 0);
});

Deno.test("a core that is reset knows nothing of a reason that its last stream left unfinished", () => {
  const cut = latin("\xe2\x82"); // two bytes of three
  const stop = packet(1, 0xffff_ffff, concat([latin("\x04"), cut]));
  const aborted = concat([packet(1, MORE, "x"), header(1, ABORT, 9), cut]);
  for (const begin of [stop, aborted]) {
    const core = new Core(4, 1);
    receive(core, begin);
    core.reset(4, 1);
    const good = referenceControl({ type: "stop", messageId: 1, reason: "no" });
    assertEquals([receive(core, good), core.status], [1, 0]);
  }
});

Deno.test("a core does not go on with another stream while something is under way", () => {
  const begun = [
    packet(1, MORE, "a"),
    header(1, 0, 5),
    header(1, 0, 5).subarray(0, 3),
    referenceControl(PING).subarray(0, 15),
    header(1, 1, 1),
  ];
  for (const bytes of begun) {
    const core = new Core(4, 1);
    receive(core, bytes);
    assertThrows(() => core.resume(1, 0, false), Error, "bug in lekt");
    assertThrows(() => core.resume(1, 0, false), Error, "failed before");
  }
});

Deno.test("a control packet under way counts as a header, and not as payload", () => {
  const core = new Core(4, 1);
  const bytes = referenceControl(PING);
  for (let size = 1; size < bytes.length; size++) {
    receive(core, bytes.subarray(size - 1, size));
    assertEquals([core.headerReceived, core.payloadMissing], [size, 0]);
  }
  assertEquals(receive(core, bytes.subarray(-1)), 1);
  assertEquals(core.headerReceived, 0);
  assertEquals(core.controlBody(0).slice(), DATA);
});

Deno.test("one read ends a control packet and begins the next, and both stay whole", () => {
  const sent = ["first", "second", "third"].map((reason, messageId) =>
    ({ type: "stop", messageId, reason }) as const
  );
  const wire = concat(sent.map(referenceControl));
  for (let size = 1; size < wire.length; size++) {
    const reassembler = new Reassembler({ minor: 1 });
    const found: ControlPacket[] = [];
    for (let at = 0; at < wire.length; at += size) {
      for (const event of reassembler.push(wire.subarray(at, at + size))) {
        if (event.kind === "control") found.push(event.packet);
      }
    }
    assertEquals(found, sent, `reads of ${size}`);
  }
});

Deno.test("a core tells what packets of messages cost, as the reference does, and how many parts an open one has", () => {
  const seed = `${Math.random()}`;
  console.log(`seed ${seed}`);
  for (let index = 0; index < 600; index++) {
    const prng = new Prng(seed, index);
    const { bytes, openMax, minor, cuts } = randomStream(prng);
    const core = new Core(openMax, minor);
    const reference = new ReferenceReassembler(openMax, minor);
    let offset = 0;
    let cost = 0;
    for (const size of cuts) {
      const piece = bytes.subarray(offset, offset + size);
      receive(core, piece);
      reference.push(piece);
      cost += core.receivedCost;
      offset += size;
      if (reference.fault) break;
    }
    assertEquals(cost, reference.cost, `stream ${index}`);
  }
  const core = new Core(4, 1);
  receive(core, concat([packet(5, MORE, "ab"), packet(5, MORE + 1, "c")]));
  assertEquals([core.receivedCost, core.partCount(0)], [2 + 1 + 2 * 32, 2]);
  receive(core, header(5, 2, 100));
  assertEquals([core.receivedCost, core.partCount(0)], [32, 3]);
  core.receiveElsewhere(60);
  assertEquals(core.receivedCost, 60);
  receive(core, new Uint8Array(40));
  assertEquals(core.receivedCost, 40);
});

Deno.test("framing core and reference agree on any words of version 1.1", () => {
  const word = fc.constantFrom(
    0,
    1,
    2,
    9,
    0x400,
    0x411,
    0x0700_0000,
    0x0500_0000,
    0x0102_0304,
    MORE,
    ABORT,
    0xffff_ffff,
  );
  const words = fc.array(fc.oneof(word, fc.nat(0xffff_ffff)), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(words, fc.nat(3), fc.nat(), (words, dropped, index) => {
      const view = new DataView(new ArrayBuffer(words.length * 4));
      words.forEach((value, at) => view.setUint32(at * 4, value));
      const bytes = new Uint8Array(
        view.buffer,
        Math.min(dropped, view.byteLength),
      );
      const cuts = randomCuts(new Prng("words", index), bytes.length);
      const options = { openMax: 2, minor: 1 } as const;
      assertEquals(compareStream(bytes, cuts, options), undefined);
    }),
    { numRuns: 500 },
  );
});
