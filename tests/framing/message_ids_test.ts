import { assertEquals } from "@std/assert";
import { MessageIds } from "../../src/framing/message_ids.ts";

Deno.test("ids count up from 0 and wrap round behind the highest", () => {
  const ids = new MessageIds();
  assertEquals([ids.take(), ids.take(), ids.open()], [0, 1, 2]);
  const high = new MessageIds(0xffff_fffe);
  assertEquals([high.take(), high.open(), high.take()], [
    0xffff_fffe,
    0xffff_ffff,
    0,
  ]);
});

Deno.test("ids know which of them are open", () => {
  const ids = new MessageIds(0xffff_ffff);
  const open = [ids.open(), ids.open(), ids.open()];
  assertEquals(open, [0xffff_ffff, 0, 1]);
  assertEquals([ids.openCount, ids.isOpen(0), ids.isOpen(5)], [3, true, false]);
  ids.close(0);
  assertEquals([ids.openCount, ids.isOpen(0)], [2, false]);
});

Deno.test("ids step over those that are open", () => {
  const ids = new MessageIds(0xffff_fffe, [0xffff_ffff, 0, 2]);
  assertEquals([ids.take(), ids.take(), ids.open()], [0xffff_fffe, 1, 3]);
});

Deno.test("ids know how many were given, whatever they stepped over", () => {
  const ids = new MessageIds(0xffff_fffe, [0xffff_ffff, 0, 2]);
  assertEquals(ids.takenCount, 0);
  ids.take();
  ids.take();
  ids.close(ids.open());
  assertEquals(ids.takenCount, 3);
});
