#!/usr/bin/env bash
# Which is newer, 19.0.1.0.2 or 19.0.1.0.10? Versions of Odoo modules have five
# numbers, and most libraries for semantic versions answer without an error.
#
#   hashicorp/go-version 1.9.0   19.0.1.0.10
#   golang.org/x/mod 0.30.0      v19.0.1.0.2, and v19.0.0 is newer than both
#   npm semver 7.7.3, coerce     neither: both are 19.0.1
#   Masterminds/semver 3.5.0     refuses both
#   git --sort=version:refname   19.0.1.0.10
#
# One would expect all of them to refuse, or to compare number by number. x/mod's
# Sort and Compare treat invalid versions as older than all valid ones and order
# them alphabetically; coerce cuts off what it doesn't know. So "the newest tag" of a
# repository with v19.0.0 and v19.0.1.0.10 is v19.0.0.
#
# A release bot that finds "the last version" with such a library rolls back to the
# wrong one, or considers an outdated module up to date. Go back to the version that
# was recorded as live, and compare versions only for equality.
#
# Needs Go and its module proxy, Node, npm and Git. Takes about 20 seconds. Fails
# when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init versions 2>/dev/null
go get github.com/hashicorp/go-version@v1.9.0 github.com/Masterminds/semver/v3@v3.5.0 golang.org/x/mod@v0.30.0 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"fmt"

	masterminds "github.com/Masterminds/semver/v3"
	hashicorp "github.com/hashicorp/go-version"
	"golang.org/x/mod/semver"
)

func main() {
	newest := hashicorp.Must(hashicorp.NewVersion("19.0.1.0.2"))
	if other := hashicorp.Must(hashicorp.NewVersion("19.0.1.0.10")); other.GreaterThan(newest) {
		newest = other
	}
	fmt.Println("hashicorp:", newest.Original())
	tags := []string{"v19.0.1.0.2", "v19.0.0", "v19.0.1.0.10"}
	semver.Sort(tags)
	fmt.Println("x/mod, oldest first:", tags)
	_, err := masterminds.NewVersion("19.0.1.0.10")
	fmt.Println("Masterminds:", err)
}
GO
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts semver@7.7.3
cat >want <<'END'
hashicorp: 19.0.1.0.10
x/mod, oldest first: [v19.0.1.0.10 v19.0.1.0.2 v19.0.0]
Masterminds: invalid semantic version
coerce: 19.0.1 19.0.1
git: 19.0.1.0.10
END
{
	go run .
	node -e "const { coerce } = require('semver'); console.log('coerce:', coerce('19.0.1.0.2').version, coerce('19.0.1.0.10').version)"
	git init -q tags
	cd tags
	git -c user.name=Someone -c user.email=someone@example.com commit -q --allow-empty -m begin
	git tag 19.0.1.0.2
	git tag 19.0.1.0.10
	echo "git: $(git tag --sort=version:refname | tail -1)"
	cd ..
} >got
cat got
if ! diff want got >&2; then
	echo "CHANGED: < was, > is" >&2
	exit 1
fi
