/**
 * A web page that talks to a program: bob listens on `ws`, the page connects
 * with the same module, bundled for the browser, its WASM included. Bob says
 * of each message how long it was, and what its SHA-256 is. Open the address
 * that is printed.
 *
 * deno run --allow-net=127.0.0.1 --allow-read --allow-write --allow-run --ignore-env examples/browser_chat.ts
 */
import { listen, type Message } from "@lekt/lekt";
import { createHash } from "node:crypto";

const HOST = "127.0.0.1";

const page = new URL("./browser_chat/", import.meta.url);

/** Bundles the page's program and the module, in pieces: what only Deno needs is never loaded. */
async function bundlePage(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-page-" });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform=browser", "--code-splitting"],
      ...[`--outdir=${folder}`, new URL("page.js", page).pathname],
    ],
    cwd: new URL("..", page),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const scripts = new Map<string, Uint8Array<ArrayBuffer>>();
  for await (const { name } of Deno.readDir(folder)) {
    scripts.set(`/${name}`, await Deno.readFile(`${folder}/${name}`));
  }
  await Deno.remove(folder, { recursive: true });
  return scripts;
}

/** Serves the page, and tells it how bob can be reached. */
function serve(
  scripts: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  methods: () => readonly string[],
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: HOST, port: 0, onListen }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/methods") return Response.json(methods());
    if (pathname === "/") {
      const html = await Deno.readTextFile(new URL("page.html", page));
      return new Response(html, { headers: { "content-type": "text/html" } });
    }
    const script = scripts.get(pathname);
    return script
      ? new Response(script, { headers: { "content-type": "text/javascript" } })
      : new Response("There is no such page", { status: 404 });
  });
}

function onListen({ port }: Deno.NetAddr): void {
  console.log(`Open http://${HOST}:${port}/`);
}

async function describe(message: Message): Promise<string> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of message.body) {
    hash.update(chunk);
    size += chunk.length;
  }
  return `${size} bytes, SHA-256 ${hash.digest("hex")}`;
}

const scripts = await bundlePage();
let methods: readonly string[] = [];
const server = serve(scripts, () => methods);
await using listener = await listen({
  nickname: "bob",
  methods: [`ws://${HOST}:0/lekt`],
  // Browsers say which page opens a WebSocket: only ours may.
  origins: [`http://${HOST}:${server.addr.port}`],
  accept: (remote) => remote.nickname !== "eve" || "not with you",
});
methods = listener.methods;
await listener.serve(async (connection) => {
  for await (const message of connection) {
    await connection.send(await describe(message));
  }
});
