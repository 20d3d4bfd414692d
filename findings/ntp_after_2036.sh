#!/usr/bin/env bash
# ntp-packet-parser 0.5.0 and ntp-time 2.1.1.
#
# The time in a packet of NTP is a number of seconds of 32 bits and begins anew on
# 2036-02-07. Which beginning is meant is told by the first bit: without it, it is the one
# of 2036 (RFC 4330, section 3), and that goes from 1968 to 2104 without a doubt. Both
# packages count from 1900 whatever the bit: in 2036 a clock that is set by them falls
# back to 1900, without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ntp-packet-parser@0.5.0 ntp-time@2.1.1

cat >try.cjs <<'JS'
const { createSocket } = require("node:dgram");
const { once } = require("node:events");
const { NtpPacketParser } = require("ntp-packet-parser");
const { Client } = require("ntp-time");
async function run() {
  for (const year of [2026, 2035, 2037]) {
    const answer = Buffer.alloc(48);
    answer.set([0x24, 1]);
    const seconds = (Date.UTC(year, 5, 1) / 1000 + 2208988800) % 2 ** 32;
    for (const place of [16, 24, 32, 40]) answer.writeUInt32BE(seconds, place);
    const server = createSocket("udp4").bind(0, "127.0.0.1");
    await once(server, "listening");
    server.on("message", (_question, { address, port }) => server.send(answer, port, address));
    const { time } = await new Client("127.0.0.1", server.address().port, { timeout: 5000 }).syncTime();
    server.close();
    const parsed = NtpPacketParser.parse(answer).transmitTimestamp;
    console.log(`${year}: ntp-packet-parser ${parsed.toISOString().slice(0, 10)}, ntp-time ${new Date(time).toISOString().slice(0, 10)}`);
  }
}
run();
JS
seen=$(timeout 30 node try.cjs)
echo "$seen"
[ "$seen" = "2026: ntp-packet-parser 2026-06-01, ntp-time 2026-06-01
2035: ntp-packet-parser 2035-06-01, ntp-time 2035-06-01
2037: ntp-packet-parser 1901-04-25, ntp-time 1901-04-25" ] || { echo "changed" >&2; exit 1; }
