#!/usr/bin/env bash
# p-retry 9.0.0 around fetch of Node 24.21.0, Deno 2.9.6 and Bun 1.4.5.
#
# p-retry retries what fails, but a TypeError, taken for a mistake in the program,
# only where its message is one of those that fetch is known to have for a lost
# connection. None of Bun's is among them: nothing is retried there, neither a
# refused connection nor one that ends. In Deno nothing is where the connection
# ends within the body. In Node it tries again each time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0 bun@1.4.5 p-retry@9.0.0


cat >try.mjs <<'JS'
import net from "node:net";
import pRetry from "p-retry";
const server = net.createServer((client) => {
  client.on("error", () => {});
  client.once("data", (head) => {
    const isBody = head.toString().startsWith("GET /body");
    client.end(isBody ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" : "");
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
for (const kind of ["head", "body", "refused"]) {
  if (kind === "refused") await new Promise((resolve) => server.close(resolve));
  let count = 0;
  const { name } = await pRetry(async () => {
    count++;
    await (await fetch(`http://127.0.0.1:${port}/${kind}`)).text();
  }, { retries: 2, minTimeout: 1 }).catch((error) => error);
  console.log(`${kind}: ${name}, tried ${count} times`);
}
process.exit();
JS
seen=$(
  for program in node "deno run -A" bun; do
    echo "${program%% *}"
    timeout 30 node_modules/.bin/$program try.mjs
  done
)
echo "$seen"
[ "$seen" = "node
head: TypeError, tried 3 times
body: TypeError, tried 3 times
refused: TypeError, tried 3 times
deno
head: TypeError, tried 3 times
body: TypeError, tried 1 times
refused: TypeError, tried 3 times
bun
head: TypeError, tried 1 times
body: TypeError, tried 1 times
refused: TypeError, tried 1 times" ] || { echo "changed" >&2; exit 1; }
