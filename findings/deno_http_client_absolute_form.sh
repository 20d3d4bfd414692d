#!/usr/bin/env bash
# Deno 2.9.6, Deno.createHttpClient({ proxy: { transport: "tcp" | "unix" } }).
#
# Both are described as sending "all requests to a specified" socket, in place
# of the host that the URL names. What arrives there is not what the host would
# have read, GET /path: it is the absolute form that is meant for proxies, GET
# http://host/path, to which ordinary servers (python3 -m http.server) answer 404.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6

cat >try.mts <<'TS'
async function requestLine(listener: Deno.Listener): Promise<string> {
  using client = await listener.accept();
  const bytes = new Uint8Array(4096);
  const size = await client.read(bytes) ?? 0;
  const text = new TextDecoder().decode(bytes.subarray(0, size));
  await client.write(new TextEncoder().encode("HTTP/1.1 204 No Content\r\n\r\n"));
  return text.split("\r\n", 1)[0];
}
const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const unix = Deno.listen({ transport: "unix", path: "http.sock" });
const { port } = tcp.addr as Deno.NetAddr;
for (
  const [listener, proxy] of [
    [tcp, { transport: "tcp", hostname: "127.0.0.1", port }],
    [unix, { transport: "unix", path: "http.sock" }],
  ] as [Deno.Listener, Deno.Proxy][]
) {
  using client = Deno.createHttpClient({ proxy });
  const line = requestLine(listener);
  await fetch("http://host.example/path", { client });
  console.log(`${proxy.transport}: ${await line}`);
  listener.close();
}
TS
seen=$(timeout 30 node_modules/.bin/deno run -A try.mts)
echo "$seen"
[ "$seen" = "tcp: GET http://host.example/path HTTP/1.1
unix: GET http://host.example/path HTTP/1.1" ] || { echo "changed" >&2; exit 1; }
