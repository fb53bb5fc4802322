#!/usr/bin/env bash
# SARIF Multitool, sarif-junit: a scan that failed becomes a clean one when its report is
# merged or converted.
#
# ESLint can't parse one file. Its SARIF report has no result for that, but says
# "executionSuccessful": false and has a notification with the parser's message. One
# would expect a merge to keep this, or to fail:
#
#   sarif-multitool merge 5.7.0, only this report    "runs": []
#   the same, with a report that has findings        the findings, no invocation,
#                                                    no notification
#   only this report, with --merge-empty-logs        as ESLint wrote it
#   both, with --merge-empty-logs                    now with the failure, now without
#   sarif-junit 1.1.4                                tests="0" failures="0" errors="0",
#                                                    the same as for clean code
#
# All of them exit with 0. A run without results is dropped as empty, whatever else it
# says. With --merge-empty-logs the results of two runs of one tool are joined, but only
# one of them keeps its invocation, and which one changes from one merge to the next.
# sarif-junit reports a problem that is suppressed in the source as a failure, so
# a JUnit gate blocks what ESLint accepts and passes what ESLint refuses.
#
# A release bot that reads the merged report passes code that was never checked, and a
# clean scanner looks like one that never ran. Read the tools' own reports.
#
# Needs Node and npm, on Linux for x64. Takes about 20 seconds. Fails when a version
# behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @microsoft/sarif-multitool-linux@5.7.0 sarif-junit@1.1.4 \
	eslint@10.15.0 @microsoft/eslint-formatter-sarif@3.1.0
multitool=node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
chmod +x "$multitool"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

echo 'export default [{ rules: { "no-eval": "error" } }];' >eslint.config.mjs
mkdir found broken clean suppressed
echo 'eval("1");' >found/shop.js
echo 'function (' >broken/shop.js
echo 'export const shop = 1;' >clean/shop.js
echo 'eval("1"); // eslint-disable-line no-eval -- reviewed' >suppressed/shop.js

failed=0
# expect WHAT WANT GOT compares, and remembers a difference.
expect() {
	printf '%-36s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}

# sarif FILE prints what each run says.
sarif() {
	node -e '
		const { runs } = JSON.parse(require("fs").readFileSync(process.argv[1]));
		console.log(`${runs.length} runs` + runs.map((run) => {
			const invocations = run.invocations || [];
			const failed = invocations.filter((invocation) => !invocation.executionSuccessful).length;
			const notes = invocations.flatMap((invocation) => invocation.toolConfigurationNotifications || []).length;
			return `: ${run.results.length} results, ${failed} failed, ${notes} notifications`;
		}).join(""));
	' "$1"
}

# merge ARGUMENT... merges the reports, and prints the exit code and what the result says.
merge() {
	local code=0
	"$multitool" merge "$@" --output-file merged.sarif --log ForceOverwrite >/dev/null || code=$?
	echo "exit $code, $(sarif merged.sarif)"
}

# junit NAME converts a report, and prints the exit code and the counts.
junit() {
	local code=0
	npx sarif-junit -i "$1.sarif" -o "$1.xml" >/dev/null || code=$?
	echo "exit $code, $(grep -o '<testsuites .*"' "$1.xml")"
}

for folder in found broken clean suppressed; do
	code=0
	npx eslint -f @microsoft/eslint-formatter-sarif -o "$folder.sarif" "$folder" || code=$?
	echo "ESLint, $folder: exit $code"
done
expect 'ESLint, broken' '1 runs: 0 results, 1 failed, 1 notifications' "$(sarif broken.sarif)"
expect 'ESLint, clean' '1 runs: 0 results, 0 failed, 0 notifications' "$(sarif clean.sarif)"
expect 'merge, broken' 'exit 0, 0 runs' "$(merge broken.sarif)"
expect 'merge, clean' 'exit 0, 0 runs' "$(merge clean.sarif)"
expect 'merge, found and broken' 'exit 0, 1 runs: 1 results, 0 failed, 0 notifications' "$(merge found.sarif broken.sarif)"
expect '--merge-empty-logs, broken' 'exit 0, 1 runs: 0 results, 1 failed, 1 notifications' "$(merge broken.sarif --merge-empty-logs)"
for time in first second third fourth; do # which of two lines appears is left to chance
	both=$(merge found.sarif broken.sarif --merge-empty-logs)
	expect "--merge-empty-logs, both, $time" "exit 0, 1 runs: 1 results, ${both#*results, }" "$both"
done
expect 'sarif-junit, broken' 'exit 0, <testsuites tests="0" failures="0" errors="0" skipped="0"' "$(junit broken)"
expect 'sarif-junit, suppressed' 'exit 0, <testsuites tests="1" failures="1" errors="0" skipped="0"' "$(junit suppressed)"
junit clean >/dev/null
cmp broken.xml clean.xml || failed=1
exit "$failed"
