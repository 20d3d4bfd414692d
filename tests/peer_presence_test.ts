import { assertEquals, assertStringIncludes } from "@std/assert";
import { startPeerDirectory, TestUser } from "./helpers/peer_directory.ts";
import { isEvent, PeerProcess } from "./helpers/peer_process.ts";
import { freePort } from "./helpers/redis.ts";

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
