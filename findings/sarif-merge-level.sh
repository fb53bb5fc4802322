#!/usr/bin/env bash
# SARIF Multitool: merging reports turns warnings into errors or notes.
#
# A result's level overrides the default level of its rule. One would expect a merge to
# keep it. sarif-multitool merge 5.7.0 removes "warning", and no other level, so that the
# rule's default applies; so does its command rewrite. Here the results have the level
# warning, and only the rules differ:
#
#   default level of the rule    before     after
#   error                        warning    error
#   note                         warning    note
#   none stated                  warning    warning, but only by SARIF's own default
#
# The reason is that warning is what SARIF assumes if neither the result nor the rule has a
# level. With rules that have no default level, as in ESLint's reports, the meaning
# stays, but results no longer say whether the tool rated them.
#
# A release bot with a limit on errors holds back a release because its reports were
# merged, or passes what it should have held back, if warnings count and notes don't.
# Read the reports as the tools wrote them.
#
# Needs Node and npm, on Linux for x64. Takes about 20 seconds. Fails when a version
# behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @microsoft/sarif-multitool-linux@5.7.0 \
	eslint@10.15.0 @microsoft/eslint-formatter-sarif@3.1.0
multitool=node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
chmod +x "$multitool"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

cat >scan.js <<'JS'
const results = [];
const rules = ['error', 'note', undefined].flatMap((level, i) => {
  const id = 'default-' + (level || 'absent');
  for (const own of ['error', 'warning', 'note'])
    results.push({ ruleId: id, ruleIndex: i, level: own, message: { text: `${id}, ${own}` },
      locations: [{ physicalLocation: { artifactLocation: { uri: 'shop.js' }, region: { startLine: results.length + 1 } } }] });
  return { id, defaultConfiguration: level && { level } };
});
console.log(JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0',
  runs: [{ tool: { driver: { name: 'Scan', version: '1.0.0', rules } }, results }] }));
JS
node scan.js >scan.sarif
echo 'eval("1"); var x = 1;' >shop.js
echo 'export default [{ rules: { "no-eval": "error", "no-var": "warn" } }];' >eslint.config.mjs
npx eslint -f @microsoft/eslint-formatter-sarif -o eslint.sarif shop.js || true
"$multitool" merge scan.sarif eslint.sarif --output-file merged.sarif >/dev/null
"$multitool" rewrite scan.sarif --output rewritten.sarif >/dev/null

failed=0
# expect WANT FILE RULE compares the levels of a rule's results.
expect() {
	local got
	got=$(node -e '
		const runs = JSON.parse(require("fs").readFileSync(process.argv[1])).runs;
		const results = runs.flatMap((run) => run.results).filter((result) => result.ruleId === process.argv[2]);
		console.log(results.map((result) => result.level || "-").sort().join(" "));
	' "$2" "$3")
	printf '%-16s %-16s %s\n' "$2" "$3" "$got"
	if [ "$1" != "$got" ]; then
		echo "CHANGED: want $1" >&2
		failed=1
	fi
}

"$multitool" version 2>&1 | head -1
for rule in default-error default-note default-absent; do
	expect 'error note warning' scan.sarif "$rule"
	expect '- error note' merged.sarif "$rule"
	expect '- error note' rewritten.sarif "$rule"
done
expect error eslint.sarif no-eval
expect warning eslint.sarif no-var
expect error merged.sarif no-eval
expect - merged.sarif no-var
exit "$failed"
