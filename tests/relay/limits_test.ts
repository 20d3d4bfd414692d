// How much a relay does for one listener, one caller and one call.
import {
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { SUBPROTOCOL } from "../helpers/raw_relay.ts";
import { RawWebSocket } from "../helpers/raw_websocket.ts";
import { assertCarries, RelayScene } from "../helpers/relay_scene.ts";
import { readAll, within, writeAll } from "../transport/compliance.ts";

Deno.test("calls beyond the limits of an address and of a listener are turned down, while those that talk go on", async () => {
  for (const limit of ["callsPerAddress", "callsPerListener"] as const) {
    await using scene = await RelayScene.open({ limits: { [limit]: 2 } });
    const calls = [await scene.call(), await scene.call()];
    const error = await assertRejects(() => scene.dial(), LektError);
    assertStringIncludes(error.message, "no further call");
    for (const [dialled, accepted] of calls) {
      await assertCarries(dialled, accepted);
    }
    calls[0]![0].close();
    while (await scene.metric("calls") > 1);
    await assertCarries(...await scene.call());
  }
});

Deno.test("a call ends for both sides when its bytes are spent, and when nothing comes through for too long", async () => {
  const table = [
    [{ bytesPerCall: 300_000 }, "all the bytes that it grants"],
    [{ idleMs: 2_500 }, "nothing came through for too long"],
  ] as const;
  for (const [limits, says] of table) {
    await using scene = await RelayScene.open({ limits });
    const [dialled, accepted] = await scene.call();
    const sending = "bytesPerCall" in limits
      ? writeAll(dialled, new Uint8Array(600_000)).catch(() => {})
      : Promise.resolve();
    for (const end of [dialled, accepted]) {
      const error = await assertRejects(
        () => within(readAll(end, 600_000), "the end"),
        LektError,
      );
      assertEquals(error.code, "TRUNCATED");
      assertStringIncludes(error.message, says);
    }
    await sending;
  }
});

Deno.test("a call is no faster than the relay allows", async () => {
  const bytesPerSecond = 200_000;
  await using scene = await RelayScene.open({ limits: { bytesPerSecond } });
  const [dialled, accepted] = await scene.call();
  const size = 300_000;
  const startedMs = performance.now();
  const [received] = await Promise.all([
    readAll(accepted, size),
    writeAll(dialled, new Uint8Array(size)).then(() => dialled.closeWrite()),
  ]);
  assertEquals(received.byteLength, size);
  // What is held back in front of the relay counts as sent: the last 128 KiB and more.
  const leastMs = (size - 2 * 65_536) / bytesPerSecond * 1_000;
  assertGreaterOrEqual(performance.now() - startedMs, leastMs);
});

/** Silent calls beside an honest one; a thousand with `LEKT_LONG=1`. */
const SILENT_COUNT = Deno.env.get("LEKT_LONG") === "1" ? 1_000 : 150;

Deno.test("an honest call comes through beside many that say nothing", async () => {
  await using scene = await RelayScene.open({
    limits: { callsPerAddress: 50, callsPerListener: 100 },
  });
  const path = `/relay/call/${scene.thumbprint}`;
  const silent: RawWebSocket[] = [];
  for (let count = 0; count < SILENT_COUNT; count++) {
    const [raw, status] = await RawWebSocket.request(
      scene.port,
      path,
      SUBPROTOCOL,
    );
    assertEquals(status, 101);
    silent.push(raw);
  }
  const [dialled, accepted] = await within(scene.call(), "the honest call");
  await assertCarries(dialled, accepted);
  await assertCarries(accepted, dialled);
  assertEquals(await scene.metric("calls") <= 50, true);
  for (const raw of silent) raw[Symbol.dispose]();
});
