#!/usr/bin/env bash
# parse-prometheus-text-format 1.1.1, on metrics as prom-client 15.1.3 writes them.
#
# A histogram or summary with labels has a set of buckets or quantiles, a sum and a count
# for each value of the labels. The library makes one of all of them: the labels are
# gone, each bucket has the number of the last, and sums and counts are left out. Nothing
# throws. Those without labels it reads whole, and of counters and gauges the labels too.
# A blank in front of a comma it refuses, though tokens "can be separated by any number of
# blanks and/or tabs" (the description of the format).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund parse-prometheus-text-format@1.1.1 prom-client@15.1.3

cat >try.cjs <<'JS'
const parse = require("parse-prometheus-text-format");
const { Histogram, Registry, Summary } = require("prom-client");
async function run(labelNames) {
  const registers = [new Registry()];
  const histogram = new Histogram({ name: "time", help: "time", labelNames, buckets: [1], registers });
  const summary = new Summary({ name: "size", help: "size", labelNames, percentiles: [0.5], registers });
  for (const [method, values] of [["get", [0.5, 2, 3]], ["post", [7]]]) {
    for (const value of values) {
      for (const metric of [histogram, summary]) (labelNames.length > 0 ? metric.labels(method) : metric).observe(value);
    }
  }
  const text = `${await registers[0].metrics()}\n`;
  console.log(text.split("\n").filter((line) => line && !line.startsWith("#")).join("\n"));
  for (const { name, metrics } of parse(text)) console.log(`${name}: ${JSON.stringify(metrics)}`);
}
run([]).then(() => run(["method"])).then(() => {
  for (const line of ['up{a="1",b="2"} 1', 'up{a="1" , b="2"} 1']) {
    try {
      console.log(`${line}: ${JSON.stringify(parse(`${line}\n`)[0].metrics)}`);
    } catch (error) {
      console.log(`${line}: ${error.name}`);
    }
  }
});
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'time_bucket{le="1"} 1
time_bucket{le="+Inf"} 4
time_sum 12.5
time_count 4
size{quantile="0.5"} 2.5
size_sum 12.5
size_count 4
time: [{"buckets":{"1":"1","+Inf":"4"},"count":"4","sum":"12.5"}]
size: [{"quantiles":{"0.5":"2.5"},"count":"4","sum":"12.5"}]
time_bucket{le="1",method="get"} 1
time_bucket{le="+Inf",method="get"} 3
time_sum{method="get"} 5.5
time_count{method="get"} 3
time_bucket{le="1",method="post"} 0
time_bucket{le="+Inf",method="post"} 1
time_sum{method="post"} 7
time_count{method="post"} 1
size{quantile="0.5",method="get"} 2
size_sum{method="get"} 5.5
size_count{method="get"} 3
size{quantile="0.5",method="post"} 7
size_sum{method="post"} 7
size_count{method="post"} 1
time: [{"buckets":{"1":"0","+Inf":"1"}}]
size: [{"quantiles":{"0.5":"7"}}]
up{a="1",b="2"} 1: [{"value":"1","labels":{"a":"1","b":"2"}}]
up{a="1" , b="2"} 1: InvalidLineError' ] || { echo "changed" >&2; exit 1; }
