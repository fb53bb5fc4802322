#!/usr/bin/env bash
# Builds the scanners written in Go whose reports the tests of gates read, in the
# versions below. They go into a cache outside the tree, one folder a version, so that
# only the first run after a change takes time. Where it can't, it says so; the tests
# then skip these tools, or fail with CI=true.
set -euo pipefail

# Tests look for the tools in the same folders: see goTool in gates/artifacts/sarif_test.go.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gonogo-test
tools=(
	gosec@v2.30.0 github.com/securego/gosec/v2/cmd/gosec
	gitleaks@v8.30.1 github.com/zricethezav/gitleaks/v8
	staticcheck@v0.8.2 honnef.co/go/tools/cmd/staticcheck
)

for ((i = 0; i < ${#tools[@]}; i += 2)); do
	name=${tools[i]} version=${tools[i]#*@}
	if [ -d "$cache/$name" ]; then
		continue
	fi
	mkdir -p "$cache"
	partial=$(mktemp -d "$cache/partial.XXXXXX")
	trap 'rm -rf "$partial"' EXIT
	echo "Building ${name%@*} $version, whose reports the tests read" >&2
	if ! (cd "$partial" && GOFLAGS=-mod=mod GOBIN=$partial "${GO:-go}" install -trimpath -ldflags='-s -w' "${tools[i + 1]}@$version"); then
		echo "Go could not build it; the tests of its reports need it." >&2
		rm -rf "$partial"
		continue
	fi
	# Another run may have been faster; a folder is only ever there as a whole.
	mv -T "$partial" "$cache/$name" 2>/dev/null || [ -d "$cache/$name" ]
done
