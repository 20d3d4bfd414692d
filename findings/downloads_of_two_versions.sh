#!/usr/bin/env bash
# aria2 1.36.0 and lftp 4.9.2, of Debian 12, over HTTP.
#
# A download is cut, the file on the server is replaced, and the download is taken up
# again. For that HTTP has If-Range (RFC 9110, section 13.1.5): with the ETag or the date
# of what is there, the server sends the rest if it still fits, and else the whole.
# Neither sends it, nor compares the ETag and the date that come with the rest: the file
# is the beginning of one version and the end of another, and the exit status 0. Of the
# file that aria2 keeps beside the download to take it up by, the version is no part, and
# neither manual speaks of that. (The manual of wget warns of it, for its own -c.)
set -euo pipefail
for package in aria2=1.36.0 lftp=4.9.2; do
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
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
let version;
let hasCondition;
const dates = { A: "Mon, 02 Jan 2023 00:00:00 GMT", B: "Tue, 03 Jan 2023 00:00:00 GMT" };
const server = createServer(({ headers, method }, response) => {
  const validator = headers["if-range"];
  hasCondition ||= ["if-range", "if-match", "if-unmodified-since"].some((name) => name in headers);
  const range = validator === undefined || [`"${version}"`, dates[version]].includes(validator) ? headers.range : undefined;
  const from = Number(/\d+/.exec(range ?? "0")[0]);
  const rest = Buffer.alloc(1_000_000, version).subarray(from);
  const all = { etag: `"${version}"`, "last-modified": dates[version], "accept-ranges": "bytes", "content-length": rest.length };
  response.writeHead(range ? 206 : 200, range ? { ...all, "content-range": `bytes ${from}-999999/1000000` } : all);
  if (method === "HEAD") return response.end();
  if (version === "B") return response.end(rest);
  response.write(rest.subarray(0, 300_000), () => setTimeout(() => response.socket?.destroy(), 200));
}).listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${server.address().port}`;
const noRetry = "set net:max-retries 1; set net:reconnect-interval-base 1";
const commands = {
  aria2c: (name) => ["-c", "--max-tries=1", "--quiet", `${address}/${name}`],
  "lftp get": (name) => ["-c", `${noRetry}; get -c ${address}/${name} -o ${name}`],
  "lftp pget": (name) => ["-c", `${noRetry}; pget -n 2 -c ${address}/${name} -o ${name}`],
};
for (const [title, args] of Object.entries(commands)) {
  const [command, name = "aria2c"] = title.split(" ");
  hasCondition = false;
  const status = {};
  for (version of ["A", "B"]) {
    const child = spawn(command, args(name), { stdio: "ignore" });
    [status[version]] = await once(child, "exit");
  }
  const file = readFileSync(name, "latin1");
  const isMixed = file.length === 1_000_000 && /^A+B+$/.test(file);
  console.log(`${title}: cut ${status.A !== 0}, then ${status.B}, two versions ${isMixed}, condition ${hasCondition}`);
}
process.exit();
JS
seen=$(timeout 90 node try.mjs)
echo "$seen"
[ "$seen" = "aria2c: cut true, then 0, two versions true, condition false
lftp get: cut true, then 0, two versions true, condition false
lftp pget: cut true, then 0, two versions true, condition false" ] || { echo "changed" >&2; exit 1; }
