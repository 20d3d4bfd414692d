#!/usr/bin/env bash
# erlang_js 2.0.7, beside Erlang 25 of Debian 12 (External Term Format).
#
# A number without a fraction it writes as an integer, and of one that does not fit into
# four bytes it writes the last four: what was read comes back modulo 2^32. The float
# 1.0e10 is 1410065408 to Erlang, and 1.0e300 is 0. Milliseconds since 1970 are such
# numbers. Nothing throws, and what is read is right.
set -euo pipefail
name=erlang-base version=1:25.2
found=$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)
if [[ $found != "$version"* ]]; then
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install "$name" >/dev/null
  found=$(dpkg-query -W -f '${Version}' "$name")
  [[ $found == "$version"* ]] || { echo "$name is $found, expected $version" >&2; exit 1; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund erlang_js@2.0.7

cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import erlang from "erlang_js";
const { binary_to_term: read, term_to_binary: write } = erlang.Erlang;
const promise = (ask, value) => new Promise((resolve, reject) => ask(value, (error, result) => (error ? reject(error) : resolve(result))));
for (const hex of readFileSync(0, "utf8").trim().split("\n")) {
  console.log((await promise(write, await promise(read, Buffer.from(hex, "hex")))).toString("hex"));
}
JS
cat >write.escript <<'ERL'
#!/usr/bin/env escript
main(_) ->
  Values = [(1 bsl 32) - 1, (1 bsl 32) + 5, 1796000000000, -(1 bsl 40), 1.5, 1.0e10, 1.0e300],
  [io:format("~s~n", [[io_lib:format("~2.16.0b", [Byte]) || <<Byte>> <= term_to_binary(Value)]]) || Value <- Values].
ERL
cat >read.escript <<'ERL'
#!/usr/bin/env escript
main(_) ->
  case io:get_line("") of
    eof -> ok;
    Line -> io:format("~p~n", [binary_to_term(<<(list_to_integer(string:trim(Line), 16)):(length(string:trim(Line)) * 4)>>)]), main([])
  end.
ERL
escript write.escript >written
seen=$(paste -d ' ' <(escript read.escript <written) <(node try.mjs <written | escript read.escript) | sed 's/ / comes back as /')
echo "$seen"
[ "$seen" = "4294967295 comes back as 4294967295
4294967301 comes back as 5
1796000000000 comes back as 703670272
-1099511627776 comes back as 0
1.5 comes back as 1.5
1.0e10 comes back as 1410065408
1.0e300 comes back as 0" ] || { echo "changed" >&2; exit 1; }
