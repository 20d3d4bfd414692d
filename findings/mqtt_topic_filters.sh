#!/usr/bin/env bash
# mqtt-match 3.0.0 and mqtt-pattern 2.1.1, beside Mosquitto 2.0.11 of Debian 12.
#
# Both packages tell whether a topic matches a filter, for programs that hand messages
# on to their own handlers. Against MQTT 5.0:
# - `+` is one level, which may be empty: "sport/+" matches "sport/" (section 4.7.1.3).
#   For mqtt-pattern it does not, nor does "+/+" match "/finance", the example there.
# - A filter that begins with a wildcard matches no topic that begins with `$` (section
#   4.7.2), as the broker's own $SYS. For both packages "#" and "+/monitor" do.
# A broker sends the message, and the program does not know whose it is, or takes the
# broker's figures for a message.
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
npm install --silent --no-audit --no-fund mqtt-match@3.0.0 mqtt-pattern@2.1.1
printf 'listener 18472 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n' >mosquitto.conf
$(command -v mosquitto || echo /usr/sbin/mosquitto) -c mosquitto.conf 2>/dev/null &
for _ in $(seq 100); do (: </dev/tcp/127.0.0.1/18472) 2>/dev/null && break; sleep 0.1; done

cat >try.mjs <<'JS'
import { spawnSync } from "node:child_process";
import mqttMatch from "mqtt-match";
import mqttPattern from "mqtt-pattern";
const run = (name, ...rest) => spawnSync(`mosquitto_${name}`, ["-p", "18472", ...rest]).stdout.toString();
const topics = ["sport/", "/finance", "$SYS/monitor", "a/b"];
for (const topic of topics) run("pub", "-r", "-t", topic, "-m", topic);
for (const [filter, topic] of [["sport/+", "sport/"], ["+/+", "/finance"], ["#", "$SYS/monitor"], ["+/monitor", "$SYS/monitor"], ["a/+", "a/b"]]) {
  const texts = run("sub", "-t", filter, "-W", "2");
  const broker = texts.split("\n").includes(topic);
  console.log(`${filter} and ${topic}: ${broker}, mqtt-match ${mqttMatch(filter, topic)}, mqtt-pattern ${mqttPattern.matches(filter, topic)}`);
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = 'sport/+ and sport/: true, mqtt-match true, mqtt-pattern false
+/+ and /finance: true, mqtt-match true, mqtt-pattern false
# and $SYS/monitor: false, mqtt-match true, mqtt-pattern true
+/monitor and $SYS/monitor: false, mqtt-match true, mqtt-pattern true
a/+ and a/b: true, mqtt-match true, mqtt-pattern true' ] || { echo "changed" >&2; exit 1; }
