import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import * as statuses from "../../asm/status.ts";
import { CONTROL_PART, OPEN_COUNT_MAX } from "../../asm/wire.ts";
import {
  areCoresScarce,
  borrowCore,
  borrowCoreFor,
  Core,
  type PacketProgress,
  returnCore,
} from "../../src/framing/core.ts";
import { protocolError } from "../../src/framing/records.ts";
import { assert as claim } from "../../src/base/assert.ts";
import { CoreHoard, SCARCE_COUNT } from "../helpers/core_hoard.ts";
import { header, MORE, packet } from "../helpers/raw_peer.ts";

/** Without a reason. */
function goodbyeBody(messageCount: number): Uint8Array {
  return Uint8Array.of(7, 0, 0, 0, messageCount);
}

const nothingUnderWay: PacketProgress = {
  packetMessageId: 0,
  payloadMissing: 0,
  payloadSize: 0,
  payloadSlot: 0,
  headerReceived: 0,
};

function poison(core: Core): void {
  assertThrows(() => core.receive(0x7fff_ffff), Error, "bug in lekt");
}

Deno.test("a core that trapped is never used again", () => {
  const core = borrowCore();
  poison(core);
  const uses = [
    () => core.receive(0),
    () => core.receiveElsewhere(1),
    () => core.reset(1),
    () => core.resume(0, 0, false),
    () => core.save(),
    () => core.restore({ ...nothingUnderWay, state: new Uint8Array(4) }),
    () => core.openIds(),
    () => core.packetize(0, 0, 0, 0, 1, false),
    () => core.writeHeader(0, 0, 0, 0),
  ];
  for (const use of uses) assertThrows(use, Error, "it failed before");
  returnCore(core, false);
  const others = Array.from({ length: 20 }, () => borrowCore());
  for (const other of others) other.receive(0);
  for (const other of others) returnCore(other, true);
});

Deno.test("each call that traps poisons its core", () => {
  const calls: ((core: Core) => void)[] = [
    (core) => core.receiveElsewhere(1),
    (core) => core.reset(0),
    (core) => {
      core.receive(1);
      core.resume(0, 0, false);
    },
    (core) => core.restore({ ...nothingUnderWay, state: new Uint8Array(4) }),
    (core) => core.packetize(0, 0xffff_ffff, 0, 0, 1, false),
    (core) => core.writeHeader(0xffff_fff0, 0, 0, 0),
  ];
  for (const call of calls) {
    const core = new Core(OPEN_COUNT_MAX);
    assertThrows(() => call(core), Error, "bug in lekt");
    assertThrows(() => core.receive(0), Error, "it failed before");
  }
});

Deno.test("a core that is given back knows nothing of its last connection", () => {
  const core = borrowCore();
  const begun = header(7, 0x8000_0000, 100);
  core.receiveRegion.set(begun);
  core.receive(begun.length);
  assertEquals(core.payloadMissing, 100);
  returnCore(core, false);
  assertThrows(() => returnCore(core, false), Error, "given back twice");
  const again = borrowCore();
  assertEquals(again, core);
  assertEquals([again.payloadMissing, again.headerReceived], [0, 0]);
  const whole = packet(7, 0, "x");
  again.receiveRegion.set(whole);
  assertEquals([again.receive(whole.length), again.status], [1, 0]);
  returnCore(again, false);
});

Deno.test("a stream goes on in another core where it was, and leaves nothing in its own", () => {
  const first = borrowCore(1);
  const taken = [
    packet(5, 0, "one"),
    packet(7, MORE, "begun"),
    packet(9, MORE, "begun too"),
    header(9, MORE + 1, 100),
  ];
  first.receiveRegion.set(concat(taken));
  assertEquals(first.receive(concat(taken).length), 3);
  const saved = first.save();
  assertEquals(saved.payloadMissing, 100);
  assertEquals(saved.packetMessageId, 9);
  assertLess(saved.state.length, 200);
  assertEquals([...first.openIds()], []);
  assertEquals([first.payloadMissing, first.headerReceived], [0, 0]);
  // Another stream has the core meanwhile.
  returnCore(first, true);
  const between = borrowCore(1);
  assertEquals(between, first);
  between.receiveRegion.set(packet(9, MORE, "another"));
  between.receive(19);
  const second = borrowCoreFor(saved);
  assertEquals([...second.openIds()], [7, 9]);
  assertEquals([second.payloadMissing, second.payloadSlot], [
    100,
    saved.payloadSlot,
  ]);
  const rest = concat([
    new Uint8Array(100),
    packet(9, 2, "end"),
    packet(7, 1, "end"),
    packet(11, 0),
    packet(0, CONTROL_PART, goodbyeBody(4)),
  ]);
  second.receiveRegion.set(rest);
  second.receive(rest.length);
  assertEquals([second.status, second.hasGoodbye], [0, true]);
  assertEquals([...between.openIds()], [9]);
  returnCore(between, false);
  returnCore(second, true);
  const third = borrowCoreFor(second.save());
  assertEquals(third.hasGoodbye, true);
  returnCore(third, true);
});

