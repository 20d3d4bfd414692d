/**
 * A directory for a team: two processes serve the same nicknames from one
 * Redis, so that either may stop. Bob registers at the first one, which is
 * then stopped; alice finds him through the second one.
 *
 * Starts a Redis server of its own where `redis-server` is installed, and else
 * says so and ends.
 *
 * deno run --allow-net=127.0.0.1 --allow-read --allow-write --allow-run --ignore-env examples/team_directory.ts
 */
import { connect, listen } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import { createIdentity, DirectoryClient } from "@lekt/lekt/directory";
import { assertEquals } from "@std/assert";

const HOST = "127.0.0.1";

/** A port on which nothing listens now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

/** Starts Redis, and gives its address; nothing where it is not installed. */
function startRedis(port: number): Deno.ChildProcess | undefined {
  const memory = ["--save", "", "--appendonly", "no"];
  try {
    return new Deno.Command("redis-server", {
      args: ["--port", String(port), "--bind", HOST, ...memory],
      stdout: "null",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Runs `deno task peer directory`, and waits until it answers with its store. */
async function startDirectory(port: number, args: string[]) {
  const directory = new Deno.Command(Deno.execPath(), {
    args: ["task", "peer", "directory", "--port", String(port), ...args],
    cwd: new URL("..", import.meta.url),
    stdin: "null",
    stderr: "null",
  }).spawn();
  while (true) {
    try {
      const { ok } = await fetch(`http://${HOST}:${port}/readyz`);
      if (ok) return directory;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGTERM");
  await process.status;
}

/** Bob is found by his nickname, and proves that he is bob. */
async function meet(first: Deno.ChildProcess, urls: string[]): Promise<void> {
  const tls = await makeCertificate();
  await using listener = await listen({
    nickname: "bob",
    methods: [`tls://${HOST}:0`],
    tls,
    accept: () => true,
  });
  const identity = await createIdentity();
  await using _lease = await new DirectoryClient(urls[0]!).register(identity, {
    nickname: "bob",
    methods: listener.methods.map((uri) => ({
      uri,
      priority: 0,
      spki: tls.spki,
    })),
  });
  await stop(first);
  await using connection = await connect("bob", {
    nickname: "alice",
    directory: urls[1]!,
  });
  assertEquals(connection.remote.thumbprint, identity.thumbprint);
  console.log("alice found bob through the second directory");
}

const redisPort = freePort();
const redis = startRedis(redisPort);
if (redis) {
  const ports = [freePort(), freePort()];
  // Each knows the addresses of both; in a real team both are behind one name.
  const urls = ports.map((port) => `http://${HOST}:${port}`);
  const args = urls.flatMap((url) => ["--origin", url]);
  args.push("--store", `redis://${HOST}:${redisPort}`);
  const first = await startDirectory(ports[0]!, args);
  const second = await startDirectory(ports[1]!, args);
  await meet(first, urls);
  await stop(second);
  await stop(redis);
} else {
  console.warn("SKIPPED: there is no redis-server here");
}
