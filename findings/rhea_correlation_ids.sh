#!/usr/bin/env bash
# rhea 3.0.5 (AMQP 1.0), with a client of python3-qpid-proton 0.37.0 of Debian 12.
#
# The id of a message is a ulong, a uuid, bytes or a text (AMQP 1.0, section 3.2.11 and
# on), and a reply carries the id of the request as its correlation id. A server of rhea
# has bytes, a uuid or a ulong beyond 2^53 handed out as a Buffer each, and writes a
# Buffer as a uuid, filled up with zeros. So the reply `correlation_id: message.message_id`
# is one to no request of a client that numbers them by bytes, or from a large number on.
# Nothing throws on either side.
set -euo pipefail
name=python3-qpid-proton version=0.37.0
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
npm init -y >/dev/null
npm install --silent --no-audit --no-fund rhea@3.0.5

cat >client.py <<'PY'
import sys, uuid
from proton import Message, ulong
from proton.utils import BlockingConnection
connection = BlockingConnection(f"127.0.0.1:{sys.argv[1]}", timeout=10, allowed_mechs="ANONYMOUS")
sender = connection.create_sender("requests")
receiver = connection.create_receiver("replies")
for id in ["text", ulong(7), uuid.UUID(int=7), b"bytes", ulong(2**60)]:
    sender.send(Message(id=id, body="request"))
    print(f"{id!r}: {receiver.receive(timeout=10).correlation_id!r}")
    receiver.accept()
connection.close()
PY
cat >server.mjs <<'JS'
import { execFile } from "node:child_process";
import { once } from "node:events";
import rhea from "rhea";
const container = rhea.create_container();
container.on("receiver_open", ({ receiver }) => receiver.set_target({ address: receiver.target.address }));
container.on("sender_open", ({ sender }) => sender.set_source({ address: sender.source.address }));
container.on("message", ({ connection, message }) => {
  const sender = connection.find_sender((link) => link.is_sender() && link.source.address === "replies");
  sender.send({ correlation_id: message.message_id, body: "reply" });
});
const server = container.listen({ host: "127.0.0.1", port: 0 });
await once(server, "listening");
execFile("/usr/bin/python3", ["client.py", String(server.address().port)], (error, out) => {
  if (error) console.error(error.message);
  process.stdout.write(out);
  process.exit();
});
JS
seen=$(timeout 60 node server.mjs)
echo "$seen"
[ "$seen" = "'text': 'text'
ulong(7): 7
UUID('00000000-0000-0000-0000-000000000007'): UUID('00000000-0000-0000-0000-000000000007')
b'bytes': UUID('62797465-7300-0000-0000-000000000000')
ulong(1152921504606846976): UUID('10000000-0000-0000-0000-000000000000')" ] || { echo "changed" >&2; exit 1; }
