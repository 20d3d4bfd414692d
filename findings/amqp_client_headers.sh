#!/usr/bin/env bash
# @cloudamqp/amqp-client 4.1.1, beside amqplib 2.3.1: headers of messages.
#
# The headers of a message are a table of typed values, and "I" is a signed integer of 32
# bits (RabbitMQ's "AMQP 0-9-1 Errata", table of field types). amqp-client writes each
# whole number below 2^32 as one: 3000000000, the size of a file or a time in seconds
# behind January 2038, arrives as -1294967296. A whole number beyond 64 bits keeps what is
# left modulo 2^64, though the table has doubles: 1e20 is 7766279631452242000. Whoever
# reads, amqp-client itself too, has these numbers, and no error. What amqplib writes
# arrives.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @cloudamqp/amqp-client@4.1.1 amqplib@2.3.1

cat >try.cjs <<'JS'
// Both packages keep what writes a table to themselves.
const { AMQPView } = require(`${process.cwd()}/node_modules/@cloudamqp/amqp-client/lib/cjs/amqp-view.js`);
const codec = require(`${process.cwd()}/node_modules/amqplib/lib/codec.js`);
for (const size of [2000000000, 3000000000, 5000000000, 1e20]) {
  const bytes = Buffer.alloc(100);
  const view = new AMQPView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = (end) => `${view.getTable(0)[0].size} and ${codec.decodeFields(bytes.subarray(4, end)).size}`;
  const byClient = read(view.setTable(0, { size }));
  const byAmqplib = read(codec.encodeTable(bytes, { size }, 0));
  console.log(`${size}: written by amqp-client ${byClient}, by amqplib ${byAmqplib}`);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = "2000000000: written by amqp-client 2000000000 and 2000000000, by amqplib 2000000000 and 2000000000
3000000000: written by amqp-client -1294967296 and -1294967296, by amqplib 3000000000 and 3000000000
5000000000: written by amqp-client 5000000000 and 5000000000, by amqplib 5000000000 and 5000000000
100000000000000000000: written by amqp-client 7766279631452242000 and 7766279631452242000, by amqplib 100000000000000000000 and 100000000000000000000" ] || { echo "changed" >&2; exit 1; }
