#!/usr/bin/env bash
# coap 1.5.0 (node-coap), beside libcoap 4.3.1 of Debian 12.
#
# - What does not fit into a packet goes up in blocks (Block1, RFC 7959), each a request
#   of its own, and "the client is free to choose tokens for each exchange as it likes"
#   (section 3.4). libcoap takes a new token for each block. The server of coap looks for
#   the beginning under the token, does not find it, and answers 5.00 "Byte offset not
#   the next in line": nothing of more than one block arrives. libcoap's own server takes
#   it.
# - An address is taken apart at its slashes and each part decoded, "%C3%A9" to "é" (RFC
#   7252, section 6.4). libcoap does so; a request of coap sends the percent signs, and
#   leaves out a part that is empty, so that "/a/" becomes "/a": of one address the two
#   clients ask for different resources.
set -euo pipefail
name=libcoap3-bin version=4.3.1
found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
if [[ $found != "$version"* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
  found=$(dpkg-query -W -f '${Version}' "$name")
  [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund coap@1.5.0
coap-server-notls -A 127.0.0.1 -p 18474 -d 10 >/dev/null 2>&1 &

cat >try.mjs <<'JS'
import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import coap from "coap";
const libcoap = async (...args) => {
  const { stdout, stderr } = await promisify(execFile)("coap-client-notls", ["-B", "5", ...args]);
  return `${stdout}${stderr}`.trim();
};
const asked = [];
const server = coap.createServer((request, response) => {
  if (request.payload.length === 0) asked.push(request.options.filter(({ name }) => name === "Uri-Path").map(({ value }) => `"${value}"`).join(" "));
  response.end(`${request.payload.length} bytes`);
});
await new Promise((resolve) => server.listen(18473, "127.0.0.1", resolve));
for (const size of [500, 3000]) {
  const upload = (port) => libcoap("-m", "put", "-b", "1024", "-e", "x".repeat(size), `coap://127.0.0.1:${port}/upload`);
  console.log(`${size} bytes to coap: ${await upload(18473)}`);
  const answer = await upload(18474);
  const stored = await libcoap("-m", "get", "coap://127.0.0.1:18474/upload");
  console.log(`${size} bytes to libcoap: ${answer || "no error"}, ${stored.length} bytes there`);
}
for (const path of ["/caf%C3%A9", "/a/"]) {
  await libcoap("-m", "get", `coap://127.0.0.1:18473${path}`);
  const request = coap.request(`coap://127.0.0.1:18473${path}`).end();
  await once(request, "response");
  console.log(`${path}: libcoap asks for ${asked.shift()}, coap for ${asked.shift()}`);
}
process.exit();
JS
seen=$(timeout 40 node try.mjs)
echo "$seen"
[ "$seen" = '500 bytes to coap: 500 bytes
500 bytes to libcoap: no error, 500 bytes there
3000 bytes to coap: 5.00 Byte offset not the next in line...
3000 bytes to libcoap: no error, 3000 bytes there
/caf%C3%A9: libcoap asks for "café", coap for "caf%C3%A9"
/a/: libcoap asks for "a" "", coap for "a"' ] || { echo "changed" >&2; exit 1; }
