// Waiting: for signs of life, and for some time; in virtual time.
import { assertEquals } from "@std/assert";
import { pause as pauseUntil } from "../../src/peer/pause.ts";
import type { Conversation } from "../../src/peer/conversation.ts";
import { LinePump } from "../../src/peer/line_pump.ts";
import { Roster } from "../../src/peer/roster.ts";
import { SilenceWatch } from "../../src/peer/silence.ts";
import { inVirtualTime, pause } from "../helpers/virtual_run.ts";

Deno.test("silence is told once, so long behind the last sign of life, and not behind a second start", () =>
  inVirtualTime(async (time) => {
    const startMs = time.nowMs;
    const toldMs: number[] = [];
    const watch = new SilenceWatch(
      100,
      () => toldMs.push(time.nowMs - startMs),
    );
    watch.start();
    await pause(50);
    watch.start();
    await pause(1_000);
    assertEquals(toldMs.splice(0), [100]);
    watch.start();
    await pause(60);
    watch.touch();
    await pause(1_000);
    assertEquals(toldMs.splice(0), [1_050 + 160]);
    watch.start();
    watch.stop();
    await pause(1_000);
    assertEquals(toldMs, []);
  }));

Deno.test("a pause is over at once where its signal fires, or has fired", () =>
  inVirtualTime(async (time) => {
    const ending = new AbortController();
    const startMs = time.nowMs;
    await pauseUntil(100, ending.signal);
    assertEquals(time.nowMs - startMs, 100);
    const cut = pauseUntil(60_000, ending.signal);
    ending.abort();
    await cut;
    await pauseUntil(60_000, ending.signal);
    assertEquals(time.nowMs - startMs, 100);
  }));

Deno.test("an input is quiet when no line has come for so long, none is on its way, or it has ended", () =>
  inVirtualTime(async (time) => {
    const startMs = time.nowMs;
    const texts: string[] = [];
    const input = new TransformStream<Uint8Array, Uint8Array>();
    const writer = input.writable.getWriter();
    const write = (text: string) =>
      writer.write(new TextEncoder().encode(text));
    const roster = new Roster();
    roster.add(
      {
        sendText: async (text: Uint8Array) => {
          texts.push(new TextDecoder().decode(text));
          if (texts.length === 3) await pause(10_000);
        },
      } as unknown as Conversation,
    );
    const pump = new LinePump(input.readable, roster, () => {});
    const quietMs: number[] = [];
    const quiet = () =>
      pump.quiet().then(() => quietMs.push(time.nowMs - startMs));
    const first = quiet();
    for (const text of ["one\n", "two\n"]) {
      await pause(1_000);
      await write(text);
    }
    await first;
    assertEquals(quietMs.splice(0), [4_500]);
    await write("three\n");
    await quiet();
    assertEquals(quietMs.splice(0), [15_000]);
    await write("four");
    const last = quiet();
    await pause(100);
    await writer.close();
    await Promise.all([last, pump.ended]);
    assertEquals(quietMs, [15_100]);
    assertEquals(texts, ["one", "two", "three", "four"]);
    assertEquals(pump.hasFailed, false);
  }));
