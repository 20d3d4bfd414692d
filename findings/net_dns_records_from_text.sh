#!/usr/bin/env bash
# ruby-net-dns 0.9.1, beside ruby-dnsruby 1.61.5, of Debian 12: records from text.
#
# Words in quotes are one string, and the quotes no part of it (RFC 1035, section 5.1).
# - Of a TXT record in quotes net-dns puts each word into the packet as a string of its
#   own, the first and the last with a quote: to everyone else v=spf1 is "v=spf1 with a
#   quote in front, and the blanks are gone. Without quotes words are right.
# - Of a HINFO record the first string ends at the first blank, within quotes as well.
# - A SRV record from text is an object without port and host; it cannot be written.
# Its inspect shows the text as it was given. dnsruby reads all three well.
set -euo pipefail
for package in ruby-net-dns=0.9.1 ruby-dnsruby=1.61.5; do
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

cat >try.rb <<'RB'
require "dnsruby"
require "net/dns"
# what is in a packet, as dnsruby reads it
def show(packet)
  data = Dnsruby::Message.decode(packet).answer.first.rdata
  data.is_a?(Array) ? data.map { |part| "<#{part}>" }.join(" ") : data
end
def by_net_dns(text) = show([1, 0x8400, 0, 1, 0, 0].pack("n6") + Net::DNS::RR.new(text).data)
def by_dnsruby(text)
  message = Dnsruby::Message.new
  message.add_answer(Dnsruby::RR.create(text))
  show(message.encode)
end
[
  'a. 60 IN TXT word', 'a. 60 IN TXT "word"', 'a. 60 IN TXT "v=spf1 -all"', 'a. 60 IN TXT "one two" "three"', 'a. 60 IN HINFO "PC 7" "OS"', "a. 60 IN SRV 0 5 5060 host.",
].each do |text|
  net = begin
    by_net_dns(text)
  rescue TypeError => error
    error.class
  end
  puts "#{text}: net-dns #{net}, dnsruby #{by_dnsruby(text)}"
end
record = Net::DNS::RR.new("a. 60 IN SRV 0 5 5060 host.")
puts "port #{record.port.inspect}, host #{record.host.inspect}, shown as #{record.inspect.split.join(" ")}"
RB
seen=$(/usr/bin/ruby -W0 try.rb)
echo "$seen"
[ "$seen" = 'a. 60 IN TXT word: net-dns <word>, dnsruby <word>
a. 60 IN TXT "word": net-dns <"word">, dnsruby <word>
a. 60 IN TXT "v=spf1 -all": net-dns <"v=spf1> <-all">, dnsruby <v=spf1 -all>
a. 60 IN TXT "one two" "three": net-dns <"one> <two"> <"three">, dnsruby <one two> <three>
a. 60 IN HINFO "PC 7" "OS": net-dns <PC> <7" "OS>, dnsruby <PC 7> <OS>
a. 60 IN SRV 0 5 5060 host.: net-dns TypeError, dnsruby <0> <5> <5060> <host>
port nil, host nil, shown as a. 60 IN SRV 0 5 5060 host.' ] || { echo "changed" >&2; exit 1; }
