// Pages in the places where nobody looks at them: `deno task test:browser` opens them.
import {
  createIdentity,
  DirectoryClient,
  startDirectory,
} from "@lekt/lekt/directory";
import { type Limits, listen, type RemoteEnd } from "@lekt/lekt";
import { assert, assertEquals } from "@std/assert";
import {
  type BrowserProgram,
  CHROMIUM,
  FIREFOX,
  openPage,
} from "./helpers/browser_programs.ts";
import { servePage } from "./helpers/browser_scenes.ts";
import { within } from "./helpers/deadline.ts";
import { DevTools } from "./helpers/devtools.ts";
import { bundleProgram } from "./helpers/page_bundle.ts";
import { ROOT } from "./helpers/pages.ts";

const IS_FULL = Deno.env.get("LEKT_BROWSERS") === "all";

/** So long may a program run on a busy machine, in milliseconds. */
const DEADLINE_MS = 300_000;

/** The usual times by 30: a ping each 15 s, and silence of 45 s for a loss. */
const SHORT: Partial<Limits> = { pingIntervalMs: 500, silenceTimeoutMs: 1_500 };

/** 10 minutes by 30. */
const HIDDEN_MS = 20_000;

/** What the signals of processes hold is freed with the test's process. */
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

/** Bob, who gives back what he gets; a directory that knows him; and a page's way to them. */
class Place implements AsyncDisposable {
  /** The page's program. */
  readonly script: string;
  /** Where the page is. */
  readonly origin: string;
  /** What the page has told. */
  readonly said: Promise<unknown>;
  /** How conversations ended, at bob's. */
  readonly ends: Promise<RemoteEnd>[];
  readonly #ways: object;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { script, origin, said, ends, ways }: {
      script: string;
      origin: string;
      said: Promise<unknown>;
      ends: Promise<RemoteEnd>[];
      ways: object;
    },
    stack: AsyncDisposableStack,
  ) {
    this.script = script;
    this.origin = origin;
    this.said = said;
    this.ends = ends;
    this.#ways = ways;
    this.#stack = stack;
  }

  static async open(
    { limits = {}, isAnyLetIn = false }: {
      limits?: Partial<Limits>;
      isAnyLetIn?: boolean;
    } = {},
  ): Promise<Place> {
    await using stack = new AsyncDisposableStack();
    const text = await Deno.readTextFile(
      new URL("tests/browser/places.js", ROOT),
    );
    const script = await bundleProgram(
      "deno",
      text.replace("../../src/browser/mod.ts", "@lekt/lekt/browser"),
    );
    const told = Promise.withResolvers<unknown>();
    const server = stack.use(servePage(script, told.resolve));
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const bob = stack.use(
      await listen({
        nickname: "bob",
        methods: ["ws://127.0.0.1:0/lekt"],
        origins: [isAnyLetIn ? "*" : origin],
        accept: () => true,
        limits,
      }),
    );
    const ends: Promise<RemoteEnd>[] = [];
    bob.serve(async (connection) => {
      ends.push(connection.ended);
      await connection.receive();
      for await (const message of connection) {
        await connection.send(await message.bytes());
      }
    }, { onError() {} });
    const { methods } = bob;
    const directory = stack.use(await startDirectory({ port: 0 }));
    const identity = await createIdentity();
    stack.use(
      await new DirectoryClient(directory.url)
        .register(identity, { nickname: "bob", methods }),
    );
    const ways = {
      methods,
      limits,
      directory: directory.url,
      bob: identity.thumbprint,
      told: `${origin}/said`,
    };
    const all = { script, origin, said: told.promise, ends, ways };
    return new Place(all, stack.move());
  }

  /** The part of a page's address that says how to reach bob. */
  hash(place: string): string {
    return `#${encodeURIComponent(JSON.stringify({ ...this.#ways, place }))}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

for (const browser of [CHROMIUM, FIREFOX]) {
  testPlaces(browser);
}

function testPlaces(browser: BrowserProgram): void {
  const usual = { ignore: !IS_FULL || browser.path === undefined, ...UNTIDY };

  Deno.test({
    name:
      `a page from a file talks, where all pages are let in, in ${browser.name}`,
    ...usual,
    async fn() {
      await using place = await Place.open({ isAnyLetIn: true });
      const folder = await Deno.makeTempDir({ prefix: "lekt-page-" });
      const path = `${folder}/index.html`;
      const inline = place.script.replaceAll("</script", "<\\/script");
      await Deno.writeTextFile(
        path,
        `<!doctype html><meta charset="utf-8"><script type="module">${inline}</script>`,
      );
      await using _page = await openPage(browser, {
        url: `file://${path}${place.hash("file")}`,
      });
      const said = await within(place.said, "the page", DEADLINE_MS);
      assertEquals(said, "hé | (end) | true");
      await Deno.remove(folder, { recursive: true });
    },
  });

  Deno.test({
    name:
      `a service worker talks, and so does a page whose requests pass through it, in ${browser.name}`,
    ...usual,
    async fn() {
      await using place = await Place.open();
      await using _page = await openPage(browser, {
        url: `${place.origin}/${place.hash("worker")}`,
      });
      assertEquals(
        await within(place.said, "the page", DEADLINE_MS),
        "hé | (end) | true | true | 1 | hé | (end) | true",
      );
    },
  });
}

/** Opens a page that talks with bob, and another tab in front of it. */
async function hideTab(place: Place, tools: DevTools) {
  const tab = await tools.open(`${place.origin}/${place.hash("tab")}`);
  assertEquals(await within(place.said, "the tab", DEADLINE_MS), "ready");
  await tab.run("tab.open()");
  assertEquals(await tab.run("tab.echo('one')"), "visible: one");
  const other = await tools.open("about:blank");
  await other.show();
  return tab;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const WITH_TABS = {
  ignore: !IS_FULL || CHROMIUM.path === undefined,
  ...UNTIDY,
};

Deno.test({
  name: "a tab behind others goes on with its conversation in Chromium",
  ...WITH_TABS,
  async fn() {
    await using place = await Place.open({ limits: SHORT });
    // Timers of a page that is out of sight for so many seconds come once a minute.
    await using tools = await DevTools.start([
      "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/2",
    ]);
    const tab = await hideTab(place, tools);
    await tab.run("globalThis.ticks = 0; setInterval(() => ticks++, 100)");
    await pause(HIDDEN_MS);
    const ticks = Number(await tab.run("ticks"));
    assert(ticks < HIDDEN_MS / 500, `${ticks} ticks: its timers were not held`);
    assertEquals(await tab.run("tab.echo('two')"), "hidden: two");
    await tab.show();
    assertEquals(await tab.run("tab.echo('three')"), "visible: three");
    assertEquals(await tab.run("tab.close()"), true);
    assertEquals((await within(place.ends[0]!, "the end")).clean, true);
  },
});

Deno.test({
  name:
    "a tab that is frozen for too long is taken for gone, and learns of it when it goes on, in Chromium",
  ...WITH_TABS,
  async fn() {
    await using place = await Place.open({ limits: SHORT });
    await using tools = await DevTools.start([]);
    const tab = await hideTab(place, tools);
    await tab.setFrozen(true);
    const { clean, error } = await within(place.ends[0]!, "the end");
    assertEquals([clean, error?.code], [false, "TIMEOUT"]);
    await tab.setFrozen(false);
    await tab.show();
    assertEquals(await tab.run("tab.end()"), "false, TRUNCATED");
  },
});
