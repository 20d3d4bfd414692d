/**
 * Other runtimes as one of the ends: Node, Bun, Chromium.
 *
 * @module
 */
import { type Connection, listen, type Listener } from "../../mod.ts";
import { within } from "../helpers/deadline.ts";
import { ROOT } from "../helpers/pages.ts";
import { Program, versionOf } from "./program.ts";
import type { Report } from "./report.ts";

/** Versions from npm, besides what is on the PATH. */
const NODE = "24.21.0";
const BUN = "1.4.5";

const STEP_MS = 60_000;

/** A browser begins with a dozen processes, which takes minutes on a busy machine. */
const PAGE_MS = 180_000;

/** What runs there, as a client; `tell` and `method` are put before it. */
const CLIENT = `
  import { connect } from "MODULE";
  async function run() {
    const bob = await connect(method, { nickname: "alice" });
    await bob.send("hello");
    const answer = await (await bob.receive()).text();
    const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
    await bob.send(bytes);
    const size = await (await bob.receive()).text();
    await bob.send("last");
    await bob.closeWrite();
    const last = await (await bob.receive()).text();
    const end = await bob.receive();
    const { clean } = await bob.closed;
    return [answer, size, last, end, clean].join(", ");
  }
  run().then(tell, (error) => tell(String(error.code) + " " + error.message));
`;

const EXPECTED = "got 5, got 8388608, got 4, , true";

/** Bundles what web pages import, which needs a `WebSocket` alone. */
async function bundle(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform=browser", "--code-splitting"],
      ...[`--outdir=${folder}`, "src/browser/mod.ts"],
    ],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A listener that tells how long each message was. */
async function serve(origins: string[]): Promise<Listener> {
  const listener = await listen({
    nickname: "bob",
    methods: ["ws://127.0.0.1:0/lekt"],
    origins,
    accept: () => true,
  });
  listener.serve(async (connection: Connection) => {
    for await (const message of connection) {
      await connection.send(`got ${(await message.bytes()).byteLength}`);
    }
  }, { onError: () => {} });
  return listener;
}

/** Runs them all. */
export async function checkClients(report: Report): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  try {
    const runtimes = RUNTIMES.filter(([name]) =>
      report.wants(`client ${name}`)
    );
    const wantsPages = report.wants("client Chromium");
    if (runtimes.length > 0 || wantsPages) await bundle(folder);
    await checkRuntimes(report, folder, runtimes);
    if (wantsPages) await checkPages(report, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function npx(name: string): string[] {
  return ["npx", "-y", name];
}

/** What they are called, how they are started, and what is lost. */
const RUNTIMES: readonly [string, string[], RegExp?][] = [
  [
    `Node ${versionOf("node")}`,
    ["node"],
    /Promise.withResolvers is not a function/,
  ],
  [`Node ${NODE}`, npx(`node@${NODE}`)],
  [`Bun ${BUN}`, npx(`bun@${BUN}`)],
];

async function checkRuntimes(
  report: Report,
  folder: string,
  runtimes: typeof RUNTIMES,
): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, '{"type":"module"}');
  for (const [name, command, lost] of runtimes) {
    if (versionOf(command[0]!, ["-v"]) === undefined) {
      report.skip(name, `no ${command[0]}`);
      continue;
    }
    await report.check(
      `client ${name}`,
      "ws by its own WebSocket",
      async () => {
        await using listener = await serve([]);
        await Deno.writeTextFile(
          `${folder}/main.js`,
          `const method = ${JSON.stringify(listener.methods[0])};
        const tell = (text) => { console.log("<" + text + ">"); process.exit(); };
        ${CLIENT.replace("MODULE", "./mod.js")}`,
        );
        const { stdout, stderr } = await new Deno.Command(command[0]!, {
          args: [...command.slice(1), "main.js"],
          cwd: folder,
          stdin: "null",
          signal: AbortSignal.timeout(STEP_MS),
        }).output();
        const decoder = new TextDecoder();
        const text = decoder.decode(stdout);
        const said = /<(.*)>/.exec(text)?.[1] ?? text + decoder.decode(stderr);
        return said === EXPECTED ? "ok" : said;
      },
      lost,
    );
  }
}

/** Chromium shows a page from where `isFile` and `isNamed` say; the page posts what came of it. */
async function checkPages(report: Report, folder: string): Promise<void> {
  const version = versionOf("chromium", ["--version"]);
  const thing = `client Chromium ${version}`;
  if (version === undefined) return report.skip("Chromium", "not installed");
  const cases: [string, boolean, boolean, RegExp?][] = [
    ["page of an origin that is named", false, true],
    ["page of another origin", false, false, /^UNREACHABLE/],
    ["page from file://", true, false, /^UNREACHABLE/],
  ];
  for (const [name, isFile, isNamed, lost] of cases) {
    await report.check(
      thing,
      name,
      () => showPage(folder, isFile, isNamed),
      lost,
    );
  }
}

async function showPage(
  folder: string,
  isFile: boolean,
  isNamed: boolean,
): Promise<string> {
  const told = Promise.withResolvers<string>();
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      told.resolve(await request.text());
      return new Response();
    }
    const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
    const body = await Deno.readTextFile(`${folder}${pathname}`)
      .catch(() => "");
    // A page from file:// may only import what lets everybody do so.
    const headers = {
      "content-type": type,
      "access-control-allow-origin": "*",
    };
    return new Response(body, { headers });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  await using listener = await serve(isNamed ? [origin] : []);
  const script = `const method = ${JSON.stringify(listener.methods[0])};
    const tell = (text) => fetch("${origin}/", { method: "POST", mode: "no-cors", body: text });
    ${CLIENT.replace("MODULE", `${origin}/mod.js`)}`;
  await Deno.writeTextFile(
    `${folder}/page.html`,
    `<!doctype html><script type="module">${script}</script>`,
  );
  await using _browser = await Program.start({
    command: [
      ...["chromium", "--headless=new", "--no-sandbox", "--disable-gpu"],
      ...["--user-data-dir=FOLDER/profile", "--no-first-run"],
      isFile ? `file://${folder}/page.html` : `${origin}/page.html`,
    ],
  });
  const said = await within(told.promise, "the page", PAGE_MS)
    .catch(String);
  return said === EXPECTED ? "ok" : said;
}
