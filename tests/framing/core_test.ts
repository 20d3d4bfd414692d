import { assertEquals, assertThrows } from "@std/assert";
import * as statuses from "../../asm/status.ts";
import { OPEN_COUNT_MAX } from "../../asm/wire.ts";
import { borrowCore, Core, returnCore } from "../../src/framing/core.ts";
import { protocolError } from "../../src/framing/records.ts";
import { assert as claim } from "../../src/base/assert.ts";
import { header, packet } from "../helpers/raw_peer.ts";

function poison(core: Core): void {
  assertThrows(() => core.receive(0x7fff_ffff), Error, "bug in lekt");
}

Deno.test("a core that trapped is never used again", () => {
  const core = new Core(OPEN_COUNT_MAX);
  poison(core);
  const uses = [
    () => core.receive(0),
    () => core.receiveElsewhere(1),
    () => core.reset(1),
    () => core.resume(0, 0, false),
    () => core.openIds(),
    () => core.packetize(0, 0, 0, 0, 1, false),
    () => core.writeHeader(0, 0, 0, 0),
  ];
  for (const use of uses) assertThrows(use, Error, "it failed before");
  returnCore(core, false);
  for (let i = 0; i < 20; i++) borrowCore().receive(0);
});

Deno.test("each call that traps poisons its core", () => {
  const calls: ((core: Core) => void)[] = [
    (core) => core.receiveElsewhere(1),
    (core) => core.reset(0),
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
