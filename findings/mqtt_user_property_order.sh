#!/usr/bin/env bash
# mqtt 5.16.0 (MQTT.js, with mqtt-packet), through Mosquitto 2.0.11 of Debian 12.
#
# The user properties of MQTT 5 are a list of pairs: a name may come more than once,
# and who forwards a message must keep the order (MQTT 5.0, section 3.3.2.3.7). MQTT.js
# makes an object of them: pairs of one name come together, and names that are
# numbers come first, the smaller before the larger. A bridge that passes a message on
# as it was handed to it sends another one; mosquitto_sub shows what went in and what
# came out.
set -euo pipefail
for package in mosquitto mosquitto-clients; do
  found=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
  if [[ $found != 2.0.11* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install $package >/dev/null
    found=$(dpkg-query -W -f '${Version}' $package)
    [[ $found == 2.0.11* ]] || { echo "$package is $found, expected 2.0.11" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mqtt@5.16.0
printf 'listener 18471 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n' >mosquitto.conf
$(command -v mosquitto || echo /usr/sbin/mosquitto) -c mosquitto.conf 2>/dev/null &
for _ in $(seq 100); do (: </dev/tcp/127.0.0.1/18471) 2>/dev/null && break; sleep 0.1; done

cat >bridge.mjs <<'JS'
import mqtt from "mqtt";
const client = mqtt.connect("mqtt://127.0.0.1:18471", { protocolVersion: 5 });
client.on("message", (_topic, payload, { properties }) => {
  client.publish("out", payload, { retain: true, properties: { userProperties: properties.userProperties } }, () => client.end());
});
client.subscribe("in");
JS
publish=(mosquitto_pub -V 5 -p 18471 -r -t in -m text)
for pair in "b 1" "a 2" "b 3" "7 4" "5 5"; do publish+=(-D publish user-property $pair); done
"${publish[@]}"
timeout 20 node bridge.mjs
seen=$(for topic in in out; do mosquitto_sub -V 5 -p 18471 -t $topic -C 1 -W 10 -F '%t: %P'; done)
echo "$seen"
[ "$seen" = "in: b:1 a:2 b:3 7:4 5:5
out: 5:5 7:4 b:1 b:3 a:2" ] || { echo "changed" >&2; exit 1; }