Deno.test("a stream with as many open messages as there may be goes on in another core, at each slot", () => {
  const first = new Core(OPEN_COUNT_MAX);
  const second = new Core(1);
  for (let id = 0; id < OPEN_COUNT_MAX; id++) {
    first.receiveRegion.set(packet(id * 0x3f_ffff, MORE, "x"));
    first.receive(13);
  }
  // So that slots are free in another order than at the start.
  for (const id of [700, 3, 1_000]) {
    first.receiveRegion.set(packet(id * 0x3f_ffff, 1));
    first.receive(12);
  }
  const saved = first.save();
  assertLess(saved.state.length, 14 * 1024);
  second.restore(saved);
  for (let id = 0; id < OPEN_COUNT_MAX; id++) {
    const isOpen = ![700, 3, 1_000].includes(id);
    second.receiveRegion.set(packet(id * 0x3f_ffff, isOpen ? 1 : MORE, "y"));
    assertEquals([second.receive(13), second.status], [1, 0], `${id}`);
  }
  assertEquals(second.openIds().length, 3);
});

Deno.test("messages that begin in another core take the places of none that is open", () => {
  const [first, second] = [new Core(OPEN_COUNT_MAX), new Core(OPEN_COUNT_MAX)];
  const take = (core: Core, ...packets: Uint8Array[]): number => {
    const bytes = concat(packets);
    core.receiveRegion.set(bytes);
    core.receive(bytes.length);
    return core.status;
  };
  const begin = (id: number): Uint8Array => packet(id, MORE, "x");
  assertEquals(take(first, begin(1), begin(2), begin(3)), 0);
  assertEquals(take(first, packet(1, 1), packet(2, 1)), 0);
  second.restore(first.save());
  assertEquals(take(second, begin(4), begin(5), begin(6)), 0);
  assertEquals([...second.openIds()].sort(), [3, 4, 5, 6]);
  const ends = [3, 4, 5, 6].map((id) => packet(id, 1));
  assertEquals([take(second, ...ends), second.openIds().length], [0, 0]);
});

Deno.test("cores are scarce while many are lent", () => {
  using hoard = new CoreHoard();
  hoard.keep(SCARCE_COUNT - 1);
  assertEquals(areCoresScarce(), false);
  hoard.keep(SCARCE_COUNT);
  assertEquals(areCoresScarce(), true);
  hoard.keep(SCARCE_COUNT - 1);
  assertEquals(areCoresScarce(), false);
});

Deno.test("a core tells which messages are open", () => {
  const core = new Core(OPEN_COUNT_MAX);
  const ids = Array.from({ length: OPEN_COUNT_MAX }, (_, at) => at * 0x3f_ffff);
  const sent = ids.toReversed().map((id) => packet(id, 0x8000_0000, "x"));
  for (const bytes of sent) {
    core.receiveRegion.set(bytes);
    core.receive(bytes.length);
  }
  assertEquals([...core.openIds()], ids);
  const end = packet(ids[1]!, 1);
  core.receiveRegion.set(end);
  core.receive(end.length);
  assertEquals([...core.openIds()], ids.toSpliced(1, 1));
  core.reset(OPEN_COUNT_MAX);
  assertEquals([...core.openIds()], []);
});

Deno.test("every status has a rule of its own", () => {
  const faults = Object.values(statuses).filter((status) => status !== 0);
  const texts = faults.map((status) => protocolError(status, 7).message);
  assertEquals(new Set(texts).size, faults.length);
  for (const text of texts) assertEquals(/status -?\d/.test(text), false, text);
  assertEquals(protocolError(-99, 7).message.includes("status -99"), true);
});

Deno.test("a claim that does not hold is a bug", () => {
  claim(1, "never thrown");
  assertThrows(() => claim(0, "It is so"), Error, "It is so: this is a bug");
});

Deno.test("sixteen cores wait for the next connections, and no more", () => {
  const cores = Array.from({ length: 18 }, () => borrowCore());
  for (const core of cores) returnCore(core, true);
  const again = Array.from({ length: 18 }, () => borrowCore());
  assertEquals(again.filter((core) => cores.includes(core)).length, 16);
  for (const core of again) returnCore(core, true);
});
