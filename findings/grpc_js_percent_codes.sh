#!/usr/bin/env bash
# The client of @grpc/grpc-js 1.14.7, beside that of @connectrpc/connect-node 2.2.0,
# with servers of both.
#
# The text of an error travels in `grpc-message`, percent-encoded. The protocol (gRPC
# over HTTP/2, Status-Message) names what a sender may leave as it is, space to "~"
# but "%", and has readers decode whatever is encoded. connect-node encodes what
# encodeURIComponent does; grpc-js decodes what decodeURI does, and that leaves out
# what has a meaning in a URI: ; / ? : @ & = + $ , #. So a client of grpc-js shows
# "a/b: no such file" as "a%2Fb%3A no such file", to people and to programs that
# compare. The other way round, and between two of a kind, all is well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
  @grpc/grpc-js@1.14.7 @connectrpc/connect-node@2.2.0 @connectrpc/connect@2.2.0 @bufbuild/protobuf@2.17.0

cat >try.mjs <<'JS'
import http2 from "node:http2";
import grpc from "@grpc/grpc-js";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import { EmptySchema, file_google_protobuf_empty, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

const text = "a/b: no such file, 100 %";
const empty = ".google.protobuf.Empty";
const description = create(FileDescriptorProtoSchema, {
  name: "files.proto",
  syntax: "proto3",
  dependency: ["google/protobuf/empty.proto"],
  service: [{ name: "Files", method: [{ name: "Open", inputType: empty, outputType: empty }] }],
});
const service = createFileRegistry(description, () => file_google_protobuf_empty).getService("Files");

const open = () => {
  throw new ConnectError(text, Code.NotFound);
};
const ofConnect = http2.createServer(connectNodeAdapter({ routes: (router) => router.service(service, { open }) }));
await new Promise((resolve) => ofConnect.listen(0, "127.0.0.1", resolve));

const ofGrpc = new grpc.Server();
const bytes = { requestSerialize: (b) => b, requestDeserialize: (b) => b, responseSerialize: (b) => b, responseDeserialize: (b) => b };
ofGrpc.addService(
  { Open: { path: "/Files/Open", requestStream: false, responseStream: false, ...bytes } },
  { Open: (_call, reply) => reply({ code: grpc.status.NOT_FOUND, details: text }) },
);
const credentials = grpc.ServerCredentials.createInsecure();
const port = await new Promise((resolve) => ofGrpc.bindAsync("127.0.0.1:0", credentials, (_, port) => resolve(port)));

for (const [server, address] of [["connect-node", ofConnect.address().port], ["grpc-js", port]]) {
  const client = new grpc.Client(`127.0.0.1:${address}`, grpc.credentials.createInsecure());
  const seen = await new Promise((resolve) => {
    client.makeUnaryRequest("/Files/Open", (b) => b, (b) => b, Buffer.alloc(0), (error) => resolve(error.details));
  });
  console.log(`server ${server}, client grpc-js: ${seen}`);
  const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${address}` });
  const error = await createClient(service, transport).open(create(EmptySchema)).catch((error) => error);
  console.log(`server ${server}, client connect-node: ${error.rawMessage}`);
}
process.exit();
JS
seen=$(timeout 30 node try.mjs)
echo "$seen"
[ "$seen" = "server connect-node, client grpc-js: a%2Fb%3A no such file%2C 100 %
server connect-node, client connect-node: a/b: no such file, 100 %
server grpc-js, client grpc-js: a/b: no such file, 100 %
server grpc-js, client connect-node: a/b: no such file, 100 %" ] || { echo "changed" >&2; exit 1; }
