// A side that only waits or sends hears when the other side has gone.
import { assert, assertEquals } from "@std/assert";
import { connect, type Connection, listen } from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { isSettled, within } from "../helpers/deadline.ts";
import { receive } from "../helpers/messages.ts";

const { cert, key, spki } = await makeCertificate({ hosts: ["127.0.0.1"] });

async function withServer(
  scheme: string,
  run: (method: string, client: Promise<Connection>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await using listener = await listen({
    nickname: "bob",
    methods: [
      scheme === "unix" ? `unix:${folder}/s` : `${scheme}://127.0.0.1:0`,
    ],
    accept: () => true,
    tls: { cert, key },
  });
  const first = listener[Symbol.asyncIterator]().next();
  await run(listener.methods[0]!, first.then(({ value }) => value!));
  await listener.close();
  await Deno.remove(folder, { recursive: true });
}

for (const scheme of ["tcp", "unix", "tls", "ws", "wss"]) {
  Deno.test(`over ${scheme} a server that writes nothing hears that its client has closed`, () =>
    withServer(scheme, async (method, coming) => {
      const tls = { pinnedKey: spki };
      const client = await connect(method, { nickname: "alice", tls });
      const server = await within(coming, "the client");
      assert(!await isSettled(server.ended));
      const closing = client.close();
      assertEquals(await within(server.ended, "the end"), { clean: true });
      // Half of it is over: it can still be sent to.
      assert(!await isSettled(server.closed));
      await server.close();
      await closing;
      assertEquals(await client.closed, { clean: true });
      assertEquals(await within(server.closed, "closed"), { clean: true });
      assertEquals(await within(client.ended, "its end"), { clean: true });
    }));
}

async function withClientProcess(
  scheme: string,
  way: string,
  run: (server: Connection, client: Deno.ChildProcess) => Promise<void>,
): Promise<void> {
  await withServer(scheme, async (method, coming) => {
    const path = new URL("../helpers/leaving_client.ts", import.meta.url);
    const client = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", path.pathname, method, way, spki],
    }).spawn();
    const server = await within(coming, "the client", 30_000);
    assertEquals(await (await receive(server)).text(), "hello");
    await run(server, client);
    await client.status;
    await server.close();
  });
}

for (const scheme of ["tcp", "tls"]) {
  Deno.test(`over ${scheme} a server that writes nothing hears that its client was killed`, () =>
    withClientProcess(scheme, "stay", async (server, client) => {
      await server.send("stay");
      client.kill("SIGKILL");
      const { clean } = await within(server.ended, "the end", 30_000);
      // Over TCP the system ends the stream of a process that is gone, or resets it.
      if (scheme === "tls") assertEquals(clean, false);
    }));

  Deno.test(`over ${scheme} abort() is told although the process ends behind it`, () =>
    withClientProcess(scheme, "abort", async (server) => {
      await server.send("go");
      const { clean } = await within(server.closed, "closed", 30_000);
      assertEquals(clean, false);
      assertEquals((await server.ended).error?.code, "TRUNCATED");
    }));
}

Deno.test("a loop over messages, and then close(), brings `closed`", () =>
  withServer("tcp", async (method, coming) => {
    const client = await connect(method, { nickname: "alice" });
    const serve = async (): Promise<boolean> => {
      const server = await coming;
      for await (const message of server) await server.send(message.body);
      await server.close();
      return (await server.closed).clean;
    };
    const serving = serve();
    await client.send("hello");
    assertEquals(await (await receive(client)).text(), "hello");
    await client.close();
    assertEquals(await within(serving, "the server"), true);
  }));
