#!/usr/bin/env bash
# @tryfabric/mack, which turns Markdown into Slack's blocks: an open item of a
# checklist looks like one that is done, and 19\.0\.1 becomes 1901.
#
#   - [x] tests            • tests
#   - [ ] backup           • backup
#   Odoo 19\.0\.1          Odoo 1901
#   10\*2 users            102 users
#
# The guess was that it keeps "[ ]" as text, or makes checkboxes of it, and that a
# backslash goes while the character behind it stays, as CommonMark has it. mack
# 1.2.1 drops both characters, and the state of the item, and reports nothing.
# slackify-markdown 5.0.0 keeps all four. Formatters of Markdown write such
# backslashes by themselves where a line would otherwise be a list or emphasis.
#
# A release bot that shows release notes or a pull request's checklist through
# such a converter shows an open item as done and names another version. Versions,
# numbers and states belong in fields of their own, not in converted text.
#
# Needs Node and npm. Takes some 20 seconds. Fails when a version behaves
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
