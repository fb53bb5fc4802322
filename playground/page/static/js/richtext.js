// Draws rich_text blocks, as
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block lists them.

import { emoji, withEmoji } from './emoji.js';
import { fragment, h, link } from './dom.js';
import { broadcast, group, mention } from './mrkdwn.js';
import { formatDate } from './time.js';
import { unsupported } from './unsupported.js';

export function richText(elements, names) {
  return fragment(...(elements ?? []).map((element) => part(element, names)));
}

const parts = {
  rich_text_section: (e, names) => h('div', { class: 'rich-section' }, spans(e, names)),
  rich_text_preformatted: (e, names) => h('pre', { class: 'code-block' }, h('code', {}, spans(e, names))),
  rich_text_quote: (e, names) => h('blockquote', {}, spans(e, names)),
  rich_text_list: list,
};

function part(element, names) {
  return (parts[element.type] ?? unsupported)(element, names);
}

function list(element, names) {
  const ordered = element.style === 'ordered';
  const kind = { class: `rich-list indent-${Math.min(8, element.indent ?? 0)}`, start: ordered && element.offset ? element.offset + 1 : null };
  return h(ordered ? 'ol' : 'ul', kind, (element.elements ?? []).map((item) => h('li', {}, part(item, names))));
}

function spans(element, names) {
  return (element.elements ?? []).map((span) => dress(leaf(span, names), span.style));
}

const leaves = {
  text: (e) => withEmoji(e.text ?? ''),
  link: (e) => link(e.url, e.text || e.url),
  emoji: (e) => emoji(e.name),
  user: (e, names) => mention(`@${names.user(e.user_id) ?? e.user_id}`, names.isMe(e.user_id)),
  channel: (e, names) => mention(`#${names.channel(e.channel_id) ?? e.channel_id}`),
  usergroup: (e, names) => group(e.usergroup_id, names),
  team: (e, names) => mention(`@${names.team()}`),
  broadcast: (e) => broadcast(e.range),
  date: (e) => h('time', { title: e.fallback ?? '' }, formatDate(e.timestamp, e.format)),
  color: (e) => h('code', {}, e.value),
  tag: (e) => h('span', { class: `tag tag-${/^\w+$/.test(e.color ?? '') ? e.color : 'gray'}` }, e.text),
};

// leaf draws one run of a line. Kinds that are only a link with a name, of
// which there are more each year, are drawn as that.
function leaf(span, names) {
  if (leaves[span.type]) return leaves[span.type](span, names);
  return span.url && span.text ? link(span.url, span.text) : unsupported(span);
}

const dressing = [['code', 'code'], ['strike', 's'], ['italic', 'em'], ['bold', 'strong'], ['underline', 'u'], ['highlight', 'mark']];

function dress(node, style = {}) {
  return dressing.reduce((inner, [name, tag]) => (style?.[name] ? h(tag, {}, inner) : inner), node);
}
