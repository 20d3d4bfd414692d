// What web pages import: its graph, its size, and whether it runs in browsers.
// The gate bundles with one bundler and opens one browser;
// `deno task test:browser` takes all that there are.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { FILE_SIZE, KILL, type Shown } from "./browser/shown.ts";
import type { Certificate } from "../src/transport/certificate.ts";
import { makeCertificate } from "../src/transport/make_certificate.ts";
import {
  type BrowserProgram,
  CHROMIUM,
  FIREFOX,
  openPage,
} from "./helpers/browser_programs.ts";
import { BrowserScenes } from "./helpers/browser_scenes.ts";
import { within } from "./helpers/deadline.ts";
import { bundleProgram, type BundlerName } from "./helpers/page_bundle.ts";
import { ROOT } from "./helpers/pages.ts";
import { shownBy } from "./helpers/program_output.ts";
import { scanSource } from "./helpers/source_scan.ts";

const ENTRY = "src/browser/mod.ts";

/** Programs of pages with their bytes in one file, minified and compressed by gzip: all that the entry has, and what most pages use. */
const SIZES: readonly [name: string, program: string, sizeMax: number][] = [
  [
    "everything",
    `import * as lekt from "@lekt/lekt/browser"; globalThis.lekt = { ...lekt };`,
    47_150,
  ],
  [
    "connect",
    `import { connect } from "@lekt/lekt/browser"; globalThis.connect = connect;`,
    44_300,
  ],
];

/** What Vite puts into each page besides. */
const VITE_SIZE = 600;

/** So long may a program run on a busy machine, in milliseconds; a quiet one takes a few seconds. */
const DEADLINE_MS = 300_000;

/** Whether to take all bundlers and browsers there are. */
const IS_FULL = Deno.env.get("LEKT_BROWSERS") === "all";

if (CHROMIUM.path === undefined) {
  console.warn(
    "\n*** SKIPPED: no chromium on the PATH: nothing is tested in a browser (Debian: apt-get install chromium) ***\n",
  );
}

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).spawn();
}

/** A module, as `deno info --json` tells of it. */
interface ModuleInfo {
  specifier: string;
  dependencies?: { specifier: string; code?: { specifier: string } }[];
}

/** Specifiers of all that runs where `entry` is imported. */
async function readGraph(entry: string): Promise<string[]> {
  const { stdout } = await start(["info", "--json", entry]).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: ModuleInfo[];
  };
  const reached = new Set(roots);
  for (const each of reached) {
    const module = modules.find(({ specifier }) => specifier === each);
    for (const { code } of module?.dependencies ?? []) {
      if (code) reached.add(code.specifier);
    }
  }
  return [...reached];
}

Deno.test("what web pages import needs no package, nothing of Node and nothing of Deno", async () => {
  const faults: string[] = [];
  const graph = await readGraph(ENTRY);
  assert(graph.length > 50, `${graph.length} modules`);
  for (const specifier of graph) {
    if (!specifier.startsWith(ROOT.href)) {
      faults.push(specifier);
      continue;
    }
    const path = specifier.slice(ROOT.href.length);
    const { names } = scanSource(
      path,
      await Deno.readTextFile(new URL(path, ROOT)),
    );
    faults.push(
      ...["Deno", "process", "Buffer"].filter((name) => names.has(name))
        .map((name) => `${path}: ${name}`),
    );
  }
  assertEquals(faults, []);
});

const BUNDLERS: readonly BundlerName[] = IS_FULL
  ? ["deno", "esbuild", "vite"]
  : ["deno"];

/** The page of scenes as somebody would write it who has installed the module. */
async function readScenes(): Promise<string> {
  const text = await Deno.readTextFile(
    new URL("tests/browser/scenes.js", ROOT),
  );
  return text.replace(`../../${ENTRY}`, "@lekt/lekt/browser")
    .replace("../../src/browser/relay.ts", "@lekt/lekt/browser/relay");
}

async function gzipSize(text: string): Promise<number> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).length;
}

/** Starts the example as its first lines say, and tells the address that it prints. */
async function startExample(): Promise<[Deno.ChildProcess, string]> {
  const path = "examples/browser_chat.ts";
  const text = await Deno.readTextFile(new URL(path, ROOT));
  const [command] = /deno run .*browser_chat\.ts/.exec(text)!;
  const example = start(command.split(" ").slice(1));
  const [url] = await shownBy(example, /http:\S+/);
  return [example, url];
}

