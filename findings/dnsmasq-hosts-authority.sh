#!/usr/bin/env bash
# dnsmasq claims authority over whatever stands in a hosts file, with a time to live of 0, and only for that one type of record.
#
# It is asked here for a name that a hosts file gives an IPv4 address. It has no zone, no auth-server setting and nobody to
# forward to. The A answer has the flag aa, as that of a real authoritative server, and TTL 0. Of the same name it answers
# REFUSED to AAAA, MX, NS and SOA: it doesn't say that there is none.
#
# What it means for a release bot: the flag aa does not show that a record is published. A line in a hosts file, left from
# trying a new server before its name moves, passes "the server has authority, gives this address, TTL at most 300". So name
# servers are to be found through the zone's NS records, not taken from the machine's resolver. And REFUSED to AAAA beside an
# answer to A is not "no IPv6 address".
#
# Debian 12, dnsmasq 2.90; drill of ldnsutils 1.8.3 asks. Needs bash, apt-get and dpkg. Exits with 1 if it behaves otherwise.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq dnsmasq-base=2.90-4~deb12u2 ldnsutils=1.8.3-1+b1 libldns3=1.8.3-1+b1 libpcap0.8 libdbus-1-3 libnftables1 \
	libnetfilter-conntrack3 libnfnetlink0 libnftnl11 libmnl0 libjansson4 libxtables12 >apt.log 2>&1 || { cat apt.log; exit 2; }
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu
root/usr/sbin/dnsmasq --version | sed -n 1p

echo '192.0.2.5 shop.example' >hosts
port=$((20000 + RANDOM % 20000))
root/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/dev/null --port=$port --listen-address=127.0.0.1 --bind-interfaces \
	--no-resolv --no-hosts --addn-hosts="$work/hosts" --user="$(id -un)" --pid-file= --log-facility="$work/log" &
server=$!

# ask TYPE prints the code, the flags and the answers with their time to live.
ask() {
	root/usr/bin/drill -p "$port" @127.0.0.1 shop.example "$1" >reply 2>&1 || return 1
	sed -n 's/.*rcode: \([A-Z]*\),.*/\1/p; s/^;; flags: \(.*[a-z]\) *;.*/\1/p' reply | tr '\n' ' '
	awk '$1 == "shop.example." && $3 == "IN" { printf "%s TTL %s %s", $4, $2, $5 }' reply
}
for _ in $(seq 50); do
	ask A >/dev/null && break
	sleep 0.1
done

changed=0
expect() {
	local got
	got=$(ask "$1" | sed 's/ *$//')
	echo "$1: $got"
	[[ $got == "$2" ]] || { echo "  was: $2"; changed=1; }
}
expect A 'NOERROR qr aa rd ra A TTL 0 192.0.2.5'
for type in AAAA MX NS SOA; do expect $type 'REFUSED qr rd ra'; done
exit $changed
