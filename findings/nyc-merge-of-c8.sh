#!/usr/bin/env bash
# nyc merge, istanbul-merge: branches that neither of two shards took are reported as
# taken, if c8 wrote the shards' reports.
#
# A second shard that tests nothing is enough, as long as it loads the file:
#
#                                       branches of shop.js
#   shard 1: two functions, no branch   3 of  8
#   shard 2: require('./shop'), no more 1 of  1
#   one run of both, c8                 3 of  8
#   nyc merge, or istanbul-merge        8 of  8
#
# One would expect a merge to add up the hits of each branch. A branch that only one
# report has also gets the hits of the smallest branch around it in the other report.
# For Istanbul's own reports that is sensible, and never happens, because they list
# every branch. c8 lists the branches of a function only after it was called, and each
# module as one branch, which is run when the file is loaded. So whatever the second
# shard didn't call counts as run. Lines are merged correctly: 11 of 14.
#
# A release bot with a limit on branch coverage passes branches that no test took, and
# the number of branches is right, so it shows nothing. Merge V8's own files instead
# (c8 report with both folders' files: 3 of 8), or read each shard's Cobertura report
# and merge them line by line.
#
# Needs Node and npm. Takes about 20 seconds. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts c8@10.1.2 nyc@18.0.0 istanbul-merge@2.0.0
cat >shop.js <<'JS'
function price(n, member, coupon) {
  let p = n * 10
  if (n > 10) p *= 0.9
  if (member) p -= 1
  return coupon ? p / 2 : p
}
function refund(n, late) {
  if (late) return 0
  return n > 3 ? n : n / 2
}
function label(n) {
  return n === 1 ? '1 item' : n + ' items'
}
module.exports = { price, refund, label }
JS
cat >1.js <<'JS'
const { price, refund } = require('./shop')
if (price(1, false, false) !== 10 || refund(2, false) !== 1) process.exit(1)
JS
echo "require('./shop')" >2.js
echo "require('./1'); require('./2')" >both.js

failed=0
# expect WHAT WANT FOLDER compares the totals of shop.js in a folder's summary.
expect() {
	local got
	got=$(node -e '
		const files = require(process.argv[1]);
		const shop = files[Object.keys(files).find((name) => name.endsWith("shop.js"))];
		console.log(`${shop.branches.covered} of ${shop.branches.total} branches, ${shop.lines.covered} of ${shop.lines.total} lines`);
	' "./$3/coverage-summary.json")
	printf '%-24s %s\n' "$1" "$got"
	if [ "$2" != "$got" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}

echo "Node $(node --version)"
for shard in 1 2 both; do
	npx c8 -r json -r json-summary -o "report-$shard" --temp-directory "v8-$shard" node "$shard.js"
done
mkdir reports nyc istanbul v8
cp report-1/coverage-final.json reports/1.json
cp report-2/coverage-final.json reports/2.json
cp v8-1/* v8-2/* v8
npx nyc merge reports nyc/merged.json >/dev/null
npx istanbul-merge --out istanbul/merged.json reports/1.json reports/2.json >/dev/null
for merged in nyc istanbul; do
	npx nyc report -t "$merged" -r json-summary --report-dir "report-$merged"
done
npx c8 report -r json-summary -o report-v8 --temp-directory v8

expect 'shard 1' '3 of 8 branches, 11 of 14 lines' report-1
expect 'shard 2' '1 of 1 branches, 1 of 14 lines' report-2
expect 'one run of both' '3 of 8 branches, 11 of 14 lines' report-both
expect 'nyc merge' '8 of 8 branches, 11 of 14 lines' report-nyc
expect 'istanbul-merge' '8 of 8 branches, 11 of 14 lines' report-istanbul
expect "c8 report of V8's files" '3 of 8 branches, 11 of 14 lines' report-v8
exit "$failed"
