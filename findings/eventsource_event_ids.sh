#!/usr/bin/env bash
# eventsource 4.1.1 (with eventsource-parser 3.1.1), beside EventSource of undici 7.30.2.
#
# A server that has nothing to tell may send `id: 7` alone, so that a client that
# comes back says "Last-Event-ID: 7" and gets no more than it missed. The standard
# (HTML, section 9.2.6, "dispatch the event") sets the last event ID first and then
# looks whether there is data. undici does so; eventsource forgets that id and asks
# from the one of the last event with data, or from none. And of lines that end in CR
# alone, which the standard has as well, eventsource holds the last event back until
# the next byte comes; undici hands it out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
  eventsource@4.1.1 eventsource-parser@3.1.1 undici@7.30.2

cat >try.mjs <<'JS'
import http from "node:http";
const { EventSource } = await import(process.argv[2]);
async function listen(respond) {
  const server = http.createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    respond(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new EventSource(`http://127.0.0.1:${server.address().port}/`);
}
const ids = [];
const asked = new Promise((resolve) =>
  listen((request, response) => {
    ids.push(request.headers["last-event-id"] ?? "none");
    if (ids.length === 3) return resolve();
    response.end(ids.length === 1 ? "retry: 50\nid: 7\n\n" : "id: 8\ndata: x\n\nid: 9\n\n");
  })
);
await asked;

let sent;
const events = [];
const source = await listen((_request, response) => {
  sent = response;
  response.write("data: one\r\rdata: two\r\r");
});
const isThere = (text) => new Promise((resolve) => source.addEventListener("message", ({ data }) => data === text && resolve("there")));
source.addEventListener("message", ({ data }) => events.push(data));
const two = isThere("two");
await isThere("one");
const late = await Promise.race([two, new Promise((resolve) => setTimeout(resolve, 1000, "not there"))]);
sent.write("data: three\r\r");
await two;
console.log(`asks from ${ids.join(", ")}; behind CR the last event is ${late}`);
process.exit();
JS
seen="eventsource: $(node try.mjs eventsource)
undici: $(NODE_NO_WARNINGS=1 node try.mjs undici)"
echo "$seen"
[ "$seen" = "eventsource: asks from none, none, 8; behind CR the last event is not there
undici: asks from none, 7, 9; behind CR the last event is there" ] || { echo "changed" >&2; exit 1; }
