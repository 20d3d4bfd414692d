#!/usr/bin/env bash
# @libp2p/utils 7.4.1 (the streams of js-libp2p 3.3), on Node 24.
#
# `send()` of a stream returns false when it is full, and `onDrain()` is there to
# wait. Its promise is made once and never anew: behind the first `drain` event
# every later onDrain() resolves at once, though the stream says that it is full
# (writableNeedsDrain). A sender that waits by it is held back once in a stream's
# life, and fills memory from then on. The `drain` event itself fires each time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @libp2p/utils@7.4.1 node@24.21.0

cat >try.mjs <<'JS'
import { AbstractMessageStream } from "@libp2p/utils";
const log = Object.assign(() => {}, { trace() {}, error() {}, newScope: () => log });
class FullStream extends AbstractMessageStream {
  sendData() { return { sentBytes: 0, canSendMore: false }; }
  sendPause() {}
  sendResume() {}
  sendReset() {}
}
const stream = new FullStream({ log, direction: "outbound" });
/** Whether a promise is settled when all that is ready has had its turn. */
async function isSettled(promise) {
  let settled = false;
  promise.then(() => settled = true);
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  return settled;
}
for (const round of [1, 2]) {
  stream.send(Uint8Array.of(1));
  const drained = stream.onDrain();
  console.log(`round ${round}: full ${stream.writableNeedsDrain}, resolved ${await isSettled(drained)}`);
  stream.safeDispatchEvent("drain");
  console.log(`round ${round}, behind the event: resolved ${await isSettled(drained)}`);
}
JS
seen=$(node_modules/.bin/node try.mjs)
echo "$seen"
[ "$seen" = "round 1: full true, resolved false
round 1, behind the event: resolved true
round 2: full true, resolved true
round 2, behind the event: resolved true" ] || { echo "changed" >&2; exit 1; }
