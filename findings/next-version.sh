#!/usr/bin/env bash
# semantic-release, commit-and-tag-version and git-cliff, with their defaults, agree
# on the version after 1.2.0 for only two of six histories.
#
#                                 semantic-release  commit-and-tag-version  git-cliff
#   feat: pay by card             1.3.0             1.3.0                   1.3.0
#   fix!: drop the old API        no release        2.0.0                   2.0.0
#   fix, BREAKING-CHANGE: footer  1.2.1             2.0.0                   2.0.0
#   fix, BREAKING CHANGE: footer  2.0.0             2.0.0                   2.0.0
#   a feat, and its git revert    no release        1.2.1                   1.3.0
#   chore: tidy                   no release        1.2.1                   1.2.1
#
# One would expect them to differ only for 0.x. The Conventional Commits
# specification treats "!" and both spellings of the footer as breaking changes.
# semantic-release doesn't release the breaking fix at all, with exit 0 and the same
# output as for a chore, and releases the one with the other spelling as a patch.
#
# A release bot must not predict the version that another tool will tag, nor take
# exit 0 for a release: it must look for the tag. A rule such as "only patches at
# weekends" is only valid for the tool that computed the version.
#
# Needs Git, Node and npm. Takes two to three minutes. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts semantic-release@24.2.9 commit-and-tag-version@12.6.0 git-cliff@2.14.2
bin=$dir/node_modules/.bin
export HOME=$dir GIT_CONFIG_NOSYSTEM=1
unset CI GITHUB_ACTIONS
git config --global user.name Someone
git config --global user.email someone@example.com
git config --global init.defaultBranch main

failed=0
# expect WHAT WANT MESSAGE... commits the messages after v1.2.0 and asks each tool.
expect() {
	local what=$1 want=$2 message got code=0
	shift 2
	rm -rf remote work
	git init -q --bare remote
	git init -q work
	cd work
	echo '{"name": "shop", "private": true, "version": "1.2.0"}' >package.json
	git add .
	git commit -qm 'chore: begin'
	git tag v1.2.0
	for message in "$@"; do
		if [ "$message" = revert ]; then
			git revert --no-edit HEAD >/dev/null
		else
			echo "$message" >>code
			git add .
			git commit -qm "$message"
		fi
	done
	git push -q "$dir/remote" main v1.2.0
	"$bin/semantic-release" --dry-run --no-ci --branches main --repository-url "file://$dir/remote" \
		--plugins @semantic-release/commit-analyzer >log 2>&1 || code=$?
	got="$(sed -nE 's/.*next release version is ([0-9.]+).*/\1/p; s/.*no relevant changes, so no new version.*/none/p' log) exit $code,"
	got+=" $("$bin/commit-and-tag-version" --dry-run 2>/dev/null | sed -nE 's/.*tagging release v([0-9.]+).*/\1/p'),"
	got+=" $("$bin/git-cliff" --bumped-version 2>/dev/null | sed 's/^v//')"
	cd ..
	printf '%-32s %s\n' "$what" "$got"
	if [ "$got" != "$want" ]; then
		echo "CHANGED: want $want" >&2
		failed=1
	fi
}

expect 'feat' '1.3.0 exit 0, 1.3.0, 1.3.0' 'feat: pay by card'
expect 'fix!' 'none exit 0, 2.0.0, 2.0.0' 'fix!: drop the old API'
expect 'BREAKING-CHANGE: in the footer' '1.2.1 exit 0, 2.0.0, 2.0.0' $'fix: drop the old API\n\nBREAKING-CHANGE: clients must log in anew'
expect 'BREAKING CHANGE: in the footer' '2.0.0 exit 0, 2.0.0, 2.0.0' $'fix: drop the old API\n\nBREAKING CHANGE: clients must log in anew'
expect 'feat, reverted by git revert' 'none exit 0, 1.2.1, 1.3.0' 'feat: pay by card' revert
expect 'chore' 'none exit 0, 1.2.1, 1.2.1' 'chore: tidy'
exit "$failed"
