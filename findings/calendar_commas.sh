#!/usr/bin/env bash
# libdata-ical-perl 0.24, python3-icalendar 4.0.3, ruby-icalendar 2.8.0, beside
# python3-vobject 0.9.6.1, of Debian 12, and ical.js 2.2.1 (npm): reading a calendar and
# writing it again.
#
# A comma between values stays as it is, one within a text has a backslash in front (RFC
# 5545, 3.3.11, 3.8.1.2, 3.8.5.1).
# - Data::ICal puts a backslash before all commas: two days left out of a repeated event
#   become one value that is no date, and two categories one.
# - icalendar of Python drops the backslash in CATEGORIES: "Travel, work" becomes two.
# - The Ruby one writes TZID=UTC at times that end in Z, where none may be (3.2.19).
# ical.js and vobject give back what they were given.
set -euo pipefail
for package in libdata-ical-perl=0.24 python3-icalendar=4.0.3 python3-vobject=0.9.6.1 ruby-icalendar=2.8.0; do
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
npm install --silent --no-audit --no-fund ical.js@2.2.1

printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:-//x//y//EN BEGIN:VEVENT UID:1 DTSTAMP:20240101T000000Z DTSTART:20240102T000000Z \
  RRULE:FREQ=DAILY 'EXDATE:20240103T000000Z,20240104T000000Z' 'CATEGORIES:Travel\, work,Private' END:VEVENT END:VCALENDAR >file.ics
cat >by_vobject.py <<'PY'
import sys, vobject
print(vobject.readOne(sys.stdin.read()).serialize())
PY
cat >icalendar.rb <<'RB'
require "stringio"
require "icalendar"
puts Icalendar::Calendar.parse($stdin.read).map(&:to_ical)
RB
cat >ical.mjs <<'JS'
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
console.log(ICAL.stringify(ICAL.parse(readFileSync("file.ics", "utf8"))));
JS
again() {
  echo "$1: $("${@:2}" <file.ics | tr -d '\r' | grep -E '^(EXDATE|CATEGORIES)' | sort -r | tr '\n' ' ')"
}
all() {
  again "ical.js" node ical.mjs
  again "icalendar of Ruby" /usr/bin/ruby -W0 icalendar.rb
  again "vobject" /usr/bin/python3 -W ignore by_vobject.py
  again "icalendar of Python" /usr/bin/python3 -W ignore -c 'import icalendar, sys; print(icalendar.Calendar.from_ical(sys.stdin.read()).to_ical().decode())'
  again "Data::ICal" /usr/bin/perl -MData::ICal -e 'print Data::ICal->new(filename => "file.ics")->as_string'
}
seen=$(all)
echo "$seen"
[ "$seen" = 'ical.js: EXDATE:20240103T000000Z,20240104T000000Z CATEGORIES:Travel\, work,Private 
icalendar of Ruby: EXDATE;TZID=UTC:20240103T000000Z,20240104T000000Z CATEGORIES:Travel\, work,Private 
vobject: EXDATE:20240103T000000Z,20240104T000000Z CATEGORIES:Travel\, work,Private 
icalendar of Python: EXDATE:20240103T000000Z,20240104T000000Z CATEGORIES:Travel, work,Private 
Data::ICal: EXDATE:20240103T000000Z\,20240104T000000Z CATEGORIES:Travel\, work\,Private ' ] || { echo "changed" >&2; exit 1; }
