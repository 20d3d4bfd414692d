import { assertEquals, assertStringIncludes } from "@std/assert";
import { within } from "../helpers/deadline.ts";
import {
  lookupStatus,
  startPeerDirectory,
  TestUser,
} from "../helpers/peer_directory.ts";
import { isEvent, PeerProcess } from "../helpers/peer_process.ts";
import { freePort } from "../helpers/free_port.ts";

Deno.test("peer says so when it cannot find out its address because the directory is not there", async () => {
  await using bob = await TestUser.create();
  const url = `http://127.0.0.1:${freePort()}`;
  await using peer = bob.start(
    ...["listen", "tcp://0.0.0.0:0", "--nick", "bob", "--directory", url],
  );
  await peer.endInput();
  const error = await peer.event("error", isEvent("error"));
  assertEquals(error.code, "UNREACHABLE");
  assertStringIncludes(
    error.message as string,
    `Cannot reach the directory ${url}: `,
  );
  await peer.expectEnd(1);
});

Deno.test("peer says at its end that it could not take its registration back", async () => {
  await using bob = await TestUser.create();
  const { directory, url } = await startPeerDirectory();
  await using peer = new PeerProcess(
    ["listen", "tcp://127.0.0.1:0", "--nick", "bob", "--directory", url],
    { env: bob.env },
  );
  {
    await using _directory = directory;
    await peer.endInput();
    await peer.error("Registered at");
  }
  peer.signal("SIGTERM");
  await peer.error(`Cannot reach the directory ${url}`);
  await peer.expectEnd(0);
});

Deno.test("peer that is interrupted while it registers takes that back and ends", async () => {
  await using bob = await TestUser.create();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let inner = "";
  // In front of a directory, to hold back the answer to a registration.
  await using front = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url, method, headers, body }) => {
      const sent = method === "PUT" ? await new Response(body).bytes() : null;
      const target = inner + new URL(url).pathname;
      const answered = await fetch(target, { method, headers, body: sent });
      if (method === "PUT") {
        asked.resolve();
        await answer.promise;
      }
      return answered;
    },
  );
  const url = `http://127.0.0.1:${front.addr.port}`;
  const started = await startPeerDirectory(["--origin", url]);
  await using _directory = started.directory;
  inner = started.url;
  await using peer = bob.start(
    ...["listen", "tcp://127.0.0.1:0", "--nick", "bob", "--directory", url],
  );
  await peer.endInput();
  await within(asked.promise, "a registration");
  assertEquals(await lookupStatus(inner, "bob"), 200);
  peer.signal("SIGTERM");
  answer.resolve();
  await peer.expectEnd(0);
  assertEquals(await lookupStatus(inner, "bob"), 404);
});
