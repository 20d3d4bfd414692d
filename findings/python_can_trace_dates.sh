#!/usr/bin/env bash
# python-can 4.1.0 (python3-can of Debian 12), its traces of the form TRC 2.1 of PEAK.
#
# $STARTTIME is the time of the start in days since 1899-12-30, the time of day as the
# fraction ("PEAK CAN TRC File Format"), and of the writer "the measurement starts
# with the timestamp of the first registered message". Written is the time of now plus
# that timestamp: with those of the bus, seconds since 1970, a start half a century ahead.
# Behind the point stand the milliseconds of the day as they are: 06:00, a quarter of the
# day, is .21600000 there and not .25. Time of day and date are both lost.
set -euo pipefail
name=python3-can version=4.1.0
found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
if [[ $found != "$version"* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
  found=$(dpkg-query -W -f '${Version}' "$name")
  [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >try.py <<'PY'
import datetime, re
import can
for stamp in (0.0, 1700000000.0):
    before = datetime.datetime.now()
    with can.TRCWriter("trace.trc") as writer:
        writer.on_message_received(can.Message(timestamp=stamp, arbitration_id=1, data=[1], is_extended_id=False))
    header = open("trace.trc").read()
    days, fraction = re.search(r"STARTTIME=(\d+)\.(\d+)", header).groups()
    start = datetime.datetime.fromisoformat(re.search(r"Start time: ([-\d]+ [:\d]+)", header)[1])
    written = datetime.datetime(1899, 12, 30) + datetime.timedelta(days=int(days))
    milliseconds = int(fraction) // 1000 == start.hour * 3600 + start.minute * 60 + start.second
    print(f"first message at {stamp:.0f}: the start is {int(round((start - before).total_seconds(), -1))} s ahead of now,",
          f"$STARTTIME is of {'that day' if written.date() == start.date() else 'another day'},",
          "its fraction the milliseconds of the day" if milliseconds else "its fraction another")
PY
seen=$(/usr/bin/python3 try.py)
echo "$seen"
[ "$seen" = 'first message at 0: the start is 0 s ahead of now, $STARTTIME is of that day, its fraction the milliseconds of the day
first message at 1700000000: the start is 1700000000 s ahead of now, $STARTTIME is of that day, its fraction the milliseconds of the day' ] || { echo "changed" >&2; exit 1; }
