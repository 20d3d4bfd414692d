#!/usr/bin/env bash
# ruby-jwt 2.5.0, ruby-json-jwt 1.14.0 and libcryptx-perl 0.077 of Debian 12, Node (20.20.2)
# and Deno 2.9.6 (npm): private keys of elliptic curves as JWK.
#
# The number d is as long as the order of the curve, with zeros in front: 32 bytes for P-256
# (RFC 7518, 6.2.2.1). Both Ruby libraries leave the zeros out, so one key in 256 is a byte
# short. CryptX and Deno's createPrivateKey refuse such a key; Node and Deno's WebCrypto
# take it. So the same code works with 255 keys, and one cannot be read elsewhere. What
# CryptX and Node write has all bytes.
set -euo pipefail
for package in ruby-jwt=2.5.0 ruby-json-jwt=1.14.0 libcryptx-perl=0.077 ruby=1:3.1; do
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
npm install --silent --no-audit --no-fund deno@2.9.6

cat >try.rb <<'RB'
require "json/jwt"
require "jwt"
key = OpenSSL::PKey.read(File.read("key.pem"))
File.write("jwt.json", JWT::JWK.new(key).export(include_private: true).to_json)
File.write("json-jwt.json", JSON::JWK.new(key).to_json)
RB
cat >try.pl <<'PL'
use Crypt::PK::ECC;
open my $out, ">", "CryptX.json";
print $out Crypt::PK::ECC->new("key.pem")->export_key_jwk("private");
close $out;
for my $name (qw(jwt json-jwt CryptX Node)) {
  local $/;
  open my $in, "<", "$name.json";
  my $text = <$in>;
  print "CryptX reads that of $name: ", (eval { Crypt::PK::ECC->new(\$text) } ? "yes" : "no"), "\n";
}
PL
cat >try.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
const bytes = ({ d }) => Buffer.from(d, "base64url");
let key;
do key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
while (bytes(key.export({ format: "jwk" }))[0] !== 0 || bytes(key.export({ format: "jwk" }))[1] === 0);
writeFileSync("key.pem", key.export({ format: "pem", type: "sec1" }));
writeFileSync("Node.json", JSON.stringify(key.export({ format: "jwk" })));
const run = (...command) => execFileSync(command[0], command.slice(1)).toString().trim();
run("/usr/bin/ruby", "try.rb");
console.log(run("/usr/bin/perl", "try.pl"));
for (const name of ["jwt", "json-jwt", "CryptX", "Node"]) {
  console.log(`${name}: ${bytes(JSON.parse(readFileSync(`${name}.json`, "utf8"))).length} bytes; read by Node ${run("node", "read.mjs", name)}, by Deno ${run("node_modules/.bin/deno", "run", "--allow-read", "read.mjs", name)}`);
}
JS
cat >read.mjs <<'JS'
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
const key = JSON.parse(readFileSync(`${process.argv[2]}.json`, "utf8"));
let byNode = "yes";
try {
  createPrivateKey({ format: "jwk", key });
} catch {
  byNode = "no";
}
const byWeb = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]).then(() => "yes", () => "no");
console.log(`${byNode}, as WebCrypto ${byWeb}`);
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "CryptX reads that of jwt: no
CryptX reads that of json-jwt: no
CryptX reads that of CryptX: yes
CryptX reads that of Node: yes
jwt: 31 bytes; read by Node yes, as WebCrypto yes, by Deno no, as WebCrypto yes
json-jwt: 31 bytes; read by Node yes, as WebCrypto yes, by Deno no, as WebCrypto yes
CryptX: 32 bytes; read by Node yes, as WebCrypto yes, by Deno yes, as WebCrypto yes
Node: 32 bytes; read by Node yes, as WebCrypto yes, by Deno yes, as WebCrypto yes" ] || { echo "changed" >&2; exit 1; }
