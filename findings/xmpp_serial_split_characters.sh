#!/usr/bin/env bash
# @xmpp/client 0.14.0 over TCP, and @serialport/parser-regex 13.0.0.
#
# What a sender writes at once may be read in two pieces, cut anywhere, also within
# a character of UTF-8. The client of XMPP (RFC 6120 has all of it in UTF-8) makes a
# string of each piece on its own: "café", cut behind the first byte of the é,
# arrives as "caf" and two times U+FFFD, as do names and whatever else is beyond
# ASCII. On loopback, where small stanzas come whole, that never shows. The parser
# for serial lines, where pieces are short, does the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @xmpp/client@0.14.0 @serialport/parser-regex@13.0.0

cat >try.mjs <<'JS'
import net from "node:net";
import { once } from "node:events";
import { RegexParser } from "@serialport/parser-regex";
import { client } from "@xmpp/client";
const streams = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
const open = `<?xml version='1.0'?><stream:stream ${streams} id='1' from='localhost' version='1.0'><stream:features/>`;
const message = Buffer.from("<message from='ann@localhost'><body>café</body></message>");

async function receive(cut) {
  const server = net.createServer(async (socket) => {
    socket.setNoDelay(true).on("error", () => {});
    await once(socket, "data");
    socket.write(open);
    await isOpen;
    if (cut > 0) {
      const hasPiece = once(xmpp.socket, "data");
      socket.write(message.subarray(0, cut));
      await hasPiece;
    }
    socket.write(message.subarray(cut));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const xmpp = client({ service: `xmpp://127.0.0.1:${server.address().port}`, domain: "localhost", username: "bob", password: "x" });
  const isOpen = new Promise((resolve) => xmpp.on("element", resolve));
  const text = new Promise((resolve) => xmpp.on("element", (element) => element.is("message") && resolve(element.getChildText("body"))));
  xmpp.on("error", () => {});
  xmpp.start().catch(() => {});
  return await text;
}
const behindFirstByte = message.indexOf(0xc3) + 1;
console.log(`XMPP, in one piece: ${await receive(0)}, in two: ${await receive(behindFirstByte)}`);

async function parse(...pieces) {
  const parser = new RegexParser({ regex: /\r\n/ });
  for (const piece of pieces) parser.write(piece);
  return (await once(parser, "data"))[0];
}
const line = Buffer.from("café\r\n");
console.log(`serial, in one piece: ${await parse(line)}, in two: ${await parse(line.subarray(0, 4), line.subarray(4))}`);
process.exit();
JS
seen=$(timeout 30 node try.mjs)
echo "$seen"
[ "$seen" = "XMPP, in one piece: café, in two: caf��
serial, in one piece: café, in two: caf��" ] || { echo "changed" >&2; exit 1; }
