#!/usr/bin/env bash
# sdp-transform 3.0.0.
#
# A description of a session may have some lines several times (RFC 8866, section 9):
# e=, p=, t=, and c= in a media section, one for each multicast group; and RFC 8122,
# section 5.1, has several a=fingerprint, one for each hash. sdp-transform keeps lists
# of some, such as a=candidate, and the last one alone of these: parsed and written
# again, the description is shorter. Nothing throws, and `invalid`, the list of what
# it does not know, is empty.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sdp-transform@3.0.0

cat >try.mjs <<'JS'
import { parse, write } from "sdp-transform";
const lines = [
  "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-",
  "e=ann@example.com", "e=bob@example.com", "p=+1 617 555-0100", "p=+1 617 555-0101",
  "t=3724394400 3724398000", "t=3724484400 3724488000",
  "m=audio 49170 RTP/SAVP 0", "c=IN IP4 224.2.1.1/127", "c=IN IP4 224.2.1.2/127",
  "a=fingerprint:sha-256 AA:BB", "a=fingerprint:sha-1 CC:DD",
  "a=candidate:1 1 udp 1 127.0.0.1 9 typ host", "a=candidate:2 1 udp 1 127.0.0.1 10 typ host",
];
const parsed = parse(lines.map((line) => `${line}\r\n`).join(""));
const written = write(parsed).trim().split("\r\n");
console.log(`lost: ${lines.filter((line) => !written.includes(line)).join("; ")}`);
console.log(`invalid: ${JSON.stringify([parsed.invalid ?? [], parsed.media[0].invalid ?? []])}`);
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "lost: e=ann@example.com; p=+1 617 555-0100; t=3724394400 3724398000; c=IN IP4 224.2.1.1/127; a=fingerprint:sha-256 AA:BB
invalid: [[],[]]" ] || { echo "changed" >&2; exit 1; }
