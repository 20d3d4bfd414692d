#!/usr/bin/env bash
# thrift 0.24.0 (the library for Node), TCompactProtocol.
#
# A bool that is a field of a struct is part of the field's header; in a list, a set or
# a map it is a byte, 1 for true and 2 for false (compact protocol, "Boolean encoding").
# The library writes those bytes and cannot read them: each is false, also the ones that
# it wrote itself, and nothing throws. Fields are read well, and with TBinaryProtocol
# lists are too: it shows when a service changes from one protocol to the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund thrift@0.24.0

cat >try.cjs <<'JS'
const { TBinaryProtocol, TCompactProtocol, TFramedTransport, Thrift } = require("thrift");
const { BOOL, STRUCT, STRING } = Thrift.Type;
for (const Protocol of [TBinaryProtocol, TCompactProtocol]) {
  let bytes;
  const transport = new TFramedTransport(null, (written) => (bytes = written));
  const writer = new Protocol(transport);
  writer.writeStructBegin("");
  writer.writeFieldBegin("field", BOOL, 1);
  writer.writeBool(true);
  writer.writeFieldEnd();
  writer.writeFieldStop();
  writer.writeListBegin(BOOL, 3);
  for (const value of [true, false, true]) writer.writeBool(value);
  writer.writeMapBegin(STRING, BOOL, 1);
  writer.writeString("key");
  writer.writeBool(true);
  transport.flush();

  TFramedTransport.receiver((received) => {
    const reader = new Protocol(received);
    reader.readStructBegin();
    reader.readFieldBegin();
    const field = reader.readBool();
    reader.readFieldEnd();
    reader.readFieldBegin();
    reader.readStructEnd();
    const list = Array.from({ length: reader.readListBegin().size }, () => reader.readBool());
    reader.readMapBegin();
    const map = { [reader.readString()]: reader.readBool() };
    const last = Protocol === TCompactProtocol ? `, bytes of the list ${bytes.toString("hex").match(/31(......)/)[1]}` : "";
    console.log(`${Protocol.name}: field ${field}, list ${list}, map ${JSON.stringify(map)}${last}`);
  })(bytes);
}
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'TBinaryProtocol: field true, list true,false,true, map {"key":true}
TCompactProtocol: field true, list false,false,false, map {"key":false}, bytes of the list 010201' ] || { echo "changed" >&2; exit 1; }
