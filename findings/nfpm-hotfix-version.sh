#!/usr/bin/env bash
# nFPM: the same hotfix version is older than its release in a .deb and far newer in an
# Arch package.
#
# A hotfix of 1.2.3 is often numbered as Debian numbers a revision, 1.2.3-4, or by its
# date, 1.2.3-20261129. One would expect packages that are newer than 1.2.3 and older than
# 1.2.4. nfpm 2.43.0 reads both as SemVer, for which what follows the hyphen is a
# pre-release, writes that in each format's own way, and says nothing:
#
#   version          .deb             Arch             is then
#   1.2.3-4          1.2.3~4          1.2.34           before 1.2.3; after 1.2.33
#   1.2.3-20261129   1.2.3~20261129   1.2.320261129    before 1.2.3; after every other 1.2.x
#   1.2.3-rc.1       1.2.3~rc.1       1.2.3rc.1        before 1.2.3 in both, as intended
#   19.0             19.0.0           19.0.0           no longer the version that was tagged
#
# apt doesn't upgrade a host with 1.2.3 to such a hotfix, and reports success. On Arch, no
# regular release is an upgrade after it. A release bot that compares the version in a
# package, or what a host reports, with the version of the release sees neither 1.2.3-4 nor
# 19.0, so it must compare what the release's own pipeline wrote, and a host that upgraded
# "successfully" isn't yet one that runs the hotfix.
#
# version_schema: none keeps the version as it is written.
#
# Needs Go, and dpkg for the comparison. Takes about a minute. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
GOFLAGS= GOBIN=$dir go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0
printf '#!/bin/sh\n' >shop

# packaged VERSION prints the versions in the .deb and in the name of the Arch package.
packaged() {
	cat >nfpm.yaml <<-YAML
		name: shop
		arch: amd64
		version: "$1"
		maintainer: Someone <someone@example.com>
		description: a shop
		contents: [{ src: ./shop, dst: /usr/bin/shop }]
	YAML
	rm -rf out && mkdir out
	./nfpm package -f nfpm.yaml -p deb -t out/ >/dev/null
	./nfpm package -f nfpm.yaml -p archlinux -t out/ >/dev/null
	local arch=(out/*.pkg.tar.zst)
	arch=${arch[0]#out/shop-}
	echo "$(dpkg-deb -f out/*.deb Version) ${arch%-1-x86_64.pkg.tar.zst}"
}

failed=0
# expect VERSION WANT compares what is packaged, as "DEB ARCH".
expect() {
	local got
	got=$(packaged "$1")
	echo "$1 -> $got"
	[[ $got == "$2" ]] || { echo "  want $2"; failed=1; }
}
expect 1.2.3 "1.2.3 1.2.3"
expect 1.2.3-4 "1.2.3~4 1.2.34"
expect 1.2.3-20261129 "1.2.3~20261129 1.2.320261129"
expect 1.2.3-rc.1 "1.2.3~rc.1 1.2.3rc.1"
expect 19.0 "19.0.0 19.0.0"
dpkg --compare-versions '1.2.3~4' lt 1.2.3 || { echo "1.2.3~4 isn't before 1.2.3"; failed=1; }
exit $failed
