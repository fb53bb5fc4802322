#!/usr/bin/env bash
# @tryfabric/mack, which converts Markdown to Slack blocks, shows an open item of a
# checklist like a completed one, and 19\.0\.1 as 1901.
#
#   - [x] tests            • tests
#   - [ ] backup           • backup
#   Odoo 19\.0\.1          Odoo 1901
#   10\*2 users            102 users
#
# One would expect it to keep "[ ]" as text or make checkboxes of it, and to remove
# a backslash but keep the character after it, as CommonMark says. mack 1.2.1 drops
# both characters and the state of the item, without an error. slackify-markdown
# 5.0.0 keeps all four. Markdown formatters insert such backslashes where a line
# would otherwise become a list or emphasis.
#
# A release bot that shows release notes or a pull request's checklist through such
# a converter shows an open item as completed, and a wrong version. Put versions,
# numbers and states into fields of their own, not into converted text.
#
# Needs Node and npm. Takes about 20 seconds. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tryfabric/mack@1.2.1 slackify-markdown@5.0.0
cat >notes.md <<'MD'
- [x] tests
- [ ] backup

Odoo 19\.0\.1

10\*2 users
MD
cat >convert.mjs <<'JS'
import { readFileSync } from 'fs';
import mack from '@tryfabric/mack';
import { slackifyMarkdown } from 'slackify-markdown';
const notes = readFileSync('notes.md', 'utf8');
const lines = (text) => text.split('\n').filter(Boolean).map((line) => line.replace(/ +/g, ' ')).join(' | ');
console.log('mack: ' + lines((await mack.markdownToBlocks(notes)).map((block) => block.text.text).join('\n')));
console.log('slackify-markdown: ' + lines(slackifyMarkdown(notes)));
JS
cat >want <<'END'
mack: • tests | • backup | Odoo 1901 | 102 users
slackify-markdown: • [x] tests | • [ ] backup | Odoo 19.0.1 | 10*2 users
END
node convert.mjs >got
cat got
if ! diff want got >&2; then
	echo "CHANGED: < was, > is" >&2
	exit 1
fi
