#!/usr/bin/env bash
# gelf 2.0.1 (npm), beside gelf-pro 1.4.0 and ruby-gelf 1.4.0 of Debian 12.
#
# A log message that does not fit into a datagram goes in chunks, each with 1e 0f, eight
# bytes that name the message, one for the number of the chunk, one for the count (GELF
# specification, "Chunked GELF"). gelf writes one byte for the name: number and count are
# where the name should be, and data where they should. No receiver can put the chunks
# together: each message of more than 1420 bytes, compressed, is lost, and neither end
# says so, since that is nothing unusual with UDP. Those of the other two arrive.
set -euo pipefail
name=ruby-gelf version=1.4.0
found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
if [[ $found != "$version"* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
  found=$(dpkg-query -W -f '${Version}' "$name")
  [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund gelf@2.0.1 gelf-pro@1.4.0

cat >send.rb <<'RB'
require "gelf"
GELF::Notifier.new("127.0.0.1", ARGV[0].to_i, "WAN", host: "h").notify!(short_message: "large", full_message: $stdin.read)
RB
cat >try.mjs <<'JS'
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { unzipSync } from "node:zlib";
import Gelf from "gelf";
import pro from "gelf-pro";
// text that hardly compresses, the same in each run
const text = Array.from({ length: 100 }, (_, count) => createHash("sha512").update(String(count)).digest("base64")).join("");
const socket = createSocket("udp4");
let chunks = [];
socket.on("message", (chunk) => chunks.push(chunk));
socket.bind(0, "127.0.0.1");
await once(socket, "listening");
const { port } = socket.address();
const senders = {
  "gelf-pro": () => {
    pro.setConfig({ adapterName: "udp", adapterOptions: { host: "127.0.0.1", port } });
    pro.info("large", { text });
  },
  "ruby-gelf": () => execFile("/usr/bin/ruby", ["-W0", "send.rb", String(port)]).stdin.end(text),
  gelf: () => new Gelf({ graylogHostname: "127.0.0.1", graylogPort: port, connection: "wan" }).emit("gelf.log", { short_message: "large", full_message: text }),
};
for (const [name, send] of Object.entries(senders)) {
  chunks = [];
  send();
  while (chunks.length < 4 || chunks.at(-1).length >= 1400) await once(socket, "message");
  const messages = {};
  for (const chunk of chunks) (messages[chunk.toString("hex", 2, 10)] ??= [])[chunk[10]] = chunk;
  const whole = Object.values(messages).filter((parts) => {
    const own = parts.filter(Boolean);
    try {
      return own.length === own[0][11] && unzipSync(Buffer.concat(own.map((chunk) => chunk.subarray(12)))).includes(text);
    } catch {
      return false;
    }
  });
  console.log(`${name}: ${chunks.length} chunks, by their names of ${Object.keys(messages).length} message(s), whole: ${whole.length}`);
}
process.exit();
JS
seen=$(timeout 30 node try.mjs)
echo "$seen"
[ "$seen" = "gelf-pro: 5 chunks, by their names of 1 message(s), whole: 1
ruby-gelf: 5 chunks, by their names of 1 message(s), whole: 1
gelf: 5 chunks, by their names of 5 message(s), whole: 0" ] || { echo "changed" >&2; exit 1; }
