import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { makeCertificate } from "@lekt/lekt/certificate";
import {
  createIdentity,
  DirectoryClient,
  LektError,
  openIdentity,
  openStore,
  PinFile,
  startDirectory,
  StoreError,
} from "../../src/directory/mod.ts";
import { fetchReason } from "../../src/directory/reasons.ts";
import { signRecord } from "../../src/directory/record.ts";
import { assertProblem, claims, put } from "../helpers/directory.ts";
import { startTestDirectory, withAnswers } from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";
import { until } from "../helpers/deadline.ts";
import { freePort } from "../helpers/free_port.ts";
import { REDIS_PROGRAM, RedisServer } from "../helpers/redis.ts";

async function lookupFault(url: string): Promise<string> {
  const looking = new DirectoryClient(url).lookup("bob");
  const { message } = await assertRejects(() => looking, LektError);
  assertStringIncludes(message, url);
  return message;
}

/** A server that says something that is no HTTP, or nothing. */
async function withGreeting(
  greeting: string,
  run: (port: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  async function greet(): Promise<void> {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1_024));
    await connection.write(new TextEncoder().encode(greeting));
  }
  const served = greet();
  await run(listener.addr.port);
  await served;
  listener.close();
}

Deno.test("a directory that cannot be reached says why, and what to do", async () => {
  const named = await lookupFault("http://no.such.host.invalid");
  assertStringIncludes(named, "no host of that name");
  const refused = await lookupFault(`http://127.0.0.1:${freePort()}`);
  assertStringIncludes(refused, "nothing listens there");
  const tls = await makeCertificate();
  {
    await using directory = await startDirectory({ port: 0, tls });
    const unknown = await lookupFault(directory.url);
    assertStringIncludes(unknown, "DENO_CERT");
  }
  await withGreeting("SSH-2.0-x\r\n", async (port) => {
    const fault = await lookupFault(`http://127.0.0.1:${port}`);
    assertStringIncludes(fault, "does not speak HTTP");
  });
  await withGreeting("SSH-2.0-x\r\n", async (port) => {
    const fault = await lookupFault(`https://127.0.0.1:${port}`);
    assertStringIncludes(fault, "does not speak HTTPS");
  });
  await withGreeting("", async (port) => {
    const fault = await lookupFault(`http://127.0.0.1:${port}`);
    assertStringIncludes(fault, "without an answer");
  });
  await withGreeting(
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
    async (port) => {
      const fault = await lookupFault(`http://127.0.0.1:${port}`);
      assertStringIncludes(fault, "amid its answer");
    },
  );
  await withAnswers(
    () => Response.redirect("http://127.0.0.1:1/"),
    async (url) => assertStringIncludes(await lookupFault(url), "redirects"),
  );
});

Deno.test("what Node and Bun say of requests that failed is told as on Deno", () => {
  const told: [said: string, reason: string][] = [
    ["bad port", "the web keeps this port"],
    ["unexpected redirect", "name that one"],
    ["other side closed", "without an answer"],
    [
      "Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)",
      "does not speak HTTP;",
    ],
    [
      "0A00010B:SSL routines:tls_validate_record_header:wrong version number:",
      "does not speak HTTPS",
    ],
    ["unable to verify the first certificate", "names a file"],
    ["UnexpectedRedirect fetching", "name that one"],
    [
      "The TLS handshake failed. Does the server speak TLS on this port?",
      "does not speak HTTPS",
    ],
  ];
  for (const [said, reason] of told) {
    const error = new TypeError("fetch failed", { cause: new Error(said) });
    assertStringIncludes(fetchReason(error), reason);
  }
});

Deno.test("a web server that is no directory is not taken for one that knows nobody", async () => {
  await withAnswers(
    () => new Response("<h1>Not here</h1>", { status: 404 }),
    async (url) => {
      const fault = await lookupFault(url);
      assertMatch(fault, /status 404, and not as a directory does/);
    },
  );
  await withAnswers(
    () => new Response("<h1>Welcome</h1>"),
    async (url) => assertStringIncludes(await lookupFault(url), "not a JWT"),
  );
});

