// Web pages call by a relay: TLS 1.3 is made by script there, and must be that of everybody else.
import { LektError } from "../../src/base/errors.ts";
import {
  type MethodScope,
  parseMethod,
  type RelayMethod,
} from "../../src/transport/method.ts";
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

/** Why a page at `page` does not get through to a relay there, where it may open no WebSocket. */
async function fault(
  host: string,
  page: string,
  refusedScopes: MethodScope[] = [],
): Promise<string> {
  const { WebSocket } = globalThis;
  globalThis.WebSocket = class extends WebSocket {
    constructor(_url: string | URL) {
      super("ftp://"); // throws, as browsers do at what is not secure
    }
  };
  Object.defineProperty(globalThis, "location", {
    value: new URL(page),
    configurable: true,
  });
  try {
    const method = parseMethod(`relay+ws://${host}/${"A".repeat(43)}`);
    const error = await assertRejects(
      () =>
        dialRelayInBrowser(method as RelayMethod, {
          pinnedKey: bob.spki,
          refusedScopes,
        }),
      LektError,
    );
    return `${error.code}: ${error.message.replace(/^Cannot \w+ \S+ /, "")}`;
  } finally {
    globalThis.WebSocket = WebSocket;
    Reflect.deleteProperty(globalThis, "location");
  }
}

Deno.test("a page does not call by a relay where it must not go, and is told what to look at", async () => {
  const refused = "UNREACHABLE: it leads to a local address";
  const page = "https://chat.example/a";
  assertEquals(await fault("127.0.0.1:9", page, ["local"]), refused);
  assertEquals(
    await fault("relay.example:9", page, ["local"]),
    "UNREACHABLE: this page came by https, and from such pages browsers open relay+ws to this machine alone; use a relay by https",
  );
  // To this machine, and from a page that came without TLS, a browser would open it.
  for (
    const [host, where] of [
      ["127.0.0.1:9", page],
      ["relay.example:9", "http://chat.example/a"],
    ] as const
  ) {
    assertEquals(
      await fault(host, where),
      `UNREACHABLE: the relay let nothing through; does a relay run there, does the other side listen at it, and has it ${
        new URL(where).origin
      } among its \`origins\`?`,
    );
  }
});
