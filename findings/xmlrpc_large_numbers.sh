#!/usr/bin/env bash
# xmlrpc 1.3.2 (npm), beside xmlrpc.client of Python 3.11 of Debian 12.
#
# <int> is "four-byte signed integer", and <double> a point with digits on both sides (the
# specification of XML-RPC). xmlrpc writes each whole number as <int>, 2^31 and more too,
# and from 1e21 on with an exponent: <int>1e+21</int>. Python says that this is no integer.
# xmlrpc itself reads digits up to the first other character: 1e21 and 1e300 both arrive
# as 1, without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund xmlrpc@1.3.2

cat >try.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { once } = require("node:events");
const xmlrpc = require("xmlrpc");
const python = "import sys, xmlrpc.client\ntry: print(xmlrpc.client.loads(sys.stdin.read())[0][0])\nexcept ValueError as error: print(error)";
async function run() {
  const server = xmlrpc.createServer({ host: "127.0.0.1", port: 0 });
  let body = "";
  server.httpServer.on("request", (request) => request.on("data", (chunk) => (body += chunk)));
  server.on("echo", (_error, [value], answer) => answer(null, value));
  if (!server.httpServer.listening) await once(server.httpServer, "listening");
  const client = xmlrpc.createClient({ host: "127.0.0.1", port: server.httpServer.address().port });
  for (const number of [2 ** 40, 1e20, 1e21, 1e300]) {
    body = "";
    const echo = await new Promise((resolve, reject) => client.methodCall("echo", [number], (error, value) => (error ? reject(error) : resolve(value))));
    const [written] = body.match(/<(int|double)>.*<\/\1>/);
    const read = execFileSync("/usr/bin/python3", ["-c", python], { input: body }).toString().trim();
    console.log(`${number}: ${written}, comes back as ${echo}; Python: ${read}`);
  }
  process.exit();
}
run();
JS
seen=$(timeout 30 node try.cjs)
echo "$seen"
[ "$seen" = "1099511627776: <int>1099511627776</int>, comes back as 1099511627776; Python: 1099511627776
100000000000000000000: <int>100000000000000000000</int>, comes back as 100000000000000000000; Python: 100000000000000000000
1e+21: <int>1e+21</int>, comes back as 1; Python: invalid literal for int() with base 10: '1e+21'
1e+300: <int>1e+300</int>, comes back as 1; Python: invalid literal for int() with base 10: '1e+300'" ] || { echo "changed" >&2; exit 1; }
