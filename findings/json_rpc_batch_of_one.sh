#!/usr/bin/env bash
# json-rpc-2.0 1.8.1 and jayson 5.0.0.
#
# The answer to a batch is an array (JSON-RPC 2.0, section 6), also where there is one
# answer in it. json-rpc-2.0 sends that one without the array, and arrays from two
# on: a program that collects its requests works under load and not without. The
# client of jayson then hands its caller an object for a batch.
# Only a request without `id` is a notification (section 4.1). For jayson one with
# `id: null` is too, and is never answered; json-rpc-2.0 answers it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund json-rpc-2.0@1.8.1 jayson@5.0.0

cat >try.mjs <<'JS'
import http from "node:http";
import jayson from "jayson";
import { JSONRPCServer } from "json-rpc-2.0";
const rpc = new JSONRPCServer();
rpc.addMethod("double", ([number]) => 2 * number);
const theirs = new jayson.Server({ double: ([number], reply) => reply(null, 2 * number) });
const answers = {
  "json-rpc-2.0": async (text) => JSON.stringify(await rpc.receiveJSON(text)),
  "jayson": (text) => new Promise((resolve) => theirs.call(text, (error, answer) => resolve(JSON.stringify(error ?? answer)))),
};
const request = (number, id) => ({ jsonrpc: "2.0", method: "double", params: [number], id });
const batches = { "two": [request(1, 1), request(2, 2)], "one": [request(1, 1)], "one and a notification": [request(1, 1), request(2)] };
for (const [name, answer] of Object.entries(answers)) {
  for (const [size, batch] of Object.entries(batches)) console.log(`${name}, a batch of ${size}: ${await answer(JSON.stringify(batch))}`);
  console.log(`${name}, id null: ${await answer(JSON.stringify(request(1, null)))}`);
}
const server = http.createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  response.end(JSON.stringify(await rpc.receiveJSON(text)));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const client = jayson.Client.http({ host: "127.0.0.1", port: server.address().port });
for (const size of ["two", "one"]) {
  const result = await new Promise((resolve) => client.request(batches[size], (error, ...rest) => resolve(error ?? rest[0])));
  console.log(`jayson's client, a batch of ${size}: ${Array.isArray(result) ? "an array" : JSON.stringify(result)}`);
}
process.exit();
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "json-rpc-2.0, a batch of two: [{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2},{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":4}]
json-rpc-2.0, a batch of one: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}
json-rpc-2.0, a batch of one and a notification: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}
json-rpc-2.0, id null: {\"jsonrpc\":\"2.0\",\"id\":null,\"result\":2}
jayson, a batch of two: [{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2},{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":4}]
jayson, a batch of one: [{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}]
jayson, a batch of one and a notification: [{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}]
jayson, id null: undefined
jayson's client, a batch of two: an array
jayson's client, a batch of one: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}" ] || { echo "changed" >&2; exit 1; }
