#!/usr/bin/env bash
# deno bundle of Deno 2.9.6, --platform=browser.
#
# A module that runs in browsers imports what only servers need dynamically,
# behind a test: if (isServer) await import("./server.ts"). Bundled into one
# file, the static `import … from "node:tls"` of that server.ts becomes a static
# import of the bundle, without a word. A browser then refuses the whole bundle,
# though the branch never runs; Deno and Node, where one tries it first, do not
# mind. With --code-splitting the import stays in a file of its own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6

cat >main.ts <<'TS'
export async function open(isServer: boolean): Promise<unknown> {
  if (isServer) return (await import("./server.ts")).open();
  return "browser";
}
TS
cat >server.ts <<'TS'
import { connect } from "node:tls";
export function open(): unknown {
  return connect;
}
TS
count() { grep -cE '^import .*from "node:tls"' "$1" || true; }
one=$(node_modules/.bin/deno bundle --quiet --platform=browser --output=one.js main.ts 2>&1)
split=$(node_modules/.bin/deno bundle --quiet --platform=browser --code-splitting --outdir=split main.ts 2>&1)
seen="one file: static imports of node:tls: $(count one.js); said: ${one:-nothing}
split, main.js: $(count split/main.js); said: ${split:-nothing}"
echo "$seen"
[ "$seen" = "one file: static imports of node:tls: 1; said: nothing
split, main.js: 0; said: nothing" ] || { echo "changed" >&2; exit 1; }
