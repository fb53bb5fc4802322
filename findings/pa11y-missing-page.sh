#!/usr/bin/env bash
# pa11y-ci: a page that doesn't exist passes the check for accessibility, and one that can't
# be loaded counts as no error in its report.
#
# The server answers 404, 500 or 503 with a page of its own, as most sites do, or redirects to
# the login. One would expect a failure, since the page that was asked for wasn't seen.
# pa11y-ci 4.1.1 and Lighthouse 12.6.1, with Chromium:
#
#                          pa11y-ci                         lighthouse --only-categories=accessibility
#   404, 500, 503          passed, 0 errors                 exit 1, ERRORED_DOCUMENT_REQUEST
#   302 to /login          passed, 0 errors                 exit 0, score 1
#   nobody listens         exit 2, "Failed to run", but     exit 1
#                          "errors": 0 in its JSON report
#
# pa11y-ci's report counts errors of accessibility alone, so "errors" is 0 for a run that
# exits with 2, and "passes" is the number that is missing. With one page, "total": 1,
# "passes": 0, "errors": 0.
#
# A release bot that limits "errors" in that report passes a site that is down, and one that
# uses the exit code passes a site that shows its error page everywhere. Compare "passes"
# with the number of pages, and check the status of each address, and a text of the page,
# by another gate.
#
# Needs Node, npm and Chromium. Takes two to five minutes. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
PUPPETEER_SKIP_DOWNLOAD=1 npm install --silent --no-audit --no-fund --ignore-scripts pa11y-ci@4.1.1 lighthouse@12.6.1
export CHROME_PATH
CHROME_PATH=$(command -v chromium)

cat >server.js <<'JS'
const http = require('http');
const page = (title) => `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>${title}</title></head>` +
  `<body><main><h1>${title}</h1><p>Please come back later.</p></main></body></html>`;
const server = http.createServer((q, s) => {
  const status = Number(q.url.slice(1)) || 200;
  s.writeHead(status, { 'Content-Type': 'text/html', ...(status === 302 ? { Location: '/login' } : {}) });
  s.end(page(q.url === '/login' ? 'Log in' : `Sorry (${status})`));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
JS
mkfifo listening
node server.js >listening &
server=$!
read -r port <listening
closed=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')

failed=0
expect() {
	printf '%-22s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
# pa11y URL prints the exit code and the counts of the report.
pa11y() {
	local code=0
	rm -f r.json
	cat >pa11y.json <<JSON
{"defaults": {"timeout": 120000, "chromeLaunchConfig": {"executablePath": "$CHROME_PATH", "args": ["--no-sandbox"]},
  "reporters": [["json", {"fileName": "$dir/r.json"}]]}, "urls": ["$1"]}
JSON
	npx pa11y-ci -c pa11y.json >log 2>&1 || code=$?
	node -e 'const r = require(process.argv[1]); console.log(`exit ${process.argv[2]}, total ${r.total}, passes ${r.passes}, errors ${r.errors}`)' "$dir/r.json" "$code"
}
# lighthouse URL prints the exit code, and the score or the cause.
lighthouse() {
	local code=0
	rm -f l.json
	npx lighthouse "$1" --quiet --only-categories=accessibility --output=json --output-path=l.json \
		--chrome-flags='--headless=new --no-sandbox --disable-gpu' >log 2>&1 || code=$?
	node -e 'const r = JSON.parse(require("fs").readFileSync("l.json")); console.log(`exit ${process.argv[1]}, ${r.runtimeError ? r.runtimeError.code : r.categories.accessibility.score}`)' "$code"
}

for status in 200 404 500 503 302; do
	expect "pa11y-ci, $status" 'exit 0, total 1, passes 1, errors 0' "$(pa11y "http://127.0.0.1:$port/$status")"
done
expect 'pa11y-ci, no server' 'exit 2, total 1, passes 0, errors 0' "$(pa11y "http://127.0.0.1:$closed/")"
for status in 404 500 503; do
	expect "lighthouse, $status" 'exit 1, ERRORED_DOCUMENT_REQUEST' "$(lighthouse "http://127.0.0.1:$port/$status")"
done
for status in 200 302; do
	expect "lighthouse, $status" 'exit 0, 1' "$(lighthouse "http://127.0.0.1:$port/$status")"
done
expect 'lighthouse, no server' 'exit 1, CHROME_INTERSTITIAL_ERROR' "$(lighthouse "http://127.0.0.1:$closed/")"
exit "$failed"
