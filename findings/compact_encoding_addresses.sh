#!/usr/bin/env bash
# compact-encoding 3.5.2 (the messages of Hypercore, Hyperswarm and their kin).
#
# - `ip` and `ipv6` take all of an IPv6 address for hexadecimal. One that ends in the
#   form of IPv4 (RFC 4291, section 2.2) becomes another address, without an error,
#   and that is how Node writes the peers of a socket that listens for both:
#   "::ffff:127.0.0.1".
# - `lexint`, numbers as keys that sort, throws from 2^32 to 2^32 + 250, and rounds
#   from about 2^44 on: 2^48 comes back as 2^48 - 5, and neighbours as one key.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund compact-encoding@3.5.2

cat >try.mjs <<'JS'
import net from "node:net";
import c from "compact-encoding";
function through(encoding, value) {
  try {
    return c.decode(encoding, c.encode(encoding, value));
  } catch (error) {
    return error.message;
  }
}
for (const address of ["10.1.2.3", "fe80::1", "::ffff:10.1.2.3"]) console.log(`${address}: ${through(c.ip, address)}`);
for (const number of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 250, 2 ** 32 + 251, 2 ** 48, 2 ** 53 - 1]) console.log(`${number}: ${through(c.lexint, number)}`);
const key = (number) => c.encode(c.lexint, number).toString("hex");
console.log(`keys of 2^53 - 1 and 2^53 - 2: ${key(2 ** 53 - 1)} ${key(2 ** 53 - 2)}`);
const server = net.createServer().listen(0, "::", () => {
  const client = net.connect(server.address().port, "127.0.0.1");
  server.once("connection", ({ remoteAddress }) => {
    console.log(`a peer of Node: ${remoteAddress}, ${through(c.ip, remoteAddress)}`);
    client.destroy();
    server.close();
  });
});
JS
seen=$(timeout 20 node try.mjs)
echo "$seen"
[ "$seen" = "10.1.2.3: 10.1.2.3
fe80::1: fe80:0:0:0:0:0:0:1
::ffff:10.1.2.3: 0:0:0:0:0:0:ffff:123
4294967295: 4294967295
4294967296: Out of bounds
4294967546: Out of bounds
4294967547: 4294967547
281474976710656: 281474976710651
9007199254740991: 9007199254740731
keys of 2^53 - 1 and 2^53 - 2: ff140fffffffffff ff140fffffffffff
a peer of Node: ::ffff:127.0.0.1, 0:0:0:0:0:0:ffff:7001" ] || { echo "changed" >&2; exit 1; }
