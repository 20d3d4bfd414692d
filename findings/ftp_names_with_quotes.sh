#!/usr/bin/env bash
# basic-ftp 6.2.6 (npm), Net::FTP of perl 5.36.0, php-cli 8.2 and tcllib 1.21 of Debian 12,
# beside the FTP clients of Python and Ruby: the answer 257 to PWD.
#
# A quote within the name is sent twice, the name ends at the first that stands alone, and
# any text may follow (RFC 959, appendix II).
# - basic-ftp, Net::FTP and PHP take all up to the last quote of the line for the name, so
#   also a comment that has quotes. basic-ftp and PHP leave doubled ones in the name as well.
# - tcllib has what is between the last two quotes: b of a"b, or a word of the comment.
# None says anything, though the folder that they name is not there.
set -euo pipefail
for package in perl=5.36.0 php-cli=2:8.2 tcllib=1.21 ruby3.1=3.1; do
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
npm init -y >/dev/null
npm install --silent --no-audit --no-fund basic-ftp@6.2.6

cat >try.tcl <<'TCL'
package require ftp
set connection [ftp::Open 127.0.0.1 user password -port [lindex $argv 0] -mode passive]
puts -nonewline [ftp::Pwd $connection]
ftp::Close $connection
TCL
cat >try.mjs <<'JS'
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Client } from "basic-ftp";
const answers = ['257 "/a""b"', '257 "/a" is the "current" folder'];
const others = {
  Python: ["/usr/bin/python3", "-c", "import ftplib, sys; ftp = ftplib.FTP(); ftp.connect('127.0.0.1', int(sys.argv[1])); ftp.login('user', 'password'); print(ftp.pwd(), end='')"],
  Ruby: ["/usr/bin/ruby3.1", "-rnet/ftp", "-e", "ftp = Net::FTP.new; ftp.connect('127.0.0.1', ARGV[0].to_i); ftp.login('user', 'password'); print ftp.pwd"],
  "Net::FTP": ["/usr/bin/perl", "-MNet::FTP", "-e", "my $ftp = Net::FTP->new('127.0.0.1', Port => $ARGV[0]); $ftp->login('user', 'password'); print $ftp->pwd"],
  PHP: ["/usr/bin/php", "-r", "$ftp = ftp_connect('127.0.0.1', (int) $argv[1]); ftp_login($ftp, 'user', 'password'); echo ftp_pwd($ftp);", "--"],
  tcllib: ["/usr/bin/tclsh", "try.tcl"],
};
for (const answer of answers) {
  const server = createServer((socket) => {
    const known = { PASS: "230 in", PWD: answer, QUIT: "221 bye", USER: "331 password", XPWD: answer };
    socket.on("error", () => {});
    socket.write("220 ready\r\n");
    createInterface({ input: socket }).on("line", (line) => socket.write(`${known[line.split(" ")[0]] ?? "200 ok"}\r\n`));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const client = new Client();
  await client.access({ host: "127.0.0.1", port, user: "user", password: "password" });
  const found = { "basic-ftp": await client.pwd() };
  client.close();
  for (const [name, [command, ...args]] of Object.entries(others)) {
    found[name] = (await promisify(execFile)(command, [...args, String(port)])).stdout;
  }
  console.log(answer);
  for (const [name, folder] of Object.entries(found)) console.log(`  ${name}: ${folder}`);
  server.close();
}
process.exit();
JS
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = '257 "/a""b"
  basic-ftp: /a""b
  Python: /a"b
  Ruby: /a"b
  Net::FTP: /a"b
  PHP: /a""b
  tcllib: b
257 "/a" is the "current" folder
  basic-ftp: /a" is the "current
  Python: /a
  Ruby: /a
  Net::FTP: /a" is the "current
  PHP: /a" is the "current
  tcllib: current' ] || { echo "changed" >&2; exit 1; }
