// Reads a line of markup from left to right.

import { fragment } from './dom.js';
import { withEmoji } from './emoji.js';

// scan turns text into nodes. A rule is a sticky pattern and what makes a node
// of its match: make(match, before, context), where before is the character in
// front of it. The first rule that makes a node wins; text that no rule takes
// goes through clean.
export function scan(text, rules, { clean = (plain) => plain, context = null } = {}) {
  const nodes = [];
  let plain = '';
  for (let i = 0; i < text.length;) {
    const hit = match(text, i, rules, context);
    if (hit) {
      nodes.push(withEmoji(clean(plain)), hit.node);
      plain = '';
    } else {
      plain += text[i];
    }
    i += hit ? hit.length : 1;
  }
  return fragment(...nodes, withEmoji(clean(plain)));
}

function match(text, at, rules, context) {
  for (const [pattern, make] of rules) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    const node = found && make(found, text[at - 1] ?? ' ', context);
    if (node) return { node, length: found[0].length };
  }
  return null;
}
