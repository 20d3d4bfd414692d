#!/usr/bin/env bash
# parse-multipart-data 1.5.0 and lambda-multipart-parser 1.0.1, on multipart/form-data.
#
# - parse-multipart-data takes the first parameter of Content-Disposition for the name of
#   the field and the second for that of the file, whatever they are called: with
#   `filename` in front of `name` (their order is free) the field is called as the file,
#   and the file has no name. With a ";" or "=" within the quotes it throws a SyntaxError,
#   and the whole body is lost with it.
# - lambda-multipart-parser leaves out files without bytes, as if they had not been sent.
# busboy 1.6.0 has the names and the empty file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund parse-multipart-data@1.5.0 lambda-multipart-parser@1.0.1 busboy@1.6.0

cat >try.cjs <<'JS'
const busboy = require("busboy");
const lambda = require("lambda-multipart-parser");
const multipart = require("parse-multipart-data");
const boundary = "boundary";
const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
const parsers = {
  "parse-multipart-data": (body) => multipart.parse(body, boundary).map(({ name, filename, data }) => [name, filename, data.length]),
  "lambda-multipart-parser": async (body) =>
    (await lambda.parse({ headers, body: body.toString("base64"), isBase64Encoded: true })).files.map(({ fieldname, filename, content }) => [fieldname, filename, content.length]),
  busboy: (body) =>
    new Promise((resolve, reject) => {
      const files = [];
      const parser = busboy({ headers });
      parser.on("file", (name, stream, { filename }) => stream.toArray().then((chunks) => files.push([name, filename, Buffer.concat(chunks).length])));
      parser.on("close", () => setImmediate(() => resolve(files))).on("error", reject).end(body);
    }),
};
async function run() {
  for (const [parameters, content] of [['name="up"; filename="a.txt"', "text"], ['filename="a.txt"; name="up"', "text"], ['name="up"; filename="a;b.txt"', "text"], ['name="up"; filename="empty.txt"', ""]]) {
    const body = Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${parameters}\r\nContent-Type: text/plain\r\n\r\n${content}\r\n--${boundary}--\r\n`);
    console.log(`${parameters}, ${content.length} bytes:`);
    for (const [name, parse] of Object.entries(parsers)) {
      try {
        console.log(`  ${name} ${JSON.stringify(await parse(body))}`);
      } catch (error) {
        console.log(`  ${name} ${error.name}`);
      }
    }
  }
}
run();
JS
seen=$(node try.cjs)
echo "$seen"
[ "$seen" = 'name="up"; filename="a.txt", 4 bytes:
  parse-multipart-data [["up","a.txt",4]]
  lambda-multipart-parser [["up","a.txt",4]]
  busboy [["up","a.txt",4]]
filename="a.txt"; name="up", 4 bytes:
  parse-multipart-data [["a.txt",null,4]]
  lambda-multipart-parser [["up","a.txt",4]]
  busboy [["up","a.txt",4]]
name="up"; filename="a;b.txt", 4 bytes:
  parse-multipart-data SyntaxError
  lambda-multipart-parser [["up","a;b.txt",4]]
  busboy [["up","a;b.txt",4]]
name="up"; filename="empty.txt", 0 bytes:
  parse-multipart-data [["up","empty.txt",0]]
  lambda-multipart-parser []
  busboy [["up","empty.txt",0]]' ] || { echo "changed" >&2; exit 1; }
