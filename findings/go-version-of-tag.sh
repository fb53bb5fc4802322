#!/usr/bin/env bash
# Go: a program built from a tag reports the version after it, or none.
#
# Since Go 1.24, go build writes the version of the checkout's tag into the program, where
# debug.ReadBuildInfo, go version -m and SBOM tools read it. One would expect the tag that
# HEAD has. Go 1.26 reports, for a module example.com/shop built exactly at the tag:
#
#   tag          reported
#   v1.2.3       v1.2.3
#   v1.2.3+b5    v1.2.4-0.20261102101112-…    a pre-release of the next patch
#   v19.0.2      v0.0.0-20261102101112-…      unless the module is named example.com/shop/v19
#   1.2.3        v0.0.0-20261102101112-…
#   v1.2.3 and v1.2.4-rc.1 on one commit      v1.2.4-rc.1
#
# A tag with build metadata names no version of a module, but go still counts on from it.
# The last line means that tagging a candidate changes what the same commit, checked out at
# v1.2.3 and built once more, says of itself.
#
# A release bot that asks a Go service for its version, to see that the release has arrived
# or what is live, compares with the tag in vain: have the build write the version of the
# release into the program, or compare commits (vcs.revision is right in every case).
#
# Needs Go and Git. Takes a few seconds. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME=$dir GIT_CONFIG_NOSYSTEM=1 GOFLAGS='' GOTOOLCHAIN=go1.26.8
export GOMODCACHE=$dir/mod GOCACHE=$dir/cache GIT_COMMITTER_DATE='2026-11-02T10:11:12Z' GIT_AUTHOR_DATE='2026-11-02T10:11:12Z'
mkdir shop && cd shop
git init -q .
git config user.name Someone
git config user.email someone@example.com
printf 'module example.com/shop\n\ngo 1.26\n' >go.mod
cat >main.go <<'GO'
package main

import (
	"fmt"
	"runtime/debug"
)

func main() {
	info, _ := debug.ReadBuildInfo()
	fmt.Println(info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			fmt.Println(s.Value)
		}
	}
}
GO
git add . && git commit -qm 'a shop'

failed=0
# expect WANT TAG... builds with these tags and compares the reported version's beginning.
expect() {
	local want=$1 version revision
	shift
	for tag in "$@"; do git tag "$tag"; done
	go build -buildvcs=true -o ../program .
	{ read -r version; read -r revision; } < <(../program)
	for tag in "$@"; do git tag -d "$tag" >/dev/null; done
	echo "$* -> $version"
	[[ $version == $want ]] || { echo "  want $want"; failed=1; }
	[[ $revision == "$(git rev-parse HEAD)" ]] || { echo "  and another commit, $revision"; failed=1; }
}
expect v1.2.3 v1.2.3
expect 'v1.2.4-0.20261102101112-*' v1.2.3+b5
expect 'v0.0.0-20261102101112-*' v19.0.2
expect 'v0.0.0-20261102101112-*' 1.2.3
expect v1.2.4-rc.1 v1.2.3 v1.2.4-rc.1
sed -i 's,example.com/shop,&/v19,' go.mod
git commit -qam 'the nineteenth'
expect v19.0.2 v19.0.2
exit $failed
