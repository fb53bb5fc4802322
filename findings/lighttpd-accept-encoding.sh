#!/usr/bin/env bash
# lighttpd sends gzip to a client that forbids gzip, and responds to HEAD with other headers than to GET.
#
# Its mod_deflate searches Accept-Encoding for the names of encodings and ignores the weights: "gzip;q=0" means "never gzip"
# (RFC 9110, section 12.5.3), but the response has Content-Encoding: gzip. "deflate;q=0, gzip" gets deflate, the one that is
# forbidden. HEAD for the same page has no Content-Encoding and another ETag than GET, although RFC 9110, section 9.3.2 asks
# for the same header fields, or a subset. A range request for a compressed page is ignored: 200 with the whole page.
#
# For a release bot, only the response tells how a body is compressed, never the request. A check that asks for no compression
# and searches the raw bytes for a text fails on a healthy page. Check headers with the method that visitors use: the caching
# headers of HEAD describe another response.
#
# Debian 12, lighttpd 1.4.69. Needs bash, apt-get, dpkg and curl. Exits with 1 if it behaves differently.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq lighttpd=1.4.69-1 lighttpd-mod-deflate=1.4.69-1 libpcre2-8-0 libnettle8 libxxhash0 libbrotli1 libzstd1 >apt.log 2>&1 ||
	{ cat apt.log; exit 2; }
for package in *.deb; do dpkg -x "$package" root; done
libraries=$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu
LD_LIBRARY_PATH=$libraries root/usr/sbin/lighttpd -v

mkdir pages
for n in $(seq 200); do echo "<p>Log in $n</p>"; done >pages/index.html
port=$((20000 + RANDOM % 20000))
cat >lighttpd.conf <<END
server.document-root = "$work/pages"
server.bind = "127.0.0.1"
server.port = $port
server.modules = ("mod_deflate")
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
deflate.mimetypes = ("text/html")
deflate.allowed-encodings = ("deflate", "gzip")
END
LD_LIBRARY_PATH=$libraries root/usr/sbin/lighttpd -D -f lighttpd.conf -m "$work/root/usr/lib/lighttpd" 2>log &
server=$!
for _ in $(seq 50); do
	curl -s -o page "http://127.0.0.1:$port/" && break
	sleep 0.1
done

changed=0
# expect WHAT WANT CURL-ARGUMENTS: the status, the encoding, what the ETag ends with, and how the body begins.
expect() {
	local what=$1 want=$2 got
	shift 2
	curl -s -D raw -o body "$@" "http://127.0.0.1:$port/"
	tr -d '\r' <raw >headers
	got="$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p; s/^Content-Encoding: //p' headers | tr '\n' ' ')$(sed -n 's/^ETag: "[0-9]*-*\(.*\)"$/tag:\1/p' headers)"
	[[ $1 == -I ]] || got+=" $(head -c 2 body | od -An -tx1 | tr -d ' \n')"
	echo "$what: $got"
	[[ $got == "$want" ]] || { echo "  was: $want"; changed=1; }
}
expect 'GET, Accept-Encoding: gzip' '200 gzip tag:gzip 1f8b' -H 'Accept-Encoding: gzip'
expect 'GET, Accept-Encoding: gzip;q=0' '200 gzip tag:gzip 1f8b' -H 'Accept-Encoding: gzip;q=0'
expect 'GET, Accept-Encoding: deflate;q=0, gzip' '200 deflate tag:deflate 789c' -H 'Accept-Encoding: deflate;q=0, gzip'
expect 'GET, Accept-Encoding: *;q=0' '200 tag: 3c70' -H 'Accept-Encoding: *;q=0'
expect 'HEAD, Accept-Encoding: gzip' '200 tag:' -I -H 'Accept-Encoding: gzip'
expect 'GET, bytes 0 to 9, Accept-Encoding: gzip' '200 gzip tag:gzip 1f8b' -r 0-9 -H 'Accept-Encoding: gzip'
exit $changed
