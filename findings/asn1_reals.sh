#!/usr/bin/env bash
# python3-pyasn1 0.4.8 and libconvert-asn1-perl 0.33, beside erlang-asn1 of OTP 25, of
# Debian 12: real numbers of ASN.1.
#
# In DER a number of base 10 has a point behind its digits, 15.E-1 (X.690, 11.3.2), so
# that equal numbers are equal octets. pyasn1's DER encoder leaves the point out, where
# Erlang writes it; 1e300 has all its 301 digits there. Convert::ASN1 refuses decimal
# numbers altogether, both programs' alike, though the sender may choose the base (X.690,
# 8.5); its own binary ones the other two read.
set -euo pipefail
for package in python3-pyasn1=0.4.8 libconvert-asn1-perl=0.33 erlang-asn1=1:25.2 erlang-base=1:25.2; do
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

echo 'Reals DEFINITIONS ::= BEGIN R ::= REAL END' >Reals.asn1
erlc Reals.asn1
cat >try.py <<'PY'
import subprocess
from pyasn1.codec.der import decoder, encoder
from pyasn1.type import univ
def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
def erlang(term):
    return run("erl", "-noshell", "-eval", term + ", halt().")
def perl(code, octets):
    return run("/usr/bin/perl", "-MConvert::ASN1", "-e", 'my $real = Convert::ASN1->new; $real->prepare("value REAL"); ' + code, octets)
def readings(octets):
    term = "{ok, X} = 'Reals':decode('R', <<%s>>), io:format(\"~w\", [X])" % ",".join(str(octet) for octet in octets)
    by_perl = perl('my $read = $real->decode(pack "H*", $ARGV[0]); print $read ? $read->{value} : "refused"', octets.hex())
    text = erlang(term)
    if text.startswith("["):
        text = bytes(int(code) for code in text[1:-1].split(",")).decode()
    return f"pyasn1 {float(decoder.decode(octets, asn1Spec=univ.Real())[0])}, Erlang {text}, Convert::ASN1 {by_perl}"
by_python = encoder.encode(univ.Real(1.5))
by_erlang = bytes.fromhex(erlang("{ok, X} = 'Reals':encode('R', \"15.E-1\"), [io:format(\"~2.16.0b\", [B]) || <<B>> <= X]"))
by_perl = bytes.fromhex(perl('print unpack "H*", $real->encode(value => 1.5)', ""))
print("of pyasn1:", by_python[3:].decode(), "read by", readings(by_python))
print("of Erlang:", by_erlang[3:].decode(), "read by", readings(by_erlang))
print("of Convert::ASN1:", by_perl.hex(), "read by", readings(by_perl))
print("1e300 of pyasn1 has", len(encoder.encode(univ.Real(1e300))), "octets")
PY
seen=$(/usr/bin/python3 -W ignore try.py)
echo "$seen"
[ "$seen" = "of pyasn1: 15E-1 read by pyasn1 1.5, Erlang 15E-1, Convert::ASN1 refused
of Erlang: 15.E-1 read by pyasn1 1.5, Erlang 15.E-1, Convert::ASN1 refused
of Convert::ASN1: 090380f9c0 read by pyasn1 1.5, Erlang {192,2,-7}, Convert::ASN1 1.5
1e300 of pyasn1 has 307 octets" ] || { echo "changed" >&2; exit 1; }