Deno.test("an address that cannot be listened on says why", async () => {
  await using directory = await startDirectory({ port: 0 });
  const port = Number(new URL(directory.url).port);
  for (
    const [options, why] of [
      [{ port }, "something listens there already"],
      [{ port: 0, hostname: "192.0.2.1" }, "this machine has no such address"],
      [{ port: 0, hostname: "no.such.host.invalid" }, "no host of that name"],
    ] as const
  ) {
    const error = await assertRejects(() => startDirectory(options), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assertStringIncludes(error.message, why);
  }
});

Deno.test("a clock that is off is refused by that name, ahead and behind", async () => {
  const clock = new HeldClock();
  await using directory = await startTestDirectory({ clock });
  const now = Math.floor(clock.now() / 1_000);
  const identity = await createIdentity();
  for (const shift of [-250, -61, 62]) {
    const issuedAt = now + shift;
    // Signed and checked by the clock that is off.
    const token = await signRecord(
      identity,
      claims({ issuedAt, expiresAt: issuedAt + 300 }),
    );
    const answer = await put(directory, "bob", token);
    assertStringIncludes(await answer.clone().text(), "clock");
    await assertProblem(answer, 422, "bad-lease");
  }
  for (const [seq, shift] of [-60, 60].entries()) {
    const issuedAt = now + shift;
    const token = await signRecord(
      identity,
      claims({ seq, issuedAt, expiresAt: issuedAt + 300 }),
    );
    const answer = await put(directory, "bob", token);
    assertEquals(answer.ok, true, await answer.text());
  }
});

Deno.test("files of one's own that cannot be read or written are named, with the reason", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/file`;
  await Deno.writeTextFile(file, "");
  // A file in the place of the folder: even root cannot make that.
  const thumbprint = "A".repeat(43);
  for (
    const act of [
      () => openIdentity(`${file}/lekt/key.json`),
      () => new PinFile(`${file}/pins.json`).check("x", "bob", thumbprint),
      () => new PinFile(`${file}/pins.json`).forget("x", "bob"),
    ]
  ) {
    const error = await assertRejects(act, LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assertStringIncludes(error.message, file);
    assert(error.cause instanceof Error);
  }
  await Deno.remove(folder, { recursive: true });
});

/** The Redis client's pause before it connects anew outlives its end by up to 2 s. */
const SANITIZERS = { sanitizeOps: false, sanitizeResources: false };

Deno.test("a Redis store that cannot be used says where it is and why", {
  ...SANITIZERS,
  ignore: REDIS_PROGRAM === undefined,
}, async () => {
  await using redis = await RedisServer.start();
  await redis.command("CONFIG", "SET", "requirepass", "secret");
  const at = `127.0.0.1:${redis.port}`;
  const dead = freePort();
  for (
    const [address, where, why] of [
      [`redis://:wrong@${at}`, at, "user name or the password"],
      [`redis://${at}`, at, "asks for a password"],
      [`redis://127.0.0.1:${dead}`, `127.0.0.1:${dead}`, "nothing listens"],
      [
        "redis://no.such.host.invalid",
        "no.such.host",
        "no host of that name",
      ],
    ] as const
  ) {
    const store = await openStore(address);
    let fault: StoreError | undefined;
    while (!fault?.message.includes(why)) {
      fault = await assertRejects(() => store.ping(), StoreError);
      assertStringIncludes(fault.message, "Redis server");
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    assertStringIncludes(fault.message, where);
    assert(!fault.message.includes("wrong@"), fault.message);
    await store.close();
  }
});

Deno.test(
  "a directory says at its start that its store cannot be used",
  SANITIZERS,
  async () => {
    const warnings: string[] = [];
    await using _ = await startDirectory({
      port: 0,
      store: `redis://127.0.0.1:${freePort()}`,
      report: (event) => {
        if (event.event === "warning") warnings.push(event.message);
      },
    });
    await until(() => warnings.length > 0, "the warning");
    assertStringIncludes(warnings[0]!, "nothing listens");
  },
);
