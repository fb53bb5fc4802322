#!/usr/bin/env bash
# A gauge that is 1 in each of four worker processes is 4 in Node, and in Python 1 for each
# worker, even for those that ended before the deployment.
#
# Four workers of a server set shop_build_info{version="2.0"} to 1 and the time of their start,
# as for a server of one process. One would expect one series per version with the value 1,
# and a time. prom-client 15.1.3, by its own cluster module, and prometheus_client 0.16.0, by
# its own multiprocess mode, after a deployment from 1.0 to 2.0 by a reload, which replaces the
# workers and keeps the folder of their values:
#
#                          Node               Python
#   shop_build_info        4, version 2.0     4 series with value 1 and version 1.0, and
#                                             4 with version 2.0, told apart by pid
#   shop_started_seconds   4 times the time   8 series
#
# Both are the defaults: prom-client adds up, and Python keeps what a process wrote, also
# where mark_process_dead was called for it, as gunicorn's hook does, unless the gauge's mode
# begins with "live".
#
# A release bot that waits for shop_build_info == 1 waits for ever in Node, and finds both
# versions live in Python. In Node, time() - shop_started_seconds is less than 0, so "it
# restarted in the last five minutes" is always true. Ask the server for its version over
# HTTP, or set aggregator: 'max' in Node and multiprocess_mode='livemax' in Python.
#
# Needs Node, npm, Python 3 and apt-get; Debian 12. Takes half a minute. Fails when a version
# behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq python3-prometheus-client=0.16.0* >apt.log 2>&1 || { cat apt.log >&2; exit 2; }
for package in *.deb; do dpkg -x "$package" deb; done
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3

# A primary with four workers: it prints what it would serve, and ends.
cat >shop.js <<'JS'
const cluster = require('cluster');
const prom = require('prom-client');
const chosen = process.argv[2] ? { aggregator: process.argv[2] } : {};
const build = new prom.Gauge({ name: 'shop_build_info', help: 'h', labelNames: ['version'], ...chosen });
const started = new prom.Gauge({ name: 'shop_started_seconds', help: 'h', ...chosen });
if (cluster.isPrimary) {
  const registry = new prom.AggregatorRegistry();
  let ready = 0;
  cluster.on('message', async (worker, message) => {
    if (message !== 'ready' || ++ready < 4) return;
    console.log(await registry.clusterMetrics());
    process.exit(0);
  });
  for (let i = 0; i < 4; i++) cluster.fork();
} else {
  new prom.AggregatorRegistry();
  build.set({ version: '2.0' }, 1);
  started.set(1795989600);
  process.send('ready');
}
JS
cat >shop.py <<'PY'
import os, sys
import prometheus_client as prom
from prometheus_client import multiprocess

def work(version, mode):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return pid
    prom.Gauge("shop_build_info", "h", ["version"], multiprocess_mode=mode).labels(version).set(1)
    prom.Gauge("shop_started_seconds", "h", multiprocess_mode=mode).set(1795989600)
    os._exit(0)

for pid in [work("1.0", sys.argv[1]) for _ in range(4)]:
    multiprocess.mark_process_dead(pid)
for _ in range(4):
    work("2.0", sys.argv[1])
registry = prom.CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
print(prom.generate_latest(registry).decode())
PY

failed=0
expect() {
	printf '%-38s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
node shop.js >node.txt
expect 'Node, versions' 'shop_build_info{version="2.0"} 4' "$(grep ^shop_build_info node.txt)"
expect 'Node, start' "shop_started_seconds $((4 * 1795989600))" "$(grep ^shop_started node.txt)"
for mode in all livemax; do
	mkdir $mode
	PROMETHEUS_MULTIPROC_DIR=$dir/$mode PYTHONPATH=deb/usr/lib/python3/dist-packages python3 shop.py $mode >$mode.txt
done
expect 'Python, series of 1.0 and 2.0, and pid' '4 4 8' \
	"$(grep -c '^shop_build_info.*version="1.0"} 1.0$' all.txt) $(grep -c '^shop_build_info.*version="2.0"} 1.0$' all.txt) $(grep -c '^shop_build_info{pid=' all.txt)"
expect 'Python, series of the start' 8 "$(grep -c '^shop_started_seconds{pid=' all.txt)"
expect 'Node, max' 'shop_build_info{version="2.0"} 1' "$(node shop.js max | grep ^shop_build_info)"
expect 'Python, livemax' 'shop_build_info{version="2.0"} 1.0' "$(grep ^shop_build_info livemax.txt)"
exit "$failed"
