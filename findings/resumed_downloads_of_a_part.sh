#!/usr/bin/env bash
# curl 7.88.1 and wget 1.21.3, beside lftp 4.9.2 and HTTPie 3.2.1, of Debian 12.
#
# 100 bytes of a file of 1000 are there, and the rest is asked for. A server may answer
# with less than what was asked, and says so: "Content-Range: bytes 100-299/1000" (RFC
# 9110, section 15.3.7: it "might want to send only a subset of the data requested", and
# the client "MUST inspect" that field). For `curl -C -` and `wget -c` that is all: 300
# bytes, and the exit status 0. Asked again they would have the next 200, but a script
# that goes on when the status is 0 does not ask. lftp and HTTPie end with an error.
set -euo pipefail
for package in curl=7.88.1 wget=1.21.3 lftp=4.9.2 httpie=3.2.1; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >try.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
const file = Buffer.from("0123456789".repeat(100));
const server = createServer(({ headers }, response) => {
  const from = Number(/\d+/.exec(headers.range ?? "0")[0]);
  const part = headers.range === undefined ? file : file.subarray(from, from + 200);
  const range = { "content-range": `bytes ${from}-${from + part.length - 1}/${file.length}` };
  response.writeHead(part === file ? 200 : 206, { etag: '"1"', "content-length": part.length, ...(part === file ? {} : range) });
  response.end(part);
});
await once(server.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${server.address().port}/file`;
const commands = {
  curl: ["-s", "-C", "-", "-o", "curl.part", url],
  wget: ["-q", "-c", "-O", "wget.part", url],
  lftp: ["-c", `set net:max-retries 2; get -c ${url} -o lftp.part`],
  http: ["--ignore-stdin", "-q", "-d", "-c", "-o", "http.part", url],
};
for (const [name, args] of Object.entries(commands)) {
  writeFileSync(`${name}.part`, file.subarray(0, 100));
  const [status] = await once(spawn(name, args, { stdio: "ignore" }), "exit");
  const got = readFileSync(`${name}.part`);
  console.log(`${name}: ${status === 0 ? `${got.length} of ${file.length} bytes` : "less"}, exit status ${status}`);
}
process.exit();
JS
seen=$(timeout 120 node try.mjs)
echo "$seen"
[ "$seen" = "curl: 300 of 1000 bytes, exit status 0
wget: 300 of 1000 bytes, exit status 0
lftp: less, exit status 1
http: less, exit status 1" ] || { echo "changed" >&2; exit 1; }
