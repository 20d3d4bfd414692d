#!/usr/bin/env bash
# ioredis 6.0.0, beside redis 6.3.1 (node-redis), with Redis 7.0.15 of Debian 12.
#
# A connection is cut when the server has run a command and the reply is on its
# way. ioredis connects again, sends the command once more and reports success:
# INCR has counted to 2, RPUSH has put the text into the list twice, and a whole
# MULTI ... EXEC has run twice. Its README speaks of "most likely blocking commands"
# there. redis rejects with an error in each case and sends nothing again. With
# `autoResendUnfulfilledCommands: false` ioredis does not either, but rejects
# nothing: its promise stays pending while later commands are answered.
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
npm install --silent --no-audit --no-fund ioredis@6.0.0 redis@6.3.1
redis-server --bind 127.0.0.1 --port 18431 --save "" --appendonly no --dir "$folder" >/dev/null &


cat >try.mjs <<'JS'
import { Redis } from "ioredis";
import net from "node:net";
import { createClient } from "redis";
let last; // the command whose reply is cut off, once
const proxy = net.createServer((client) => {
  const server = net.connect(18431, "127.0.0.1");
  let isCut = false;
  client.on("data", (bytes) => {
    isCut ||= last !== undefined && bytes.toString().toLowerCase().includes(`\n${last}\r`);
    server.write(bytes);
  });
  server.on("data", (bytes) => {
    if (!isCut) return client.write(bytes);
    last = undefined;
    client.destroy();
  });
  for (const end of [client, server]) end.on("error", () => {}).on("close", () => server.destroy());
}).listen(18432, "127.0.0.1");
const plain = new Redis(18431);
const said = (promise) => promise.then((value) => JSON.stringify(value), () => "an error");

async function tryOut(name, client, multi) {
  await plain.flushall();
  const cut = (command, promise) => (last = command, said(promise()));
  console.log(`${name} INCR: ${await cut("incr", () => client.incr("a"))}, is ${await plain.get("a")}`);
  const push = await cut("rpush", () => (client.rpush ?? client.rPush).call(client, "b", "text"));
  console.log(`${name} RPUSH: ${push}, is ${await plain.lrange("b", 0, -1)}`);
  const exec = await cut("exec", () => multi().incr("c").exec());
  console.log(`${name} MULTI: ${exec}, is ${await plain.get("c")}`);
}
const io = new Redis(18432);
await tryOut("ioredis", io, () => io.multi());
const node = createClient({ url: "redis://127.0.0.1:18432" }).on("error", () => {});
await node.connect();
await tryOut("redis", node, () => node.multi());
const off = new Redis(18432, { autoResendUnfulfilledCommands: false });
await off.ping();
last = "incr";
const isConnectedAgain = new Promise((resolve) => off.once("ready", resolve));
let state = "pending";
off.incr("d").finally(() => state = "settled");
await isConnectedAgain;
console.log(`ioredis INCR, off: ${await off.ping()}, INCR ${state}, is ${await plain.get("d")}`);
process.exit();
JS
seen=$(timeout 30 node try.mjs)
echo "$seen"
[ "$seen" = 'ioredis INCR: 2, is 2
ioredis RPUSH: 2, is text,text
ioredis MULTI: [[null,2]], is 2
redis INCR: an error, is 1
redis RPUSH: an error, is text
redis MULTI: an error, is 1
ioredis INCR, off: PONG, INCR pending, is 1' ] || { echo "changed" >&2; exit 1; }
