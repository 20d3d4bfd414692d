#!/usr/bin/env bash
# python3-aniso8601 9.0.1, python3-iso8601 1.0.2, python3-isodate 0.6.1, ruby-iso8601
# 0.13.0 and datetime of Python 3.11, of Debian 12.
#
# - 24:00 is the end of a day (ISO 8601:2004, 4.2.3). aniso8601 makes of it the beginning
#   of the same day: a day less. The others refuse it; ruby-iso8601 reads it.
# - The last part of a time may have a fraction, 10:20.5 is half past 20 minutes.
#   iso8601 reads 20.5 seconds past 10. Of Python, fractions of minutes are "not
#   supported": it reads half a second, and with 10.25 a quarter of one.
# - isodate rounds to microseconds and carries nothing: 59.9999999 seconds, as Go and
#   .NET write times, are a ValueError, "second must be in 0..59".
# - ruby-iso8601 reads fractions whole and writes tenths: 30.25 comes back as 30.3.
set -euo pipefail
for package in python3=3.11 python3-aniso8601=9.0.1 python3-iso8601=1.0.2 python3-isodate=0.6.1 ruby-iso8601=0.13.0; do
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

cat >try.py <<'PY'
import datetime
import aniso8601, isodate, iso8601
readers = {"aniso8601": aniso8601.parse_datetime, "iso8601": iso8601.parse_date, "isodate": isodate.parse_datetime, "Python": datetime.datetime.fromisoformat}
for text in ("2026-11-30T24:00:00Z", "2026-11-30T10:20.5Z", "2026-11-30T10.25Z", "2026-11-30T10:20:59.9999999Z", "2026-11-30T10:20:30.25Z"):
    results = []
    for name, read in readers.items():
        try:
            results.append(f"{name} {read(text).strftime('%d, %H:%M:%S.%f').rstrip('0').rstrip('.')}")
        except ValueError as error:
            results.append(f"{name} error")
    print(f"{text}: {'; '.join(results)}")
PY
cat >try.rb <<'RB'
require "iso8601"
%w[2026-11-30T24:00:00Z 2026-11-30T10:20:30.25Z 2026-11-30T10:20:30.04Z].each do |text|
  time = ISO8601::DateTime.new(text)
  puts "ruby-iso8601 #{text}: #{time.to_time.utc.strftime("%d, %H:%M:%S.%L")}, written #{time}"
end
RB
seen="$(/usr/bin/python3 try.py)
$(/usr/bin/ruby try.rb)"
echo "$seen"
[ "$seen" = "2026-11-30T24:00:00Z: aniso8601 30, 00:00:00; iso8601 error; isodate error; Python error
2026-11-30T10:20.5Z: aniso8601 30, 10:20:30; iso8601 30, 10:00:20.5; isodate 30, 10:20:30; Python 30, 10:20:00.5
2026-11-30T10.25Z: aniso8601 30, 10:15:00; iso8601 error; isodate 30, 10:15:00; Python 30, 10:00:00.25
2026-11-30T10:20:59.9999999Z: aniso8601 30, 10:20:59.999999; iso8601 30, 10:20:59.999999; isodate error; Python 30, 10:20:59.999999
2026-11-30T10:20:30.25Z: aniso8601 30, 10:20:30.25; iso8601 30, 10:20:30.25; isodate 30, 10:20:30.25; Python 30, 10:20:30.25
ruby-iso8601 2026-11-30T24:00:00Z: 01, 00:00:00.000, written 2026-12-01T00:00:00+00:00
ruby-iso8601 2026-11-30T10:20:30.25Z: 30, 10:20:30.250, written 2026-11-30T10:20:30.3+00:00
ruby-iso8601 2026-11-30T10:20:30.04Z: 30, 10:20:30.040, written 2026-11-30T10:20:30+00:00" ] || { echo "changed" >&2; exit 1; }