/** Opens the example's page and one of scenes in Chromium, and tells what the first showed; puts pictures of it into a folder, where one is given. */
async function openPages(scenes: string, pictures?: string): Promise<Shown> {
  const [example, url] = await startExample();
  try {
    const program = "tests/browser/browser_process.ts";
    const browser = start([
      ...["run", "--quiet", "-A", "--config=tests/browser/deno.json", program],
      ...[
        CHROMIUM.path!,
        url,
        scenes,
        ...(pictures === undefined ? [] : [pictures]),
      ],
    ]);
    await shownBy(browser, new RegExp(`${KILL}\\n`));
    example.kill("SIGKILL");
    const [shown] = await shownBy(browser, /^\{.*\}$/m);
    await browser.stdout.cancel();
    return JSON.parse(shown);
  } finally {
    try {
      example.kill("SIGKILL");
    } catch {
      // It is dead already.
    }
    await example.stdout.cancel();
    await example.status;
  }
}

/** What the signals of processes hold is freed with the test's process. */
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

for (const bundler of BUNDLERS) {
  Deno.test({
    name: `what web pages import is small in one file by ${bundler}`,
    ...UNTIDY,
    async fn() {
      for (const [name, program, sizeMax] of SIZES) {
        const script = await bundleProgram(bundler, program);
        assertEquals(script.match(/\bnode:\w+|\bDeno\./g), null);
        const size = await gzipSize(script);
        console.log(`${bundler}: ${name}: ${size} bytes, compressed by gzip`);
        const most = sizeMax + (bundler === "vite" ? VITE_SIZE : 0);
        assert(size < most, `${size} bytes, expected less than ${most}`);
      }
    },
  });
}

Deno.test({
  name: "pages talk in Chromium, and examples/browser_chat.ts shows its room",
  ignore: CHROMIUM.path === undefined,
  ...UNTIDY,
  async fn() {
    const script = await bundleProgram("deno", await readScenes());
    await using scenes = await BrowserScenes.open(script);
    const { states, digest, faults } = await openPages(
      scenes.url,
      Deno.env.get("LEKT_PICTURES"),
    );
    assertEquals(faults, []);
    assertEquals(await within(scenes.said, "the scenes"), scenes.expected);
    assertEquals(states, [
      "In the room: ",
      "Waiting: You have knocked. The others decide…",
      "Refused: You are not let in: alice said no.",
      "You have left: You have left the room.",
      states.at(-1),
    ]);
    assertMatch(states.at(-1)!, /^Connection lost: .*broke off/);
    const file = "lekt".repeat(FILE_SIZE / 4);
    assertEquals(digest, createHash("sha256").update(file).digest("hex"));
  },
});

/** Opens a page of scenes in a browser, and tells what it said. */
async function play(
  browser: BrowserProgram,
  bundler: BundlerName,
  tls?: Certificate,
): Promise<void> {
  const script = await bundleProgram(bundler, await readScenes());
  await using scenes = await BrowserScenes.open(script, tls);
  const { url, hosts, expected } = scenes;
  await using _page = await openPage(browser, { url, tls, hosts });
  const said = await within(scenes.said, "the scenes", DEADLINE_MS);
  // What Vite puts into a page's program needs a document: workers have entries of their own there.
  if (bundler === "vite") said.worker = expected.worker!;
  assertEquals(said, expected);
}

if (IS_FULL) {
  for (const browser of [CHROMIUM, FIREFOX]) {
    for (const bundler of BUNDLERS) {
      Deno.test({
        name: `pages that ${bundler} bundled talk over ws in ${browser.name}`,
        ignore: browser.path === undefined,
        ...UNTIDY,
        fn: async () => await play(browser, bundler),
      });
    }
  }
  for (const browser of [CHROMIUM, FIREFOX]) {
    Deno.test({
      name: `pages talk over wss in ${browser.name}`,
      ignore: browser.path === undefined,
      ...UNTIDY,
      fn: async () =>
        await play(
          browser,
          "deno",
          await makeCertificate({ hosts: ["127.0.0.1"] }),
        ),
    });
  }
}
