#!/usr/bin/env bash
# Alertmanager's webhook with max_alerts: "status": "resolved" while alerts of
# the group are still firing.
#
# Five alerts of one group fire, and max_alerts is 2. The message contains two of
# them and "truncatedAlerts": 3. When those two end, the next message has
#
#   "status": "resolved", two resolved alerts, "truncatedAlerts": 3
#
# although three alerts are firing, as the API reports at that moment. The status
# covers only the alerts in the message, not the group. The other three are sent
# only after repeat_interval, 4 hours by default.
#
# A receiver that closes the group's incident because of this status hides an
# outage. It may close only the alerts in the message. Before it closes the rest,
# it must ask the API or wait for a message without truncatedAlerts. To limit the
# size of messages, shorten annotations instead of setting max_alerts.
#
# Reproduced with 0.25.0 (Debian 12) and 0.35.0. The latter adds
# "notification_reason": "some alerts resolved", which is correct.
#
# Needs apt-get, curl and python3. ALERTMANAGER selects another binary.
# Fails when Alertmanager behaves differently.
set -euo pipefail

dir=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"

am=${ALERTMANAGER:-}
if [ -z "$am" ]; then
	apt-get download -q prometheus-alertmanager >/dev/null
	dpkg -x prometheus-alertmanager_*.deb deb
	am=$dir/deb/usr/bin/prometheus-alertmanager
fi

cat >receiver.py <<'PY'
import http.server, json
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        m = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        fires = [a['labels']['pod'] for a in m['alerts'] if a['status'] == 'firing']
        over = [a['labels']['pod'] for a in m['alerts'] if a['status'] == 'resolved']
        print(m['status'], 'firing:' + ','.join(fires), 'resolved:' + ','.join(over), 'truncated:%d' % m['truncatedAlerts'],
              m.get('notification_reason', ''), file=open('messages', 'a'), flush=True)
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Receiver)
print(server.server_port, file=open('port.new', 'w'), flush=True)
import os; os.rename('port.new', 'port')
server.serve_forever()
PY
touch messages
python3 receiver.py &
started+=($!)
until [ -e port ]; do sleep 0.1; done

cat >am.yml <<YML
route: { receiver: r, group_by: [alertname], group_wait: 1s, group_interval: 2s }
receivers: [{ name: r, webhook_configs: [{ url: "http://127.0.0.1:$(cat port)/", max_alerts: 2 }] }]
YML
"$am" --config.file=am.yml --storage.path=data --web.listen-address=127.0.0.1:0 --cluster.listen-address= 2>log &
started+=($!)
address() { sed -nE 's/.*Listening on"? address="?([0-9.:]+).*/\1/p' log | head -n 1; }
until [ -n "$(address)" ]; do sleep 0.1; done

# tell ENDS POD... sends alerts that began an hour ago.
tell() {
	local ends=$1 list= pod
	shift
	for pod; do
		list+="${list:+,}{\"labels\":{\"alertname\":\"A\",\"pod\":\"$pod\"},\"startsAt\":\"$(date -u -d '1 hour ago' +%FT%TZ)\"$ends}"
	done
	curl -sf -H 'Content-Type: application/json' -d "[$list]" "http://$(address)/api/v2/alerts"
}

# heard PATTERN waits for a message.
heard() {
	local n
	for n in {1..100}; do
		grep -q "$1" messages && return
		sleep 0.2
	done
	return 1
}

tell '' a b c d e
heard '^firing firing:a,b resolved: truncated:3' || { echo "CHANGED: no message that names two of five" >&2; cat messages; exit 1; }
tell ",\"endsAt\":\"$(date -u -d '1 second ago' +%FT%TZ)\"" a b
heard '^resolved' || { echo "CHANGED: the group is not called resolved any more" >&2; cat messages; exit 1; }
left=$(curl -sf "http://$(address)/api/v2/alerts" | python3 -c 'import json, sys; print(",".join(sorted(a["labels"]["pod"] for a in json.load(sys.stdin))))')
"$am" --version | head -n 1
cat messages
echo "the API at the same moment: $left fire"
[ "$left" = c,d,e ] || { echo "CHANGED: the API has $left" >&2; exit 1; }
grep -q '^resolved firing: resolved:a,b truncated:3' messages || { echo "CHANGED: the message is another" >&2; exit 1; }
