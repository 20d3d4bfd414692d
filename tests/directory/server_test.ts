import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createIdentity,
  type DirectoryReport,
  LektError,
  openStore,
  runDirectory,
  startDirectory,
  StoreError,
} from "../../src/directory/mod.ts";
import { within } from "../helpers/deadline.ts";
import { DirectoryProcess } from "../helpers/directory_process.ts";
import { freePort } from "../helpers/free_port.ts";
import { exposure } from "../../src/directory/server.ts";
import { signRecord } from "../../src/directory/record.ts";
import {
  claims,
  put,
  registerBob,
  registered,
  startTestDirectory,
} from "../helpers/directory.ts";

Deno.test("startDirectory() listens on loopback and takes each of its names as its origin", async () => {
  const reports: DirectoryReport[] = [];
  await using directory = await startDirectory({
    port: 0,
    report: (event) => reports.push(event),
  });
  const { port } = new URL(directory.url);
  const names = ["127.0.0.1", "localhost", "[::1]"];
  assertEquals(
    directory.origins,
    names.map((name) => `http://${name}:${port}`),
  );
  const { url, origins } = directory;
  assertEquals(reports, [{ event: "listening", url, origins }]);
  for (const audience of directory.origins) {
    const identity = await createIdentity();
    const token = await signRecord(identity, claims({ audience }));
    const answer = await put(directory, "bob", token);
    assertEquals(answer.ok || answer.status === 409, true);
    await answer.body?.cancel();
  }
});

Deno.test("startDirectory() refuses a taken port and unusable options", async () => {
  await using directory = await startTestDirectory();
  const port = Number(new URL(directory.url).port);
  for (
    const options of [
      { port },
      { port: 0, origins: ["dir.example"] },
      { port: 0, origins: ["https://dir.example/path"] },
      { port: 0, store: "redis://a,b" },
      { port: 0, store: "/no/such/folder/directory.db" },
      { port: 0, limits: { writesPerKey: 0 } },
    ]
  ) {
    const error = await assertRejects(() => startDirectory(options), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("startDirectory() says so where it is reached from elsewhere without TLS", () => {
  const tls = { cert: "", key: "" };
  for (const hostname of ["0.0.0.0", "::", "192.0.2.7", "dir.example"]) {
    assert(exposure(hostname, {})?.includes("without TLS"), hostname);
    assertEquals(exposure(hostname, { tls }), undefined);
    const origins = ["https://dir.example"];
    assertEquals(exposure(hostname, { origins }), undefined);
  }
  for (const hostname of ["127.0.0.1", "localhost", "::1"]) {
    assertEquals(exposure(hostname, {}), undefined);
  }
});

Deno.test("a directory whose store stays away tells so soon after its start, one whose store comes late does not", async () => {
  const told = Promise.withResolvers<void>();
  const reports: DirectoryReport[][] = [];
  const pingCounts = [0, 0, 0];
  const directories = await Promise.all(
    [Infinity, 1, 0].map(async (failureCount, index) => {
      const store = await openStore("memory");
      store.ping = () =>
        pingCounts[index]!++ < failureCount
          ? Promise.reject(new StoreError("reach the store", "it is away"))
          : Promise.resolve();
      return await startTestDirectory({
        store,
        report: (event) => {
          (reports[index] ??= []).push(event);
          if (event.event === "warning") told.resolve();
        },
      });
    }),
  );
  await within(told.promise, "a warning");
  for (const directory of directories) await directory.close();
  const warnings = reports.map((events) =>
    events.flatMap((each) => each.event === "warning" ? [each.message] : [])
  );
  assertEquals(warnings, [
    [
      "Cannot reach the store: it is away; it is tried again until it succeeds",
    ],
    [],
    [],
  ]);
  assertEquals(pingCounts.slice(1), [2, 1]);
});

Deno.test("a directory that is closed answers nobody, and its SQLite file can be opened again", async () => {
  const folder = await Deno.makeTempDir();
  const store = `${folder}/directory.db`;
  const before = await startTestDirectory({ store });
  const { token } = await registerBob(before);
  await before.close();
  await before.close();
  await before.finished;
  await assertRejects(() => fetch(before.url), TypeError);
  const after = await startTestDirectory({ store });
  assertEquals(await registered(after), token);
  await after.close();
  await Deno.remove(folder, { recursive: true });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a directory ends soon after ${signal} while clients hold requests open`, async () => {
    await using directory = await DirectoryProcess.start(freePort(), "memory");
    const head = "PUT /v1/peers/bob HTTP/1.1\r\nhost: a\r\n" +
      "content-type: application/jwt\r\ncontent-length: 100\r\n";
    const clients: Deno.Conn[] = [];
    const { hostname, port } = new URL(directory.url);
    for (const text of ["PUT /v1/pe", head, `${head}\r\nx`]) {
      const client = await Deno.connect({ hostname, port: Number(port) });
      await client.write(new TextEncoder().encode(text));
      clients.push(client);
    }
    const events = await fetch(`${directory.url}/v1/peers/bob/events`);
    const start = performance.now();
    assertEquals(await directory.end(signal), 0);
    const time = performance.now() - start;
    // It is to take 5 s at most, and would wait 10 s and more for the requests.
    assert(time < 9_500, `took ${time} ms`);
    assertEquals(await events.text(), ":\n\nevent: gone\ndata:\n\n");
    for (const client of clients) client.close();
  });
}

Deno.test("runDirectory() runs until its signal fires", async () => {
  const controller = new AbortController();
  const reports: string[] = [];
  await runDirectory({
    port: 0,
    signal: controller.signal,
    report: ({ event }) => {
      reports.push(event);
      if (event === "listening") setTimeout(() => controller.abort(), 0);
    },
  });
  assertEquals(reports, ["listening", "closed"]);
});

Deno.test("startDirectory() refuses what is no store", async () => {
  for (const store of [null, 1, {}, new Map()]) {
    const error = await assertRejects(
      () => startDirectory({ port: 0, store: store as never }),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("openStore() opens each kind of store", async () => {
  const memory = await openStore("memory");
  await memory.ping();
  await memory.close();
  const error = await assertRejects(() => openStore("redis+x://a"), LektError);
  assertEquals(error.code, "INVALID_ARGUMENT");
});
