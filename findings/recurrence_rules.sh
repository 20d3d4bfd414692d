#!/usr/bin/env bash
# ical.js 2.2.1 (npm) and libdatetime-event-ical-perl 0.13 of Debian 12, beside rrule 2.8.1
# (npm) and python3-dateutil 2.8.2: recurrence rules of RFC 5545.
#
# The first two rules are examples of the standard itself (3.8.5.3), with a COUNT for their
# end: the 20th Monday of each year, and the Monday of week 20. ical.js has every Monday
# from the 19th of May on for both. It also moves a yearly 29 February to 1 March in other
# years, though dates that do not exist are to be left out (3.3.10), and counts a first day
# on which the rule does not fall. DateTime::Event::ICal takes a weekly rule for Mondays of
# February for one that needs the first of February on a Monday, and has the years after
# 1997 only where it is. None says anything; of FREQ=DAILY;COUNT=3 all have the same days.
set -euo pipefail
for package in libdatetime-event-ical-perl=0.13 libdatetime-format-ical-perl=0.09 python3-dateutil=2.8.2; do
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
npm install --silent --no-audit --no-fund ical.js@2.2.1 rrule@2.8.1

cat >try.py <<'PY'
import sys
from dateutil.rrule import rrulestr
start, rule = sys.argv[1:]
print(*(day.strftime("%Y%m%d") for day in rrulestr(f"DTSTART:{start}\nRRULE:{rule}")))
PY
cat >try.pl <<'PL'
use DateTime::Format::ICal;
my ($start, $rule) = @ARGV;
my $set = DateTime::Format::ICal->parse_recurrence(recurrence => $rule, dtstart => DateTime::Format::ICal->parse_datetime($start));
print join(" ", map { $_->strftime("%Y%m%d") } $set->as_list);
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import ICAL from "ical.js";
import rrule from "rrule";
const rules = [
  ["19970519T090000", "FREQ=YEARLY;BYDAY=20MO;COUNT=3"],
  ["19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3"],
  ["19960229T090000", "FREQ=YEARLY;COUNT=3"],
  ["19970101T090000", "FREQ=DAILY;BYMONTH=3;BYDAY=MO;COUNT=3"],
  ["19970101T090000", "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;COUNT=3"],
  ["19970101T090000", "FREQ=DAILY;COUNT=3"],
];
function byIcal(start, rule) {
  const from = start.replace(/(....)(..)(..)T(..)(..)(..)/, "$1-$2-$3T$4:$5:$6");
  const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateTimeString(from));
  const days = [];
  for (let day = iterator.next(); day; day = iterator.next()) days.push(day.toICALString().slice(0, 8));
  return days.join(" ");
}
const byRrule = (start, rule) =>
  rrule.rrulestr(`DTSTART:${start}Z\nRRULE:${rule}`).all().map((day) => day.toISOString().slice(0, 10).replaceAll("-", "")).join(" ");
for (const [start, rule] of rules) {
  const run = (command, file) => execFileSync(command, [file, start, rule]).toString().trim();
  const found = { "ical.js": byIcal(start, rule), rrule: byRrule(start, rule), dateutil: run("/usr/bin/python3", "try.py"), Perl: run("/usr/bin/perl", "try.pl") };
  console.log(`${rule} from ${start.slice(0, 8)}:`);
  for (const days of new Set(Object.values(found))) {
    console.log(`  ${Object.keys(found).filter((name) => found[name] === days).join(", ")}: ${days}`);
  }
}
JS
seen=$(TZ=UTC node try.mjs)
echo "$seen"
[ "$seen" = "FREQ=YEARLY;BYDAY=20MO;COUNT=3 from 19970519:
  ical.js: 19970519 19970526 19970602
  rrule, dateutil, Perl: 19970519 19980518 19990517
FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3 from 19970512:
  ical.js: 19970519 19970526 19970602
  rrule, dateutil, Perl: 19970512 19980511 19990517
FREQ=YEARLY;COUNT=3 from 19960229:
  ical.js: 19960229 19970301 19980301
  rrule, dateutil, Perl: 19960229 20000229 20040229
FREQ=DAILY;BYMONTH=3;BYDAY=MO;COUNT=3 from 19970101:
  ical.js: 19970101 19970303 19970310
  rrule, dateutil, Perl: 19970303 19970310 19970317
FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;COUNT=3 from 19970101:
  ical.js, rrule, dateutil: 19970203 19970210 19970217
  Perl: 19990201 20100201 20160201
FREQ=DAILY;COUNT=3 from 19970101:
  ical.js, rrule, dateutil, Perl: 19970101 19970102 19970103" ] || { echo "changed" >&2; exit 1; }
