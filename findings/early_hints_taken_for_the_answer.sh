#!/usr/bin/env bash
# axel 2.17.11, lftp 4.9.2, wget of BusyBox 1.35.0, HTTPie 3.2.1, httplib2 0.20.4,
# libwww-perl 6.68, LuaSocket 3.1.0, HTTPClient 2.8.3 (Ruby): all of Debian 12.
#
# In front of an answer may stand others of the class 1xx, as 103 with links to load
# early, and 102. "A client MUST be able to parse one or more 1xx responses received
# prior to a final response, even if the client does not expect one" (RFC 9110, section
# 15.2). Each of these takes the first for the answer (lftp only 103). The programs end
# with an error, but for HTTPie: that prints nothing, and its exit status is 0. The
# libraries hand out a 103 without a body, and the answer is never read. They know 100
# alone. curl 7.88.1 and GNU wget 1.21.3 go on to the answer.
set -euo pipefail
for package in axel=2.17.11 lftp=4.9.2 busybox=1:1.35.0 httpie=3.2.1 python3-httplib2=0.20.4 libwww-perl=6.68 lua5.3=5.3.6 lua-socket=3.1.0 ruby-httpclient=2.8.3 curl=7.88.1 wget=1.21.3; do
  name=${package%=*} version=${package#*=}
  found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
  if [[ $found != "$version"* ]]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
    found=$(dpkg-query -W -f '${Version}' "$name")
    [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir axel
cat >try.mjs <<'JS'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
const server = createServer((request, response) => {
  if (request.url === "/103") response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
  if (request.url === "/102") response.writeProcessing();
  response.end("answer");
});
server.keepAliveTimeout = 500;
await once(server.listen(0, "127.0.0.1"), "listening");
const commands = {
  curl: (url) => ["curl", "-sf", url],
  wget: (url) => ["wget", "-qO-", url],
  axel: (url) => ["bash", "-c", `axel -q -n 1 -o axel${new URL(url).pathname} ${url} && cat axel${new URL(url).pathname}`],
  lftp: (url) => ["lftp", "-c", `set net:max-retries 1; cat ${url}`],
  BusyBox: (url) => ["busybox", "wget", "-qO-", url],
  HTTPie: (url) => ["http", "--ignore-stdin", "-b", url],
  httplib2: (url) => ["/usr/bin/python3", "-c", `import httplib2; answer, body = httplib2.Http().request("${url}"); print(answer.status, body.decode())`],
  "libwww-perl": (url) => ["perl", "-MLWP::UserAgent", "-e", `my $answer = LWP::UserAgent->new->get("${url}"); print $answer->code, " ", $answer->content`],
  LuaSocket: (url) => ["lua5.3", "-e", `local body, status = require("socket.http").request("${url}"); print(status, body)`],
  HTTPClient: (url) => ["ruby", "-W0", "-rhttpclient", "-e", `answer = HTTPClient.new.get("${url}"); print answer.status, " ", answer.body`],
};
for (const [name, command] of Object.entries(commands)) {
  const results = await Promise.all(["/plain", "/103", "/102"].map(async (path) => {
    const [program, ...args] = command(`http://127.0.0.1:${server.address().port}${path}`);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (data) => (text += data));
    const [status] = await once(child, "close");
    return `${path} "${text.replace(/\s+/g, " ").trim()}"${status === 0 ? "" : " and an error"}`;
  }));
  console.log(`${name}: ${results.join(", ")}`);
}
process.exit();
JS
seen=$(timeout 150 node try.mjs)
echo "$seen"
[ "$seen" = 'curl: /plain "answer", /103 "answer", /102 "answer"
wget: /plain "answer", /103 "answer", /102 "answer"
axel: /plain "answer", /103 "" and an error, /102 "" and an error
lftp: /plain "answer", /103 "" and an error, /102 "answer"
BusyBox: /plain "answer", /103 "" and an error, /102 "" and an error
HTTPie: /plain "answer", /103 "", /102 ""
httplib2: /plain "200 answer", /103 "103", /102 "102"
libwww-perl: /plain "200 answer", /103 "103", /102 "102"
LuaSocket: /plain "200 answer", /103 "103", /102 "102"
HTTPClient: /plain "200 answer", /103 "103", /102 "102"' ] || { echo "changed" >&2; exit 1; }
