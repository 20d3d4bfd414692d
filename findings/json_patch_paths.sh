#!/usr/bin/env bash
# just-diff 6.0.2, its differences applied by fast-json-patch 3.1.1 and rfc6902 5.4.0.
#
# With jsonPatchPathConverter, "format as http://jsonpatch.com", just-diff writes a JSON
# Patch. There a path has "~1" for a slash and "~0" for a tilde within a name (RFC 6901,
# section 3); just-diff writes names as they are. Of a change to a name with a slash or a
# tilde, that to another place arises where there is one, and an error else: the media
# types of an OpenAPI document are such names. Patches of the other two go either way.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund just-diff@6.0.2 fast-json-patch@3.1.1 rfc6902@5.4.0

cat >try.mjs <<'JS'
import patch from "fast-json-patch";
import { diff, jsonPatchPathConverter } from "just-diff";
import { applyPatch, createPatch } from "rfc6902";
const writers = { "just-diff": (from, to) => diff(from, to, jsonPatchPathConverter), "fast-json-patch": patch.compare, rfc6902: createPatch };
const readers = {
  "fast-json-patch": (from, changes) => patch.applyPatch(structuredClone(from), changes).newDocument,
  rfc6902: (from, changes) => {
    const copy = structuredClone(from);
    const [error] = applyPatch(copy, changes).filter(Boolean);
    if (error) throw error;
    return copy;
  },
};
for (const [from, to] of [[{ a: { b: 1 }, "a/b": 2 }, { a: { b: 1 }, "a/b": 3 }], [{ "/": 1, "~1": 2 }, { "/": 1, "~1": 3 }], [{ "text/plain": 1 }, { "text/plain": 2 }]]) {
  for (const [writer, write] of Object.entries(writers)) {
    const changes = write(from, to);
    const results = Object.entries(readers).map(([reader, read]) => {
      try {
        return `${reader} ${JSON.stringify(read(from, structuredClone(changes)))}`;
      } catch (error) {
        return `${reader} ${error.name}`;
      }
    });
    console.log(`${JSON.stringify(from)}, ${writer} ${changes[0].path}: ${results.join(", ")}`);
  }
}
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '{"a":{"b":1},"a/b":2}, just-diff /a/b: fast-json-patch {"a":{"b":3},"a/b":2}, rfc6902 {"a":{"b":3},"a/b":2}
{"a":{"b":1},"a/b":2}, fast-json-patch /a~1b: fast-json-patch {"a":{"b":1},"a/b":3}, rfc6902 {"a":{"b":1},"a/b":3}
{"a":{"b":1},"a/b":2}, rfc6902 /a~1b: fast-json-patch {"a":{"b":1},"a/b":3}, rfc6902 {"a":{"b":1},"a/b":3}
{"/":1,"~1":2}, just-diff /~1: fast-json-patch {"/":3,"~1":2}, rfc6902 {"/":3,"~1":2}
{"/":1,"~1":2}, fast-json-patch /~01: fast-json-patch {"/":1,"~1":3}, rfc6902 {"/":1,"~1":3}
{"/":1,"~1":2}, rfc6902 /~01: fast-json-patch {"/":1,"~1":3}, rfc6902 {"/":1,"~1":3}
{"text/plain":1}, just-diff /text/plain: fast-json-patch TypeError, rfc6902 MissingError
{"text/plain":1}, fast-json-patch /text~1plain: fast-json-patch {"text/plain":2}, rfc6902 {"text/plain":2}
{"text/plain":1}, rfc6902 /text~1plain: fast-json-patch {"text/plain":2}, rfc6902 {"text/plain":2}' ] || { echo "changed" >&2; exit 1; }
