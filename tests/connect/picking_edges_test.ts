// The edges of picking: what comes at the last moment, and behind the end.
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { parseMethod } from "../../src/transport/method.ts";
import {
  STAGGER_MS,
  STAGGER_NEAR_MS,
  WAITING_MS_MAX,
} from "../../src/connect/picking.ts";
import { STAGGER_RELAY_MS, staggerMs } from "../../src/connect/stagger.ts";
import { turns } from "../helpers/deadline.ts";
import { Scene } from "../helpers/picking_scene.ts";

Deno.test("pickAndDial() takes who has waited WAITING_MS_MAX and no longer as they are", async () => {
  const scene = new Scene();
  scene.start("ab");
  await scene.clock.advance(STAGGER_MS);
  await scene.open("b");
  await scene.open("a");
  await scene.clock.advance(WAITING_MS_MAX);
  await scene.finish("b", new LektError("TIMEOUT", "no answer"));
  assertEquals(scene.log.slice(3), ["handshake a"]);
  await scene.finish("a");
  assertEquals(await scene.outcome, "connection by a");
});

Deno.test("pickAndDial() says why a method failed first, whatever comes behind that", async () => {
  const scene = new Scene();
  scene.start("ab", { dialTimeoutMs: 700 });
  await scene.clock.advance(700);
  await scene.refuse("a");
  await scene.refuse("b");
  const { failures } = await assertRejects(() => scene.outcome, LektError);
  assertEquals(
    failures?.map(({ error, elapsedMs }) => [
      (error as LektError).code,
      elapsedMs,
    ]),
    [["TIMEOUT", 700], ["UNREACHABLE", 450]],
  );
});

Deno.test("pickAndDial() is over when it is over, whatever becomes of a handshake behind that", async () => {
  for (const code of ["REJECTED", "CLOSED"] as const) {
    const reason = new Error("enough");
    const controller = new AbortController();
    const scene = new Scene();
    scene.start("a", { signal: controller.signal });
    await scene.open("a");
    controller.abort(reason);
    assertEquals(await assertRejects(() => scene.outcome), reason);
    const unheard: unknown[] = [];
    const note = (event: PromiseRejectionEvent): void => {
      event.preventDefault();
      unheard.push(event.reason);
    };
    addEventListener("unhandledrejection", note);
    await scene.finish("a", new LektError(code, "too late"));
    await turns(2);
    removeEventListener("unhandledrejection", note);
    assertEquals(unheard, []);
  }
});

Deno.test("staggerMs() gives a direct method a second before a relay is tried, and a relay no more than others", () => {
  const relay = parseMethod(`relay://relay.example/${"A".repeat(43)}`);
  const direct = parseMethod("tcp://a.example:1");
  const near = parseMethod("tcp://127.0.0.1:1");
  assertEquals(staggerMs(direct, relay), STAGGER_RELAY_MS);
  assertEquals(staggerMs(near, relay), STAGGER_RELAY_MS);
  assertEquals(staggerMs(relay, relay), STAGGER_MS);
  assertEquals(staggerMs(relay, direct), STAGGER_MS);
  assertEquals(staggerMs(near, direct), STAGGER_NEAR_MS);
});
