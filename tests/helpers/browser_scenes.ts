/**
 * The programs that the page `tests/browser/scenes.js` talks to, and what it
 * has to find.
 *
 * @module
 */
import {
  type Connection,
  type LektError,
  listen,
  type RemoteEnd,
} from "../../mod.ts";
import {
  createIdentity,
  DirectoryClient,
  startDirectory,
} from "../../src/directory/mod.ts";
import { startRelay } from "../../src/relay/mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import type { Certificate } from "../../src/transport/certificate.ts";

/** What a page tells, by the names of its scenes. */
export type Said = Record<string, string>;

/** What bob does, as the first message of a connection says; `ends` has how those ended that went away. */
async function play(
  connection: Connection,
  ends: Promise<RemoteEnd>[],
): Promise<void> {
  const task = await (await connection.receive())?.text();
  switch (task) {
    case "echo":
      for await (const message of connection) {
        await connection.send(message.body);
      }
      break;
    case "answer behind the end":
      while (await connection.receive() !== null);
      await connection.send("an answer");
      break;
    case "tell aborts": {
      const message = await connection.receive();
      const error = await message!.bytes().catch((error) => error);
      const { code, reason } = error as LektError;
      await connection.send(`${code}: ${reason}`);
      break;
    }
    case "send without end": {
      const error = await connection.send(endless()).catch((error) => error);
      const { code, reason } = error as LektError;
      await connection.send(`${code}: ${reason}`);
      break;
    }
    case "take one, drop one":
      await (await connection.receive())?.text();
      (await connection.receive())?.cancel("no need");
      break;
    case "stay":
      ends.push(connection.ended);
      await connection.send("you are in");
      await connection.ended;
      return;
    case "tell how the last tab ended": {
      const { clean, error } = await ends.at(-1)!;
      await connection.send(`${clean}, ${error?.code}`);
      break;
    }
  }
  await connection.ended;
}

async function* endless(): AsyncGenerator<Uint8Array> {
  while (true) yield new Uint8Array(100_000);
}

/** What a page that came from `origin` has to tell. */
function expectedOf(origin: string): Said {
  return {
    chat: "bob | 1.1.0 | false | true | hé | (end), clean",
    reject: "REJECTED: remote: not with you",
    rejectThem: "REJECTED: local: not him",
    large: "8388615, true, (end), clean",
    halfClose: "an answer, true",
    abort: "changed my mind | ABORTED: changed my mind | (end), clean",
    cancel: "CANCELLED: enough | (end), clean",
    confirm:
      "CANCELLED: Message 2 was sent, and the other side has dropped it | (end), clean",
    overtake: "5,4000000 | (end), clean",
    directory:
      "1 | false | (end), clean | REJECTED: local: wrong key | UNREACHABLE",
    relay:
      "true | false | true | (end), clean | true | true | true | (end), clean | UNREACHABLE: Cannot reach r",
    identity: "true | true | 3 | false | put | gone",
    impossible: [
      "UNREACHABLE: Cannot reach tcp://127.0.0.1:1: web pages can open WebSockets alone, not tcp; the other side must offer ws or wss as well",
      'INVALID_ARGUMENT: Cannot connect with the option "tls" in a web page: with `wss` the browser judges certificates, and shows none; leave it out',
      'INVALID_ARGUMENT: Cannot connect with the option "proxy" in a web page: the browser chooses proxies; leave it out',
      `UNREACHABLE: Cannot reach ws://127.0.0.1:9/lekt: the WebSocket could not be opened; does a listener of lekt run there, and is ${origin} among its \`origins\`?`,
    ].join(" | "),
    worker: "bob | 1.1.0 | false | true | hé | (end), clean",
    leave: "false, TRUNCATED | (end), clean",
  };
}

/** Carl, who waits at a relay alone and does as bob does; the directory knows him and his key. */
async function openRelayed(
  stack: AsyncDisposableStack,
  origin: string,
  directory: string,
  ends: Promise<RemoteEnd>[],
): Promise<{ relayed: readonly string[]; pinnedKey: string }> {
  const relay = stack.use(await startRelay({ port: 0 }));
  const tls = await makeCertificate();
  const carl = stack.use(
    await listen({
      nickname: "carl",
      methods: [],
      relay: relay.url,
      tls,
      origins: [origin],
      accept: () => true,
    }),
  );
  carl.serve((connection) => play(connection, ends), { onError() {} });
  const methods = carl.methods.map((uri) => ({
    uri,
    priority: 0,
    spki: tls.spki,
  }));
  stack.use(
    await new DirectoryClient(directory).register(await createIdentity(), {
      nickname: "carl",
      methods,
    }),
  );
  return { relayed: carl.methods, pinnedKey: tls.spki };
}

/** Serves the page and its program, and gives what the page tells to `told`. */
export function servePage(
  script: string,
  told: (said: Said) => void,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
  }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      told(await request.json());
      return new Response();
    }
    const [text, type] = pathname === "/page.js"
      ? [script, "text/javascript"]
      : [
        `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`,
        "text/html",
      ];
    return new Response(text, { headers: { "content-type": type } });
  });
}

/** Bob, a directory that knows him, and a page's way to them. */
export class BrowserScenes implements AsyncDisposable {
  /** Where the page is. */
  readonly url: string;
  /** What the page has told. */
  readonly said: Promise<Said>;
  /** What it has to tell. */
  readonly expected: Said;
  /** The host and the port of bob, who may show a certificate. */
  readonly hosts: readonly string[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    url: string,
    said: Promise<Said>,
    expected: Said,
    hosts: readonly string[],
    stack: AsyncDisposableStack,
  ) {
    this.url = url;
    this.said = said;
    this.expected = expected;
    this.hosts = hosts;
    this.#stack = stack;
  }

  /** Serves a page whose program is `script`; with a certificate bob listens on `wss`. */
  static async open(
    script: string,
    tls?: Certificate,
  ): Promise<BrowserScenes> {
    await using stack = new AsyncDisposableStack();
    const told = Promise.withResolvers<Said>();
    const server = stack.use(servePage(script, told.resolve));
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const ends: Promise<RemoteEnd>[] = [];
    const listener = stack.use(
      await listen({
        nickname: "bob",
        methods: [`${tls ? "wss" : "ws"}://127.0.0.1:0/lekt`],
        origins: [origin],
        accept: ({ nickname }) => nickname !== "eve" || "not with you",
        ...(tls ? { tls } : {}),
      }),
    );
    listener.serve((connection) => play(connection, ends), {
      onError() {},
    });
    const directory = stack.use(await startDirectory({ port: 0 }));
    const identity = await createIdentity();
    stack.use(
      await new DirectoryClient(directory.url).register(identity, {
        nickname: "bob",
        methods: listener.methods,
      }),
    );
    const carl = await openRelayed(stack, origin, directory.url, ends);
    const ways = JSON.stringify({
      ...carl,
      methods: listener.methods,
      directory: directory.url,
      bob: identity.thumbprint,
    });
    return new BrowserScenes(
      `${origin}/#${encodeURIComponent(ways)}`,
      told.promise,
      expectedOf(origin),
      listener.methods.map((method) => new URL(method).host),
      stack.move(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
