#!/usr/bin/env bash
# The same histogram from a Node and a Python server: Prometheus stores one bucket
# as le="5" and as le="5.0", so "requests served within 5 s" counts half of them.
#
# Both servers have buckets of 1 and 5 seconds. Node's prom-client 15.1.3 exposes
# le="5", Python's prometheus_client 0.16.0 le="5.0". One would expect Prometheus to
# parse the bound and store one spelling, but 2.42 stores both as they are. All 20
# requests took 2 s, and
#
#   sum(shop_seconds_bucket{le="5"}) / sum(shop_seconds_count)     0.5
#   the same with le="5.0"                                         0.5
#   histogram_quantile(0.99, sum by (le) (shop_seconds_bucket))    under 5
#
# histogram_quantile does parse the bounds, and adds the two buckets.
#
# A release bot that watches "95 % within 5 s" by the bucket rolls back a release in
# which a service was rewritten in another language, or passes it unchecked because
# the query returns no data. Use a quantile, or match le=~"5([.]0)?".
#
# Needs Node, npm, Python 3 and apt-get; Debian 12. Takes half a minute. Fails when
# a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq prometheus=2.42.0* python3-prometheus-client=0.16.0* >apt.log 2>&1 || { cat apt.log >&2; exit 2; }
for package in *.deb; do dpkg -x "$package" deb; done
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3

cat >shop.js <<'JS'
const prom = require('prom-client');
const seconds = new prom.Histogram({ name: 'shop_seconds', help: 'Time.', buckets: [1, 5] });
for (let i = 0; i < 10; i++) seconds.observe(2);
const server = require('http').createServer(async (request, response) => {
  response.setHeader('Content-Type', prom.register.contentType);
  response.end(await prom.register.metrics());
});
server.listen(0, '127.0.0.1', () => require('fs').writeFileSync('node.port', server.address().port + '\n'));
JS
cat >shop.py <<'PY'
import prometheus_client as prom, wsgiref.simple_server as simple
seconds = prom.Histogram('shop_seconds', 'Time.', buckets=[1, 5])
for _ in range(10):
    seconds.observe(2)
class Quiet(simple.WSGIRequestHandler):
    def log_message(self, *_): pass
server = simple.make_server('127.0.0.1', 0, prom.make_wsgi_app(), handler_class=Quiet)
with open('python.port', 'w') as port:
    print(server.server_port, file=port)
server.serve_forever()
PY
node shop.js &
started+=($!)
PYTHONPATH=deb/usr/lib/python3/dist-packages python3 shop.py &
started+=($!)
until [ -s node.port ] && [ -s python.port ]; do sleep 0.1; done
port=$((20000 + RANDOM % 20000))
cat >prometheus.yml <<YML
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["127.0.0.1:$(cat node.port)", "127.0.0.1:$(cat python.port)"] }] }]
YML
deb/usr/bin/prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:$port 2>log &
started+=($!)

# ask QUERY prints the values.
ask() {
	curl -s --data-urlencode "query=$1" "http://127.0.0.1:$port/api/v1/query" |
		python3 -c 'import json, sys; print(*(r["value"][1] for r in json.load(sys.stdin)["data"]["result"]))' 2>/dev/null
}
for _ in $(seq 300); do
	[ "$(ask 'sum(shop_seconds_count)')" != 20 ] || break
	sleep 0.2
done

failed=0
# expect WHAT WANT GOT compares, and remembers a difference.
expect() {
	printf '%-66s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
deb/usr/bin/prometheus --version | head -1
for server in node python; do
	expect "curl, $server" "$([ $server = node ] && echo 'le="5"' || echo 'le="5.0"')" \
		"$(curl -s "http://127.0.0.1:$(cat $server.port)/metrics" | grep -o 'le="5[.0]*"')"
done
for query in 'sum(shop_seconds_bucket{le="5"}) / sum(shop_seconds_count)' 'sum(shop_seconds_bucket{le="5.0"}) / sum(shop_seconds_count)'; do
	expect "$query" 0.5 "$(ask "$query")"
done
query='histogram_quantile(0.99, sum by (le) (shop_seconds_bucket)) < 5'
expect "$query" 4.96 "$(ask "$query")"
exit "$failed"
