#!/usr/bin/env bash
# ruby-parse-cron 0.1.4, libdatetime-event-cron-perl 0.09, php-dragonmantank-cron-expression
# 3.3.1, ruby-fugit 1.5.2 of Debian 12 and later 1.2.0 (npm), beside python3-croniter
# 1.3.5 of Debian 12: the days of a crontab line.
#
# 0 and 7 are Sunday, a list or range is what it says, a step counts from the beginning of
# the range, and with both days given one is enough (crontab(5) of Debian's cron).
# - parse-cron: the 31st is also the 1st of February and April, and in other years the 29th
#   of February the 1st of it.
# - later: 7 is Saturday, so 5-7 leaves Sunday out; with both days given both must be met,
#   and the times are not in order.
# - DateTime::Event::Cron: */3 in the last field begins with Monday.
# - cron-expression: 7-7 is each day.
# - fugit: 1,* is Mondays only.
# Nothing is said.
set -euo pipefail
for package in ruby-parse-cron=0.1.4 libdatetime-event-cron-perl=0.09 php-dragonmantank-cron-expression=3.3.1 ruby-fugit=1.5.2 python3-croniter=1.3.5 php-cli=2:8.2; do
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
npm install --silent --no-audit --no-fund later@1.2.0

printf '%s\n' "0 0 31 * *" "0 0 29 2 *" "0 0 * * 5-7" "0 0 * * 7-7" "0 0 1 * 7" "0 0 * * */3" "0 0 * * 1,*" >lines.txt
cat >by_croniter.py <<'PY'
import datetime
from croniter import croniter
for line in open("lines.txt"):
    times = croniter(line.strip(), datetime.datetime(2024, 1, 1, 12))
    print(" ".join(times.get_next(datetime.datetime).strftime("%m-%d") for _ in range(4)))
PY
cat >parse-cron.rb <<'RB'
require "parse-cron"
File.foreach("lines.txt", chomp: true) do |line|
  time, times = Time.utc(2024, 1, 1, 12), CronParser.new(line)
  puts Array.new(4) { (time = times.next(time)).strftime("%m-%d") }.join(" ")
end
RB
cat >fugit.rb <<'RB'
require "fugit"
File.foreach("lines.txt", chomp: true) do |line|
  time, times = EtOrbi.parse("2024-01-01 12:00 UTC"), Fugit.parse_cron(line)
  puts Array.new(4) { (time = times.next_time(time)).strftime("%m-%d") }.join(" ")
end
RB
cat >event-cron.pl <<'PL'
use DateTime;
use DateTime::Event::Cron;
open my $file, "<", "lines.txt" or die;
while (my $line = <$file>) {
  chomp $line;
  my $times = DateTime::Event::Cron->new(cron => $line);
  my $time = DateTime->new(year => 2024, month => 1, day => 1, hour => 12);
  print join(" ", map { $time = $times->next($time); $time->strftime("%m-%d") } 1 .. 4), "\n";
}
PL
cat >cron-expression.php <<'PHP'
<?php
require "Cron/autoload.php";
date_default_timezone_set("UTC");
foreach (file("lines.txt", FILE_IGNORE_NEW_LINES) as $line) {
    $times = (new Cron\CronExpression($line))->getMultipleRunDates(4, "2024-01-01 12:00");
    echo implode(" ", array_map(fn($time) => $time->format("m-d"), $times)), "\n";
}
PHP
cat >later.mjs <<'JS'
import { readFileSync } from "node:fs";
import later from "later";
later.date.UTC();
for (const line of readFileSync("lines.txt", "utf8").trim().split("\n")) {
  const times = later.schedule(later.parse.cron(line)).next(4, new Date("2024-01-01T12:00Z"));
  console.log(times.map((time) => time.toISOString().slice(5, 10)).join(" "));
}
JS
export TZ=UTC
/usr/bin/python3 -W ignore by_croniter.py >croniter
/usr/bin/ruby -W0 parse-cron.rb >parse-cron
/usr/bin/ruby -W0 fugit.rb >fugit
/usr/bin/perl event-cron.pl >DateTime::Event::Cron
/usr/bin/php cron-expression.php >cron-expression
node later.mjs >later
compare() {
  local number=0 line right other
  while read -r line; do
    number=$((number + 1))
    right=$(sed -n "${number}p" croniter)
    echo "$line: $right"
    for other in parse-cron later DateTime::Event::Cron cron-expression fugit; do
      [ "$(sed -n "${number}p" "$other")" = "$right" ] || echo "  $other: $(sed -n "${number}p" "$other")"
    done
  done <lines.txt
}
seen=$(compare)
echo "$seen"
[ "$seen" = "0 0 31 * *: 01-31 03-31 05-31 07-31
  parse-cron: 01-31 02-01 03-31 04-01
0 0 29 2 *: 02-29 02-29 02-29 02-29
  parse-cron: 02-29 02-01 02-01 02-01
0 0 * * 5-7: 01-05 01-06 01-07 01-12
  later: 01-05 01-06 01-12 01-13
0 0 * * 7-7: 01-07 01-14 01-21 01-28
  later: 01-06 01-13 01-20 01-27
  cron-expression: 01-02 01-03 01-04 01-05
0 0 1 * 7: 01-07 01-14 01-21 01-28
  later: 06-01 02-01 03-01 11-01
0 0 * * */3: 01-03 01-06 01-07 01-10
  DateTime::Event::Cron: 01-04 01-07 01-08 01-11
0 0 * * 1,*: 01-02 01-03 01-04 01-05
  fugit: 01-08 01-15 01-22 01-29" ] || { echo "changed" >&2; exit 1; }
