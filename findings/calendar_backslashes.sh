#!/usr/bin/env bash
# python3-icalendar 4.0.3, ruby-icalendar 2.8.0, libdata-ical-perl 0.24, libtext-vcard-perl
# 3.09 of Debian 12 and vcard4 4.0.5 (npm), beside python3-vobject 0.9.6.1 and ical.js
# 2.2.1 (npm): a backslash before an n in calendars and address cards.
#
# In a text \\ is a backslash and \n a line end (RFC 5545, 3.3.11; RFC 6350, 3.4), so
# dir\new is written dir\\new. The two icalendars, Data::ICal and vcard4 look for \n apart
# from \\: the text gets a line end that nobody wrote, and the n is gone; the one of Python
# writes it back as a line end. Text::vCard reads no line ends, so that \\n and \n are
# one, and writes both as line ends. vcard4 also leaves all backslashes in a text that
# begins with a word and a colon. The others read all of it well.
set -euo pipefail
for package in python3-icalendar=4.0.3 ruby-icalendar=2.8.0 libdata-ical-perl=0.24 libtext-vcard-perl=3.09 python3-vobject=0.9.6.1; do
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
npm install --silent --no-audit --no-fund vcard4@4.0.5 ical.js@2.2.1

printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:-//x//y//EN BEGIN:VEVENT UID:1 DTSTAMP:20240101T000000Z 'SUMMARY:dir\\new\nline' END:VEVENT END:VCALENDAR >file.ics
printf '%s\r\n' BEGIN:VCARD VERSION:3.0 N:Doe FN:Doe 'NOTE:dir\\new\nline' END:VCARD >3.vcf
printf '%s\r\n' BEGIN:VCARD VERSION:4.0 FN:Doe 'NOTE:dir\\new\nline' 'NOTE:Note: a\, b' END:VCARD >4.vcf
cat >try.py <<'PY'
import json
import icalendar, vobject
with open("file.ics", newline="") as file:
    text = file.read()
print("vobject", json.dumps(vobject.readOne(text).vevent.summary.value))
calendar = icalendar.Calendar.from_ical(text)
print("icalendar of Python", json.dumps(str(calendar.subcomponents[0]["summary"])))
print("  written again", [line for line in calendar.to_ical().decode().splitlines() if "SUMMARY" in line][0])
with open("3.vcf", newline="") as file:
    print("vobject, card", json.dumps(vobject.readOne(file.read()).note.value))
PY
cat >try.rb <<'RB'
require "json"
require "stringio"
require "icalendar"
puts "icalendar of Ruby #{Icalendar::Calendar.parse(File.binread("file.ics").force_encoding("UTF-8")).first.events.first.summary.to_s.to_json}"
RB
cat >try.pl <<'PL'
use Data::ICal;
use JSON::PP;
use Text::vCard::Addressbook;
my $json = JSON::PP->new->allow_nonref;
my ($event) = @{ Data::ICal->new(filename => "file.ics")->entries };
print "Data::ICal ", $json->encode($event->property("summary")->[0]->value), "\n";
my ($card) = Text::vCard::Addressbook->new({ source_file => "3.vcf" })->vcards;
print "Text::vCard ", $json->encode($card->note), ", written again ", grep(/NOTE/, split /^/, $card->as_string =~ s/\r//gr);
PL
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
import { parse } from "vcard4";
const [, , [[, properties]]] = ICAL.parse(readFileSync("file.ics", "utf8"));
console.log("ical.js", JSON.stringify(properties.at(-1).at(-1)));
const notes = parse(readFileSync("4.vcf", "utf8")).parsedVcard.filter(({ property }) => property === "NOTE");
console.log("vcard4", JSON.stringify(notes.map(({ value }) => value)));
JS
seen=$(/usr/bin/python3 -W ignore try.py && /usr/bin/ruby -W0 try.rb && /usr/bin/perl try.pl && node try.mjs)
echo "$seen"
[ "$seen" = 'vobject "dir\\new\nline"
icalendar of Python "dir\new\nline"
  written again SUMMARY:dir\new\nline
vobject, card "dir\\new\nline"
icalendar of Ruby "dir\\\new\nline"
Data::ICal "dir\new\nline"
Text::vCard "dir\\new\\nline", written again NOTE:dir\new\nline
ical.js "dir\\new\nline"
vcard4 ["dir\\\new\nline","Note: a\\, b"]' ] || { echo "changed" >&2; exit 1; }
