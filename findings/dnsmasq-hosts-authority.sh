#!/usr/bin/env bash
# dnsmasq claims authority for every name in a hosts file, with a TTL of 0, but only for that one record type.
#
# Here it is asked for a name to which a hosts file gives an IPv4 address. It has no zone, no auth-server setting and no
# upstream server. The A response has the flag aa, like that of a real authoritative server, and a TTL of 0. For AAAA, MX,
# NS and SOA of the same name the response is REFUSED, not an empty answer.
#
# For a release bot, the flag aa doesn't prove that a record is published. A line in a hosts file, left over from testing a
# new server before DNS points to it, passes "the server is authoritative, returns this address, TTL at most 300". So find
# name servers through the zone's NS records, not through the machine's resolver. And REFUSED for AAAA next to an answer for
# A doesn't mean "no IPv6 address".
#
# Debian 12, dnsmasq 2.90, queried with drill of ldnsutils 1.8.3. Needs bash, apt-get and dpkg. Exits with 1 if it behaves
# differently.
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
