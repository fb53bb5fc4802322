#!/usr/bin/env bash
# Installs the tools of npm whose reports the tests of gates read, in the versions
# that gates/artifacts/testdata/npm/package-lock.json pins with their hashes, Node included.
# They go into a cache outside the tree, one folder a lock file, so that only the
# first run after a change of versions takes time. No script of a package is run.
# Where it can't, it says so; the tests then skip these tools, or fail with CI=true.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../gates/artifacts/testdata/npm"

# Tests look for the tools in the same folder: see npmTools in gates/artifacts/junit_npm_test.go.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gonogo-test
target=$cache/npm-$(sha256sum package-lock.json | cut -c1-16)
if [ -d "$target" ]; then
	exit 0
fi
if ! command -v npm >/dev/null; then
	echo "The tests need npm to install the tools whose reports they read." >&2
	exit 0
fi

mkdir -p "$cache"
partial=$(mktemp -d "$cache/partial.XXXXXX")
trap 'rm -rf "$partial"' EXIT
cp package.json package-lock.json "$partial"
echo "Installing the tools whose reports the tests read into $target" >&2
if ! npm ci --prefix "$partial" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
	echo "npm could not install them; the tests of their reports need them." >&2
	exit 0
fi
# Another run may have been faster; a folder is only ever there as a whole.
mv -T "$partial" "$target" 2>/dev/null || [ -d "$target" ]
