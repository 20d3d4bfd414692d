// Web pages call by a relay: TLS 1.3 is made by script there, and must be that of everybody else.
import { LektError } from "../../src/base/errors.ts";
import { parseMethod, type RelayMethod } from "../../src/transport/method.ts";
import { dialRelayInBrowser } from "../../src/transport/relay_in_browser.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { alice, bob, RelayScene } from "../helpers/relay_scene.ts";
import { testTransport } from "../transport/compliance.ts";

const MIB = 1024 * 1024;

/** A page calls bob. */
async function call(
  scene: RelayScene,
  pinnedKey: string | undefined = bob.spki,
): Promise<Awaited<ReturnType<typeof dialRelayInBrowser>>> {
  return await dialRelayInBrowser(scene.listener.method as RelayMethod, {
    ...(pinnedKey === undefined ? {} : { pinnedKey }),
    maxBufferedBytes: 128 * MIB,
  });
}

testTransport(
  "relay in browsers",
  async () => {
    const scene = await RelayScene.open();
    const [dialled, accepted] = await Promise.all([
      call(scene),
      scene.listener.accept(),
    ]);
    return {
      dialled,
      accepted: accepted!,
      async close() {
        dialled.close();
        accepted!.close();
        await scene[Symbol.asyncDispose]();
      },
    };
  },
  {
    tellsCut: true,
    address: /^127\.0\.0\.1(?::\d+)?$|^relay\+ws:/,
    bufferedSizeMax: 160 * MIB,
  },
);

Deno.test("a page that calls by a relay proves who listens, and is nobody itself", async () => {
  await using scene = await RelayScene.open();
  const [dialled, accepted] = await Promise.all([
    call(scene),
    scene.listener.accept(),
  ]);
  assertEquals(dialled.remoteKey, bob.spki);
  assertEquals(accepted!.remoteKey, undefined);
  dialled.close();
  accepted!.close();
});

Deno.test("a page that calls by a relay leaves where another key is shown, or none is named", async () => {
  await using scene = await RelayScene.open();
  const wrong = await assertRejects(() => call(scene, alice.spki), LektError);
  assertEquals(wrong.code, "UNREACHABLE");
  assertMatch(wrong.message, /the listener has key .*, expected/);
  const method = scene.listener.method as RelayMethod;
  const none = await assertRejects(
    () => dialRelayInBrowser(method, {}),
    LektError,
  );
  assertMatch(none.message, /a relay is not trusted/);
  const nobody = parseMethod(
    `${scene.relay.url.replace("http", "relay+ws")}/${"A".repeat(43)}`,
  );
  const error = await assertRejects(
    () => dialRelayInBrowser(nobody as RelayMethod, { pinnedKey: bob.spki }),
    LektError,
  );
  assertMatch(error.message, /the relay let nothing through/);
});
