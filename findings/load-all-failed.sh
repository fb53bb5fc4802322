#!/usr/bin/env bash
# Five load generators exit with 0 although not one request succeeded, and their
# latencies then look excellent. autocannon even counts no error if the server closes
# every connection without an answer.
#
# One would expect an exit code or at least a count of errors. 40 requests each:
#
#                     nothing listens           every answer is 500     every connection is cut
#   autocannon 8.0.0  errors 40, p97.5 = 0      non2xx 40               errors 0, non2xx 0, p97.5 = 0
#   loadtest 8.2.0    40 errors, 95 % in 8 ms   40 errors of code -1    40 errors, 95 % in 6 ms
#   hey 0.1.4         average NaN               [500] 40 responses      average NaN
#   bombardier 1.2.6  others 40, p95 = 0.3 ms   req5xx 40               others 40, p95 of some ms
#   vegeta 12.12.0    success 0, p95 = 0.9 ms   success 0               success 0, p95 = 1.9 ms
#
# In autocannon's report of cut connections only "2xx": 0 beside "requests.sent": 40
# shows that something was wrong.
#
# A release bot that reads "p95 < 3s" out of such a report, or trusts the exit code,
# passes a site that is down. It must ask for the number of good answers, too, and
# compare it with the number of requests that were meant.
#
# Needs Go and its module proxy, Node and npm. Takes one minute. Fails when a version
# behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund autocannon@8.0.0 loadtest@8.2.0
export GOFLAGS=-mod=mod GOBIN=$dir
go install github.com/rakyll/hey@v0.1.4
go install github.com/codesenberg/bombardier@v1.2.6
go install github.com/tsenart/vegeta/v12@v12.12.0

cat >server.js <<'JS'
const http = require('http');
const answer = { '/500': (q, s) => { s.statusCode = 500; s.end('x'); }, '/cut': (q) => q.socket.destroy() };
const server = http.createServer((q, s) => answer[q.url](q, s));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
JS
mkfifo listening
node server.js >listening &
server=$!
read -r port <listening
# A port on which nothing listens: one that was free a moment ago.
closed=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')

failed=0
# expect WHAT WANT GOT compares one figure.
expect() {
	printf '%-34s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
# exits COMMAND… runs a tool with its output in the file log, and prints its exit code.
exits() {
	local code=0
	"$@" >log 2>err || code=$?
	echo "$code"
}
field() { node -e 'const j = JSON.parse(require("fs").readFileSync("log")); console.log(eval("j." + process.argv[1]))' "$1"; }

for kind in closed 500 cut; do
	url=http://127.0.0.1:$port/$kind
	[ "$kind" != closed ] || url=http://127.0.0.1:$closed/
	expect "autocannon, $kind: exit" 0 "$(exits npx autocannon -c 2 -a 40 -j "$url")"
	expect "autocannon, $kind: errors" "$([ "$kind" = closed ] && echo 40 || echo 0)" "$(field errors)"
	expect "autocannon, $kind: non2xx" "$([ "$kind" = 500 ] && echo 40 || echo 0)" "$(field non2xx)"
	[ "$kind" = 500 ] || expect "autocannon, $kind: p97_5" 0 "$(field latency.p97_5)"
	expect "autocannon, $kind: 2xx" 0 "$(node -e 'console.log(JSON.parse(require("fs").readFileSync("log"))["2xx"])')"
	expect "loadtest, $kind: exit" 0 "$(exits npx loadtest -c 2 -n 40 "$url")"
	expect "loadtest, $kind: errors" 1 "$(grep -cE '^ +-1: +40 errors' log)"
	expect "hey, $kind: exit" 0 "$(exits ./hey -c 2 -n 40 "$url")"
	[ "$kind" = 500 ] || expect "hey, $kind: average NaN" 1 "$(grep -cE 'Average:.*NaN' log)"
	expect "bombardier, $kind: exit" 0 "$(exits ./bombardier -c 2 -n 40 -l -p r -o json "$url")"
	expect "bombardier, $kind: good" 0 "$(field result.req2xx)"
	expect "bombardier, $kind: p95 under 3 s" true "$(field 'result.latency.percentiles["95"] < 3e6')"
	expect "vegeta, $kind: exit" 0 "$(exits sh -c "echo GET $url | ./vegeta attack -rate 20 -duration 2s | ./vegeta report -type json")"
	expect "vegeta, $kind: success" 0 "$(field success)"
	expect "vegeta, $kind: p95 under 3 s" true "$(field 'latencies["95th"] < 3e9')"
done
exit "$failed"
