import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  dialFaultInBrowser,
  dialInBrowser,
} from "../../src/transport/dial_in_browser.ts";
import { listenOn } from "../../src/transport/dial.ts";
import { type MethodScope, parseMethod } from "../../src/transport/method.ts";

/** What dialling from a page at `page` says, with `refusedScopes`. */
async function fault(
  text: string,
  page?: string,
  refusedScopes: MethodScope[] = [],
): Promise<string> {
  Object.defineProperty(globalThis, "location", {
    value: page === undefined ? undefined : new URL(page),
    configurable: true,
  });
  const error = await assertRejects(
    () => dialInBrowser(parseMethod(text), { refusedScopes }),
    LektError,
  );
  return `${error.code}: ${error.message.replace(/^Cannot \w+ \S+ /, "")}`;
}

Deno.test("dialInBrowser() opens ws", async () => {
  const listener = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"));
  assertEquals(dialFaultInBrowser(listener.method), undefined);
  const [dialled, accepted] = await Promise.all([
    dialInBrowser(listener.method),
    listener.accept(),
  ]);
  dialled.close();
  accepted?.close();
  await listener.close();
});

Deno.test("dialInBrowser() says what pages cannot dial, and what to do", async () => {
  for (const text of ["tcp://a.example", "tls://a.example", "unix:/a"]) {
    const scheme = text.slice(0, text.indexOf(":"));
    assertEquals(
      await fault(text),
      `INVALID_ARGUMENT: web pages can open WebSockets alone, not ${scheme}; the other side must offer ws or wss as well`,
    );
  }
  for (const scheme of ["relay", "relay+ws"]) {
    assertEquals(
      await fault(`${scheme}://a.example/${"A".repeat(43)}`),
      "INVALID_ARGUMENT: web pages reach relays by `connect` of @lekt/lekt/browser/relay",
    );
  }
  assertEquals(
    await fault("ws://127.0.0.1:0/lekt"),
    "INVALID_ARGUMENT: port 0 only serves to listen",
  );
  assertEquals(
    await fault("ws://127.0.0.1:9/lekt", undefined, ["local"]),
    "UNREACHABLE: it leads to a local address",
  );
});

Deno.test("dialInBrowser() says what to look at where browsers do not say why", async () => {
  const closed = await listenOn(parseMethod("ws://127.0.0.1:0/lekt"));
  await closed.close();
  const { uri } = closed.method;
  const start =
    "UNREACHABLE: the WebSocket could not be opened; does a listener of lekt run there";
  assertEquals(await fault(uri), `${start}?`);
  assertEquals(
    await fault(uri, "file:///page.html"),
    `${start}, and is \`*\` (for a page from a file) among its \`origins\`?`,
  );
  for (const page of ["http://chat.example/a", "https://chat.example/a"]) {
    const { origin } = new URL(page);
    assertEquals(
      await fault(uri, page),
      `${start}, and is ${origin} among its \`origins\`?`,
    );
    assertEquals(
      await fault(uri.replace("ws:", "wss:"), page),
      `${start}, does this platform trust its certificate, and is ${origin} among its \`origins\`?`,
    );
  }
});

Deno.test("dialInBrowser() says that a page that came by https needs wss", async () => {
  const { WebSocket } = globalThis;
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL) {
      super("ftp://"); // throws, as browsers do at what is not secure
      throw new Error(`Opened ${url}`);
    }
  };
  try {
    assertEquals(
      await fault("ws://bob.example/lekt", "https://chat.example/"),
      "UNREACHABLE: this page came by https, and from such pages browsers open ws to this machine alone; the other side must offer wss",
    );
  } finally {
    globalThis.WebSocket = WebSocket;
  }
});
