// This side in a directory: what is registered, what is told of it, and what its errors say.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { LektError } from "../../mod.ts";
import { DirectoryClient, startDirectory } from "../../src/directory/mod.ts";
import { DirectoryPresence } from "../../src/peer/directory_presence.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { isFault } from "../../src/peer/faults.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { until, within } from "../helpers/deadline.ts";
import { withFolder } from "../helpers/temp_folder.ts";

const SPKI = "A".repeat(43);
const HERE = "tcp://127.0.0.1:15358";
const ELSEWHERE = "tcp://192.0.2.7:15358";

/** Somebody at a directory whose files are in a folder, and what they were told. */
async function openIn(
  folder: string,
  url: string,
  options: { advertised?: readonly string[]; proxy?: string } = {},
) {
  const events: PeerEvent[] = [];
  const notes: string[] = [];
  const { advertised = [], proxy } = options;
  const presence = await DirectoryPresence.open({
    settings: { url, advertised, allowLocal: true },
    proxy,
    nickname: "bob",
    spki: SPKI,
    files: {
      identity: join(folder, "identity.json"),
      certificate: join(folder, "certificate.pem"),
      pins: join(folder, "pins.json"),
    },
    reporter: {
      emit: (event: PeerEvent) => void events.push(event),
      note: (text: string) => void notes.push(text),
    } as unknown as Reporter,
  });
  return { presence, events, notes };
}

/** A directory that takes registrations where it is told to, and says, when it is told to, that one was there and is gone. */
function startStub() {
  const state = { isRefusing: false, putCount: 0, refusedCount: 0 };
  let token = "";
  const watching = Promise.withResolvers<() => void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { url, method } = request;
      if (url.endsWith("/events")) {
        const body = new ReadableStream<Uint8Array>({
          start(controller): void {
            watching.resolve(() => {
              const events = `event: put\ndata: ${token}\n\nevent: gone\n\n`;
              controller.enqueue(new TextEncoder().encode(events));
            });
          },
        });
        const headers = { "content-type": "text/event-stream" };
        return new Response(body, { headers });
      }
      if (method === "GET") return new Response(null, { status: 404 });
      if (method === "DELETE") return new Response(null, { status: 204 });
      token = await request.text();
      state.putCount++;
      if (!state.isRefusing) return Response.json({ expires: 1 });
      state.refusedCount++;
      return new Response(null, { status: 503 });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { server, url, state, gone: watching.promise };
}

Deno.test("a registration that fails again and again is told of once, and one that is made again only where it has changed", async () => {
  await withFolder(async (folder) => {
    const { server, url, state, gone } = startStub();
    await using _ = server;
    const advertised: string[] = [];
    const { presence, events } = await openIn(folder, url, { advertised });
    const told = await presence.register([HERE]);
    assertEquals(told?.methods, [HERE]);
    const sayGone = await within(gone, "somebody who watches");
    state.isRefusing = true;
    sayGone();
    await until(() => events.length > 0, "what is told");
    sayGone();
    await until(() => state.refusedCount === 2, "a second attempt");
    state.isRefusing = false;
    sayGone();
    await until(() => state.putCount === 4, "a registration");
    advertised.push(ELSEWHERE);
    sayGone();
    await until(() => events.length > 1, "what is told of the other method");
    const [error, registered, ...others] = events;
    assert(error?.event === "error");
    assertEquals(error.code, "UNREACHABLE");
    assert(registered?.event === "registered");
    assertEquals(registered.methods, [ELSEWHERE]);
    assertEquals(others, []);
    await within(presence.close(), "the end");
  });
});

Deno.test("who is introduced already for long enough is not introduced again", async () => {
  await withFolder(async (folder) => {
    await using directory = await startDirectory({ port: 0 });
    const { url } = directory;
    const { signal } = new AbortController();
    const { now } = Date;
    const introduce = async (): Promise<number> => {
      const { presence } = await openIn(folder, url);
      await presence.introduce(signal);
      await presence.close();
      return (await new DirectoryClient(url).lookup("bob")).expires;
    };
    const expires = await introduce();
    try {
      Date.now = () => expires - 90_001;
      assertEquals(await introduce(), expires);
      Date.now = () => expires - 90_000;
      assert(await introduce() > expires);
    } finally {
      Date.now = now;
    }
  });
});

Deno.test("whose nickname is another's cannot register, but can call; both say what to do, which a directory that is away does not", async () => {
  await withFolder(async (folder) => {
    const directory = await startDirectory({ port: 0 });
    const { url } = directory;
    const { signal } = new AbortController();
    const bob = await openIn(join(folder, "bob"), url);
    const other = await openIn(join(folder, "other"), url);
    await bob.presence.register([HERE]);
    const taken = await assertRejects(
      () => other.presence.register([HERE]),
      LektError,
    );
    assertEquals([taken.code, isFault(taken)], ["REJECTED", true]);
    assert(taken.message.endsWith("; take another one: --nick NAME"));
    await other.presence.introduce(signal);
    const { message } = taken;
    assertEquals(other.events, [{ event: "error", code: "REJECTED", message }]);
    await bob.presence.close();
    await directory.close();
    for (const who of [bob.presence, other.presence]) {
      for (
        const work of [() => who.register([HERE]), () => who.introduce(signal)]
      ) {
        const error = await assertRejects(work, LektError);
        assertEquals([error.code, isFault(error)], ["UNREACHABLE", true]);
        assertEquals(error.message.includes("--nick"), false, error.message);
      }
    }
    await other.presence.close();
    assertEquals(other.events.length, 1);
  });
});

Deno.test("the own address is known where no proxy hides it", async () => {
  await withFolder(async (folder) => {
    await using directory = await startDirectory({ port: 0 });
    const { url } = directory;
    const open = await openIn(folder, url);
    assertEquals(await open.presence.nearbyMethod(), "tls://127.0.0.1:0");
    const behind = await openIn(folder, url, { proxy: url });
    const error = await assertRejects(
      () => behind.presence.nearbyMethod(),
      LektError,
    );
    assertEquals([error.code, isFault(error)], ["INVALID_ARGUMENT", true]);
    assert(error.message.includes("--advertise METHOD"), error.message);
  });
});
