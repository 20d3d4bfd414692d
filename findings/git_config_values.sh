#!/usr/bin/env bash
# parse-git-config 3.0.0, git-config 0.0.7 and gitconfiglocal 2.1.0 (npm), python3-git
# 3.1.30, python3-dulwich 0.21.2 and libconfig-gitlike-perl 1.18 of Debian 12: values of a
# git configuration file, beside git itself.
#
# git-config(1): a value may have quotes in any part, the escapes are \" \\ \n \t \b, a
# backslash at the end of the line continues it, and # and ; begin a comment.
# - Of the npm readers none knows escapes or continued lines in full; git-config keeps
#   comments in the value. Of a key with several values all three have the last one.
# - GitPython takes a value with a quote, and another quote in its comment, for one of
#   several lines: it has all lines up to the next quote in it, and so no email.
# - Config::GitLike keeps what is behind a semicolon that follows a letter, and one blank
#   of those before a continued line. dulwich reads all as git does.
set -euo pipefail
for package in git=1:2.39.5 python3-git=3.1.30 python3-dulwich=0.21.2 libconfig-gitlike-perl=1.18; do
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
npm install --silent --no-audit --no-fund parse-git-config@3.0.0 git-config@0.0.7 gitconfiglocal@2.1.0

cat >config <<'CFG'
[core]
	pager = "less -R" # for "raw" colours
	name = a\tb
	path = "C:\\work" ; a folder
	long = one  \
two
	list = a;b
[user]
	email = user@example.org
	note = "end"
	many = 1
	many = 2
CFG
cat >try.py <<'PY'
import json
from dulwich.config import ConfigFile
from git.config import GitConfigParser
def tell(name, values):
    print(name, json.dumps(values))
byGit = GitConfigParser("config", read_only=True)
tell("GitPython", {f"{s}.{k}": v for s in byGit.sections() for k in byGit.options(s) if k != "__name__" for v in byGit.get_values(s, k)})
byDulwich = ConfigFile.from_path("config")
tell("dulwich", {f"{s[0].decode()}.{k.decode()}": v.decode() for s in byDulwich.sections() for k, v in byDulwich.items(s)})
PY
cat >try.pl <<'PL'
use Config::GitLike;
use JSON::PP;
print "Config::GitLike ", JSON::PP->new->canonical->encode(Config::GitLike->load_file("config")), "\n";
PL
cat >try.cjs <<'JS'
const { execFileSync } = require("node:child_process");
const { copyFileSync, mkdirSync } = require("node:fs");
const flat = (sections) => Object.fromEntries(Object.entries(sections).flatMap(([section, values]) => Object.entries(values).map(([key, value]) => [`${section}.${key}`, value])));
const tell = (name, values) => console.log(name, JSON.stringify(values));
const lines = execFileSync("git", ["config", "-f", "config", "-z", "-l"]).toString().split("\0").slice(0, -1);
tell("git", Object.fromEntries(lines.map((line) => line.split("\n"))));
tell("parse-git-config", flat(require("parse-git-config").sync({ cwd: process.cwd(), path: "config" })));
tell("git-config", flat(require("git-config").sync("config")));
mkdirSync(".git");
copyFileSync("config", ".git/config");
require("gitconfiglocal")(process.cwd(), (error, values) => tell("gitconfiglocal", error || flat(values)));
JS
seen=$(node try.cjs && /usr/bin/python3 try.py && /usr/bin/perl try.pl)
echo "$seen"
[ "$seen" = 'git {"core.pager":"less -R","core.name":"a\tb","core.path":"C:\\work","core.long":"one  two","core.list":"a","user.email":"user@example.org","user.note":"end","user.many":"2"}
parse-git-config {"core.pager":"\"less -R\"","core.name":"a\\tb","core.path":"\"C:\\work\"","core.long":"one  \\","core.two":true,"core.list":"a","user.email":"user@example.org","user.note":"end","user.many":"2"}
git-config {"core.pager":"\"less -R\" # for \"raw\" colours","core.name":"a\\tb","core.path":"\"C:\\\\work\" ; a folder","core.long":"one  \\","core.list":"a;b","user.email":"user@example.org","user.note":"\"end\"","user.many":"2"}
gitconfiglocal {"core.pager":"\"less -R\"","core.name":"a\\tb","core.path":"\"C:\\work\"","core.long":"one  \\","core.two":true,"core.list":"a","user.email":"user@example.org","user.note":"end","user.many":"2"}
GitPython {"core.pager": "less -R\" # for \"raw\" colours\tname = a\tb\tpath = \"C:\\work\" ; a folder\tlong = one  two\tlist = a;b[user]\temail = user@example.org\tnote = \"end", "core.many": 2}
dulwich {"core.pager": "less -R", "core.name": "a\tb", "core.path": "C:\\work", "core.long": "one  two", "core.list": "a", "user.email": "user@example.org", "user.note": "end", "user.many": "2"}
Config::GitLike {"core.list":"a;b","core.long":"one two","core.name":"a\tb","core.pager":"less -R","core.path":"C:\\work","user.email":"user@example.org","user.many":["1","2"],"user.note":"end"}' ] || { echo "changed" >&2; exit 1; }
