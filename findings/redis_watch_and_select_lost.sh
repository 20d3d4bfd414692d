#!/usr/bin/env bash
# ioredis 6.0.0, redis 6.3.1 (node-redis) and RedisClient of Bun 1.4.5, with Redis
# 7.0.15 of Debian 12.
#
# The three connect again on their own when a connection is lost. Redis has
# forgotten then which database was selected and what is under WATCH.
# - SELECT: ioredis and redis select the database again. RedisClient, told by its
#   own select(), does not: the next SET goes to database 0, and says OK.
# - WATCH: with ioredis, EXEC succeeds and overwrites what another client has
#   written, the one thing that WATCH is there to prevent. redis throws a
#   WatchError where it is connected again when EXEC is called; called while it
#   still connects, EXEC succeeds and overwrites as well.
set -euo pipefail
if ! command -v redis-server >/dev/null; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install redis-server >/dev/null
fi
redis-server --version | grep -o 'v=[0-9.]*'
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false ioredis@6.0.0 redis@6.3.1 bun@1.4.5
redis-server --bind 127.0.0.1 --port 18431 --save "" --appendonly no --dir "$folder" >/dev/null &


cat >try.mjs <<'JS'
import { RedisClient } from "bun";
import { Redis } from "ioredis";
import { createClient } from "redis";
const plain = new Redis(18431);
const io = new Redis(18431);
const node = createClient({ url: "redis://127.0.0.1:18431" }).on("error", () => {});
await node.connect();
const bun = new RedisClient("redis://127.0.0.1:18431");

/** Cuts off all others than `plain`, and waits until the client says so. */
async function cut(client, event) {
  const told = new Promise((resolve) => client.once ? client.once(event, resolve) : client.onconnect = resolve);
  await plain.client("KILL", "SKIPME", "yes");
  await told;
}
async function selects(name, client) {
  await plain.flushall();
  await client.select(3);
  await cut(client, "ready");
  await client.set("key", "text");
  console.log(`${name} SELECT 3, SET: in database ${/db(\d)/.exec(await plain.info("keyspace"))[1]}`);
}
async function watches(name, client, event) {
  await plain.set("key", "old");
  await client.watch("key");
  await plain.set("key", "of another");
  await cut(client, event);
  const said = await client.multi().set("key", "overwritten").exec().then(() => "OK", ({ message }) => message);
  console.log(`${name} WATCH, EXEC (${event}): ${said}; ${await plain.get("key")}`);
}
await selects("ioredis", io);
await selects("redis", node);
await selects("RedisClient", bun);
await plain.select(3);
await watches("ioredis", io, "ready");
await watches("redis", node, "ready");
await watches("redis", node, "reconnecting");
process.exit();
JS
seen=$(timeout 30 node_modules/.bin/bun try.mjs)
echo "$seen"
[ "$seen" = "ioredis SELECT 3, SET: in database 3
redis SELECT 3, SET: in database 3
RedisClient SELECT 3, SET: in database 0
ioredis WATCH, EXEC (ready): OK; overwritten
redis WATCH, EXEC (ready): Client reconnected after WATCH; of another
redis WATCH, EXEC (reconnecting): OK; overwritten" ] || { echo "changed" >&2; exit 1; }
