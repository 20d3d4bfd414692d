#!/usr/bin/env bash
# Deno 2.9.6 (Deno.listen and node:net) and Node 24.21.0, on Linux.
#
# A program that wants to restart without a gap removes the file of its unix
# socket, lets the new listener bind there, and closes the old one when its last
# clients have left. The old one then removes the file by its path, which is the
# new one's: that goes on listening, and nobody can reach it any more. It is
# neither asked whether the file is still the one that was made, nor told.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --foreground-scripts=false deno@2.9.6 node@24.21.0

cat >deno.ts <<'TS'
const path = "deno.sock";
const old = Deno.listen({ transport: "unix", path });
Deno.removeSync(path);
const next = Deno.listen({ transport: "unix", path });
const first = (await Deno.stat(path)).ino;
old.close();
const there = await Deno.stat(path).then(({ ino }) => ino === first, () => false);
console.log(`Deno.listen: the successor's file is ${there ? "there" : "gone"}`);
next.close();
TS
cat >net.mjs <<'JS'
import fs from "node:fs";
import net from "node:net";
const path = "net.sock";
const old = net.createServer();
const next = net.createServer();
old.listen(path, () => {
  fs.unlinkSync(path);
  next.listen(path, () => old.close(() => {
    console.log(`node:net: the successor's file is ${fs.existsSync(path) ? "there" : "gone"}`);
    next.close();
  }));
});
JS
seen="Deno
$(node_modules/.bin/deno run -A deno.ts)
$(node_modules/.bin/deno run -A net.mjs)
Node
$(node_modules/.bin/node net.mjs)"
echo "$seen"
[ "$seen" = "Deno
Deno.listen: the successor's file is gone
node:net: the successor's file is gone
Node
node:net: the successor's file is gone" ] || { echo "changed" >&2; exit 1; }
