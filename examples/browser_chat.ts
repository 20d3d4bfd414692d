/**
 * A chat for web pages, with files: the pages connect to this program, which is
 * the room. Who is there decides who comes in; whoever is refused is told why.
 * Open the address that is printed in two windows. For others in the network,
 * add the address of this machine to the command, and allow it.
 *
 * deno run --allow-net=127.0.0.1 --allow-read --allow-write --allow-run --ignore-env examples/browser_chat.ts
 */
import { type Connection, listen, type Message, type Remote } from "@lekt/lekt";
import { unwrap, wrap } from "./browser_chat/envelope.js";

const HOST = Deno.args[0] ?? "127.0.0.1";

/** How many may knock at once. */
const KNOCKS_MAX = 20;

/** Bytes of the largest file that is passed on. */
const FILE_SIZE_MAX = 2 ** 30;

const page = new URL("./browser_chat/", import.meta.url);

/** Bundles the page's program with the module and its WASM. */
async function bundlePage(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform=browser", "--minify"],
      new URL("page.js", page).pathname,
    ],
    cwd: new URL("..", page),
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** Serves the page, and tells it how the room can be reached. */
function serve(
  script: string,
  methods: () => readonly string[],
): Deno.HttpServer<Deno.NetAddr> {
  const kinds: Record<string, string> = {
    "/": "text/html; charset=utf-8",
    "/page.css": "text/css; charset=utf-8",
  };
  return Deno.serve({ hostname: HOST, port: 0, onListen }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/methods") return Response.json(methods());
    if (pathname === "/page.js") return answer(script, "text/javascript");
    const kind = kinds[pathname];
    if (kind === undefined) {
      return new Response("There is no such page", { status: 404 });
    }
    const name = pathname === "/" ? "page.html" : pathname.slice(1);
    return answer(await Deno.readTextFile(new URL(name, page)), kind);
  });
}

function answer(text: string, kind: string): Response {
  return new Response(text, { headers: { "content-type": kind } });
}

function onListen({ port }: Deno.NetAddr): void {
  console.log(`Open http://${HOST}:${port}/ in two windows`);
}

/** The room: who is in it, and who knocks. */
class Room {
  readonly #members = new Map<string, Connection>();
  readonly #knocks = new Map<number, (decision: boolean | string) => void>();
  #knockCount = 0;

  /** Asks those who are there whether somebody may come in. */
  async accept(
    { nickname, address }: Remote,
    { signal }: { signal: AbortSignal },
  ): Promise<boolean | string> {
    if (this.#members.has(nickname)) return `there is a ${nickname} already`;
    if (this.#members.size === 0) return true;
    if (this.#knocks.size >= KNOCKS_MAX) return "too many are waiting";
    const number = ++this.#knockCount;
    const decided = Promise.withResolvers<boolean | string>();
    this.#knocks.set(number, decided.resolve);
    signal.addEventListener("abort", () => decided.resolve(false));
    this.#tell({ knock: number, nickname, address });
    const decision = await decided.promise;
    this.#knocks.delete(number);
    this.#tell({ settled: number });
    return decision;
  }

  /** Passes on what somebody says, until they leave. */
  async host(connection: Connection): Promise<void> {
    const { nickname } = connection.remote;
    // Two of one name may have knocked at once.
    if (this.#members.has(nickname)) return;
    this.#members.set(nickname, connection);
    this.#tellWhoIsHere();
    try {
      for await (const message of connection) {
        // Not awaited: a text overtakes the file before it.
        this.#passOn(nickname, message).catch((error) =>
          console.error(`${nickname}: ${error.message}`)
        );
      }
    } finally {
      this.#members.delete(nickname);
      this.#tellWhoIsHere();
      if (this.#members.size === 0) {
        for (const decide of this.#knocks.values()) decide("nobody is there");
      }
    }
  }

  async #passOn(from: string, message: Message): Promise<void> {
    const [head, content] = await unwrap(message);
    const { say, file, decide, letIn } = head;
    if (typeof say === "string") await this.#tell({ from, say }, from);
    if (typeof decide === "number") {
      this.#knocks.get(decide)?.(letIn === true || `${from} said no`);
    }
    if (typeof file === "object") {
      await this.#passFileOn({ from, file }, content);
    }
  }

  /** A file goes to all others as it comes, and no faster than the slowest takes it. */
  async #passFileOn(
    head: { from: string; file: unknown },
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const writers = new Set<WritableStreamDefaultWriter<Uint8Array>>();
    const sending: Promise<unknown>[] = [];
    for (const [nickname, connection] of this.#members) {
      if (nickname === head.from) continue;
      const { readable, writable } = new TransformStream<Uint8Array>();
      writers.add(writable.getWriter());
      sending.push(connection.send(wrap(head, readable.values())));
    }
    let size = 0;
    try {
      for await (const chunk of content) {
        size += chunk.length;
        if (size > FILE_SIZE_MAX) throw new Error("the file is too large");
        await Promise.all(
          [...writers].map((writer) =>
            writer.write(chunk).catch(() => writers.delete(writer))
          ),
        );
        if (writers.size === 0) throw new Error("nobody wants the file");
      }
      for (const writer of writers) writer.close().catch(() => {});
    } catch (error) {
      for (const writer of writers) writer.abort(error).catch(() => {});
      throw error;
    } finally {
      await Promise.allSettled(sending);
    }
  }

  #tellWhoIsHere(): void {
    this.#tell({ here: [...this.#members.keys()] });
  }

  /** Tells all but one; who cannot be told has left. */
  async #tell(head: Record<string, unknown>, but?: string): Promise<void> {
    const told = [...this.#members]
      .filter(([nickname]) => nickname !== but)
      .map(([, connection]) => connection.send(`${JSON.stringify(head)}\n`));
    await Promise.allSettled(told);
  }
}

const script = await bundlePage();
let methods: readonly string[] = [];
const server = serve(script, () => methods);
const room = new Room();
await using listener = await listen({
  nickname: "the room",
  methods: [`ws://${HOST}:0/lekt`],
  // Browsers say which page opens a WebSocket: only ours may.
  origins: [`http://${HOST}:${server.addr.port}`],
  accept: (remote, context) => room.accept(remote, context),
});
methods = listener.methods;
await listener.serve((connection) => room.host(connection));
