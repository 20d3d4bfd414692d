#!/usr/bin/env bash
# python3-mido 1.2.10, libmidi-perl 0.83 and midicsv 1.1 of Debian 12, and midi-file 1.2.4
# (npm): Standard MIDI Files.
#
# - The frame rate of an SMPTE offset is in bits 5 and 6 of its hours: 21 hex is 1 h at 25
#   frames, 61 hex 1 h at 30. mido looks one bit too high and has 33 h at 24 and 33 h at 25.
# - A system exclusive message may come in parts, the next ones behind F7; mido makes each
#   part a message of its own, and writes it behind F0. F7 also brings any other bytes,
#   say F3 01, a song select: mido raises ValueError.
# - Chunks that are not known are to be passed over, and the header may grow. mido,
#   midicsv and midi-file refuse an unknown chunk, midicsv and MIDI::Opus a longer header.
# - MIDI::Opus leaves the sequence number out of what it writes, with a warning.
# So say the Standard MIDI Files 1.0; each reads and keeps a note alone.
set -euo pipefail
for package in python3-mido=1.2.10 libmidi-perl=0.83 midicsv=1.1; do
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
npm install --silent --no-audit --no-fund midi-file@1.2.4

cat >try.py <<'PY'
import io, subprocess
import mido
def chunk(name, data):
    return name + len(data).to_bytes(4, "big") + data
def run(*command):
    return subprocess.run(command, capture_output=True, text=True)
end = b"\x00\xff\x2f\x00"
head = chunk(b"MThd", bytes.fromhex("0000000101e0"))
note = chunk(b"MTrk", b"\x00\x90\x3c\x40" + end)
def track(text):
    return head + chunk(b"MTrk", bytes.fromhex(text) + end)
files = {
    "a note": head + note,
    "SMPTE offset at 25": track("00ff540521172d0c11"),
    "SMPTE offset at 30, drop frame": track("00ff540541172d0c11"),
    "SMPTE offset at 30": track("00ff540561172d0c11"),
    "exclusive message in parts": track("00f0020102 10f70203f7"),
    "song select by F7": track("00f702f301"),
    "unknown chunk": head + chunk(b"XFIH", b"abc") + note,
    "longer header": chunk(b"MThd", bytes.fromhex("0000000101e00000")) + note,
    "sequence number": track("00ff00020102"),
}
PERL = 'use MIDI; my $o = MIDI::Opus->new({ from_file => "file.mid" }); $o->write_to_file("perl.mid")'
NODE = 'const { parseMidi } = require("midi-file"); const { tracks } = parseMidi(require("fs").readFileSync("file.mid")); console.log(tracks[0].map(({ frameRate }) => frameRate ?? "").join(""))'
for name, content in files.items():
    with open("file.mid", "wb") as file:
        file.write(content)
    try:
        read = mido.MidiFile("file.mid")
        written = io.BytesIO()
        read.save(file=written)
        by_mido = "; ".join(str(message) for message in read.tracks[0][:-1])
        if written.getvalue() != content:
            by_mido += ", written again as " + written.getvalue()[22:-4].hex()
    except Exception as error:
        by_mido = type(error).__name__
    perl, node = run("/usr/bin/perl", "-e", PERL), run("node", "-e", NODE)
    by_perl = "refused"
    if perl.returncode == 0:
        with open("perl.mid", "rb") as file:
            by_perl = "the same" if file.read() == content else "not the same"
    by_node = f"read {node.stdout.strip()}".strip() if node.returncode == 0 else "refused"
    by_csv = "refused" if "invalid" in run("midicsv", "file.mid").stderr else "read"
    print(f"{name}: mido {by_mido} | MIDI::Opus {by_perl}, midi-file {by_node}, midicsv {by_csv}")
PY
seen=$(/usr/bin/python3 -W ignore try.py)
echo "$seen"
[ "$seen" = "a note: mido note_on channel=0 note=60 velocity=64 time=0 | MIDI::Opus the same, midi-file read, midicsv read
SMPTE offset at 25: mido MetaMessage('smpte_offset', frame_rate=24, hours=33, minutes=23, seconds=45, frames=12, sub_frames=17, time=0) | MIDI::Opus the same, midi-file read 25, midicsv read
SMPTE offset at 30, drop frame: mido MetaMessage('smpte_offset', frame_rate=25, hours=1, minutes=23, seconds=45, frames=12, sub_frames=17, time=0) | MIDI::Opus the same, midi-file read 29, midicsv read
SMPTE offset at 30: mido MetaMessage('smpte_offset', frame_rate=25, hours=33, minutes=23, seconds=45, frames=12, sub_frames=17, time=0) | MIDI::Opus the same, midi-file read 30, midicsv read
exclusive message in parts: mido sysex data=(1,2) time=0; sysex data=(3) time=16, written again as 00f0030102f710f00203f7 | MIDI::Opus the same, midi-file read, midicsv read
song select by F7: mido ValueError | MIDI::Opus the same, midi-file read, midicsv read
unknown chunk: mido OSError | MIDI::Opus not the same, midi-file refused, midicsv refused
longer header: mido note_on channel=0 note=60 velocity=64 time=0, written again as 00903c40 | MIDI::Opus refused, midi-file read, midicsv refused
sequence number: mido MetaMessage('sequence_number', number=258, time=0) | MIDI::Opus not the same, midi-file read, midicsv read" ] || { echo "changed" >&2; exit 1; }
