#!/usr/bin/env bash
# libnet-statsd-perl 0.12 of Debian 12 and node-statsd 0.1.1 (npm), beside python3-statsd
# 4.0.1: gauges of StatsD.
#
# A sign makes the value of a gauge a change of it, so a negative one can only be set by
# setting 0 first (StatsD's metric types). python3-statsd does. Net::Statsd and node-statsd
# send -5 alone for gauge(..., -5): where the gauge was at 20, say a temperature, it is then
# at 15. What a server has is worked out here by that rule. Net::Statsd also sends whole
# milliseconds only: a time of 0.9 ms becomes 0.
set -euo pipefail
for package in libnet-statsd-perl=0.12 python3-statsd=4.0.1; do
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
npm install --silent --no-audit --no-fund node-statsd@0.1.1

cat >try.py <<'PY'
import statsd, sys
client = statsd.StatsClient("127.0.0.1", int(sys.argv[1]))
client.gauge("heat", 20)
client.gauge("heat", -5)
client.timing("wait", 0.9)
PY
cat >try.pl <<'PL'
use Net::Statsd;
($Net::Statsd::HOST, $Net::Statsd::PORT) = ("127.0.0.1", $ARGV[0]);
Net::Statsd::gauge("heat", 20);
Net::Statsd::gauge("heat", -5);
Net::Statsd::timing("wait", 0.9);
PL
cat >try.mjs <<'JS'
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import StatsD from "node-statsd";
const clients = {
  "python3-statsd": (port) => execFile("/usr/bin/python3", ["try.py", String(port)]),
  "Net::Statsd": (port) => execFile("/usr/bin/perl", ["try.pl", String(port)]),
  "node-statsd": (port) => {
    const client = new StatsD({ host: "127.0.0.1", port });
    client.gauge("heat", 20, () => client.gauge("heat", -5, () => client.timing("wait", 0.9, () => client.close())));
  },
};
for (const [name, run] of Object.entries(clients)) {
  const server = createSocket("udp4").bind(0, "127.0.0.1");
  await once(server, "listening");
  run(server.address().port);
  const lines = [];
  let heat = 0;
  while (!lines.at(-1)?.startsWith("wait")) {
    const [message] = await once(server, "message");
    lines.push(...message.toString().trim().split("\n"));
  }
  for (const [, sign, value] of lines.map((line) => /^heat:([+-]?)([\d.]+)\|g$/.exec(line)).filter(Boolean)) {
    heat = sign === "-" ? heat - Number(value) : sign === "+" ? heat + Number(value) : Number(value);
  }
  console.log(`${name}: ${lines.join(", ")}; heat ${heat}`);
  server.close();
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "python3-statsd: heat:20|g, heat:0|g, heat:-5|g, wait:0.900000|ms; heat -5
Net::Statsd: heat:20|g, heat:-5|g, wait:0|ms; heat 15
node-statsd: heat:20|g, heat:-5|g, wait:0.9|ms; heat 15" ] || { echo "changed" >&2; exit 1; }
