import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ConnectionTable } from "../../src/directory/connection_table.ts";
import {
  HttpServer,
  type HttpServerOptions,
} from "../../src/directory/http_server.ts";
import { isSettled, until, within } from "../helpers/deadline.ts";
import { isEvent, PeerProcess } from "../helpers/peer_process.ts";

const HEAD = "GET /v1 HTTP/1.1\r\nHost: a\r\n";

async function start(
  options: Partial<HttpServerOptions> = {},
): Promise<HttpServer> {
  return await HttpServer.listen({
    hostname: "127.0.0.1",
    port: 0,
    connections: 100,
    connectionsPerAddress: 100,
    answer: () => Promise.resolve(new Response("well")),
    onTrouble: (error) => {
      throw error;
    },
    ...options,
  });
}

/** A client that sends what it is told to, byte for byte. */
class RawClient implements Disposable {
  readonly #connection: Deno.Conn;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  static async connect(port: number, text = ""): Promise<RawClient> {
    const client = new RawClient(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
    await client.send(text);
    return client;
  }

  async send(text: string): Promise<void> {
    await this.#connection.write(new TextEncoder().encode(text));
  }

  /** What arrives until `end` does, or until the server closes. */
  async read(end?: string): Promise<string> {
    const buffer = new Uint8Array(64 * 1024);
    let text = "";
    while (end === undefined || !text.includes(end)) {
      const size = await within(this.#read(buffer), "the server's answer");
      if (size === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, size));
    }
    return text;
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      return await this.#connection.read(buffer);
    } catch {
      return null; // reset: closed all the same
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

Deno.test("a header that is half sent, or none, ends its connection; one that is whole does not", async () => {
  const server = await start({ deadlines: { headerMs: 200 } });
  using silent = await RawClient.connect(server.port);
  using half = await RawClient.connect(server.port, HEAD);
  using whole = await RawClient.connect(server.port, `${HEAD}\r\n`);
  assert((await whole.read("well")).startsWith("HTTP/1.1 200"));
  assertEquals([await silent.read(), await half.read()], ["", ""]);
  await whole.send(`${HEAD}\r\n`);
  assert((await whole.read("well")).startsWith("HTTP/1.1 200"));
  await server.close(0);
});

Deno.test("a connection that asks nothing more, or half, ends some time after its last answer", async () => {
  const server = await start({ deadlines: { idleMs: 200 } });
  for (const rest of ["", HEAD]) {
    using client = await RawClient.connect(server.port, `${HEAD}\r\n`);
    await client.read("well");
    await client.send(rest);
    assertEquals(await client.read(), "");
  }
  await server.close(0);
});

Deno.test("a client that takes nothing of its answer is closed", async () => {
  const gone = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
    cancel: () => gone.resolve(),
  });
  const headers = { "content-type": "text/event-stream" };
  const server = await start({
    deadlines: { writeMs: 200 },
    answer: () => Promise.resolve(new Response(body, { headers })),
  });
  using _ = await RawClient.connect(server.port, `${HEAD}\r\n`);
  await within(gone.promise, "the end of the answer");
  await server.close(0);
});

Deno.test("at its limits a server ends who was silent longest, and nobody who is answered", async () => {
  for (
    const limits of [{ connections: 3 }, { connectionsPerAddress: 3 }]
  ) {
    const answer = Promise.withResolvers<void>();
    let askedCount = 0;
    const server = await start({
      ...limits,
      answer: async () => {
        askedCount++;
        await answer.promise;
        return new Response("well");
      },
    });
    using asking = await RawClient.connect(server.port, `${HEAD}\r\n`);
    await until(() => askedCount === 1, "the first request");
    using first = await RawClient.connect(server.port, HEAD);
    using second = await RawClient.connect(server.port, HEAD);
    using third = await RawClient.connect(server.port, `${HEAD}\r\n`);
    assertEquals(await first.read(), "");
    await second.send("\r\n");
    await until(() => askedCount === 3, "the others' requests");
    // All three are being answered: there is no place left.
    using fourth = await RawClient.connect(server.port);
    assertEquals(await fourth.read(), "");
    answer.resolve();
    assert((await asking.read("well")).startsWith("HTTP/1.1 200"));
    assert((await third.read("well")).startsWith("HTTP/1.1 200"));
    await server.close(0);
  }
});

Deno.test("a connection table counts by address and in all, and forgets who has ended", () => {
  const ended: string[] = [];
  const limits = { connections: 3, connectionsPerAddress: 2 };
  const table = new ConnectionTable<string>(limits, (one) => ended.push(one));
  for (const name of ["a1", "a2", "a3"]) assert(table.add(name, "a"));
  assertEquals([ended.splice(0), table.size], [["a1"], 2]);
  assert(table.add("b1", "b"));
  table.setSilent("a2", false);
  assert(table.add("c1", "c"));
  assertEquals(ended.splice(0), ["a3"]);
  table.setSilent("b1", false);
  table.setSilent("c1", false);
  assertEquals([table.add("d1", "d"), table.giveWay()], [false, false]);
  table.delete("b1");
  table.delete("b1");
  assert(table.add("d1", "d"));
  table.endSilent();
  assertEquals([ended, [...table.all]], [["d1"], ["a2", "c1"]]);
});

Deno.test({
  name:
    "a directory lives on when its descriptors run out, says so once, and answers again",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using directory = new PeerProcess([
      ...["-c", 'ulimit -n 90; exec "$0" "$@"', Deno.execPath(), "run"],
      ...["--quiet", "--no-check", "--allow-all", "src/peer/main.ts"],
      ...["directory", "--json", "--port", "0"],
    ], { program: "sh" });
    const { url } = await directory.event("listening", isEvent("listening"));
    const port = Number(new URL(url as string).port);
    const clients: RawClient[] = [];
    for (let count = 0; count < 200; count++) {
      clients.push(await RawClient.connect(port, `${HEAD}\r\n`));
    }
    // Each is answered in the end: those that have their answer give way.
    for (const client of clients.slice(-20)) {
      assert((await client.read("}")).startsWith("HTTP/1.1 200"));
    }
    for (const client of clients) client[Symbol.dispose]();
    const asking = fetch(`http://127.0.0.1:${port}/healthz`);
    const answer = await within(asking, "an answer afterwards");
    assertEquals(await answer.json(), { status: "ok" });
    directory.signal("SIGTERM");
    await directory.expectEnd(0);
    const told = directory.events;
    assertEquals(told.map(({ event }) => event), [
      "listening",
      "warning",
      "closed",
    ]);
    assertStringIncludes(told[1]!.message as string, "ulimit -n");
  },
});

Deno.test("an answer that ends while the server closes is the last one of its connection", async () => {
  const answering = Promise.withResolvers<void>();
  let end = (): void => {};
  const server = await start({
    deadlines: { idleMs: 1_000_000 },
    answer: () => {
      const body = new ReadableStream({
        start(controller): void {
          end = () => controller.close();
          answering.resolve();
        },
      });
      const headers = { "content-type": "text/event-stream" };
      return Promise.resolve(new Response(body, { headers }));
    },
  });
  using client = await RawClient.connect(server.port, `${HEAD}\r\n`);
  await within(answering.promise, "the request");
  await client.read("\r\n\r\n");
  const closing = server.close(1_000_000);
  // Those that are silent are closed by then.
  assertEquals(await isSettled(closing), false);
  end();
  await within(closing, "the end of the server");
  assertEquals(await client.read(), "0\r\n\r\n");
});
