#!/usr/bin/env bash
# telnet-client 2.2.14 (npm) and telnetlib of Python 3.11, beside Net::Telnet 3.05 (Perl).
#
# In a Telnet connection 255 begins a command, and as data it is sent twice (RFC 854); once
# both sides have agreed on BINARY all other bytes stand for themselves (RFC 856).
# - telnet-client hands out both of the two 255, and the commands in front of the data as
#   well where they came with it (6 bytes here). Of what it sends it doubles none: the
#   byte behind a 255 is a command to the server.
# - telnetlib leaves out every 0 and every 17, in binary as well: of the 256 bytes 254
#   arrive. It agrees to BINARY only with set_option_negotiation_callback, as here.
# Neither says so. Net::Telnet with Binmode has all of them, both ways.
set -euo pipefail
for package in python3=3.11 libnet-telnet-perl=3.05; do
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
npm init -y >/dev/null
npm install --silent --no-audit --no-fund telnet-client@2.2.14

cat >client.py <<'PY'
import sys, warnings
warnings.simplefilter("ignore")
import telnetlib
def agree(socket, command, option):
    answers = {telnetlib.WILL: telnetlib.DO, telnetlib.DO: telnetlib.WILL}
    if command in answers and option == b"\0":
        socket.sendall(telnetlib.IAC + answers[command] + option)
client = telnetlib.Telnet()
client.set_option_negotiation_callback(agree)
client.open("127.0.0.1", int(sys.argv[1]))
client.write(b"a\xffb")
sys.stdout.buffer.write(client.read_all())
PY
cat >client.pl <<'PL'
use Net::Telnet;
my $client = Net::Telnet->new(Host => "127.0.0.1", Port => $ARGV[0], Binmode => 1);
$client->option_callback(sub {});
$client->option_accept(Do => 0, Will => 0);
$client->put("a\xffb");
while (defined(my $data = $client->get)) { print $data }
PL
cat >client.mjs <<'JS'
import { Telnet } from "telnet-client";
const client = new Telnet();
client.on("data", (data) => process.stdout.write(data));
client.on("close", () => process.exit());
await client.connect({ host: "127.0.0.1", port: Number(process.argv[2]), negotiationMandatory: false });
await client.write(Buffer.from([0x61, 255, 0x62]));
JS
cat >try.mjs <<'JS'
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
const [iac, will, binaryDo, binary] = [255, 251, 253, 0];
const all = Array.from({ length: 256 }, (_, byte) => byte);
let sent;
const server = createServer((socket) => {
  sent = Buffer.alloc(0);
  socket.write(Buffer.from([iac, will, binary, iac, binaryDo, binary, ...all.flatMap((byte) => (byte === iac ? [byte, byte] : [byte]))]));
  socket.on("error", () => {});
  socket.on("data", (data) => {
    sent = Buffer.concat([sent, data]);
    if (sent.includes("b")) socket.end();
  });
});
await once(server.listen(0, "127.0.0.1"), "listening");
for (const [program, file] of [["perl", "client.pl"], ["/usr/bin/python3", "client.py"], ["node", "client.mjs"]]) {
  const got = await new Promise((resolve) => execFile(program, [file, String(server.address().port)], { encoding: "buffer" }, (_error, stdout) => resolve(stdout)));
  const lost = all.filter((byte) => !got.includes(byte));
  console.log(`${file}: received ${got.length} bytes, ${lost.length === 0 ? "all" : `without ${lost}`}, ${got.filter((byte) => byte === 255).length} of them 255; sent ${sent.subarray(sent.indexOf("a"), sent.indexOf("b") + 1).toString("hex")}`);
}
process.exit();
JS
seen=$(timeout 50 node try.mjs)
echo "$seen"
[ "$seen" = "client.pl: received 256 bytes, all, 1 of them 255; sent 61ffff62
client.py: received 254 bytes, without 0,17, 1 of them 255; sent 61ffff62
client.mjs: received 263 bytes, all, 4 of them 255; sent 61ff62" ] || { echo "changed" >&2; exit 1; }
