// Draws Slack's own markup, mrkdwn, as
// https://docs.slack.dev/messaging/formatting-message-text describes it.

import { fragment, h, link } from './dom.js';
import { emoji, isEmoji, withEmoji } from './emoji.js';
import { scan } from './scan.js';
import { formatDate } from './time.js';

// mrkdwn turns text into nodes. names finds people, channels and groups:
// names.user(id), names.channel(id), names.group(id).
export function mrkdwn(text, names) {
  const parts = String(text ?? '').split(/```([\s\S]+?)```/);
  return fragment(...parts.map((part, i) => (i % 2 ? fence(part) : paragraphs(part, names))));
}

function fence(body) {
  return h('pre', { class: 'code-block' }, h('code', {}, unescape(body.replace(/^\n|\n$/g, ''))));
}

// paragraphs gathers lines of one kind: quoted, listed or neither.
function paragraphs(text, names) {
  const out = [];
  for (const { kind, lines } of runs(text)) {
    if (kind === 'quote') out.push(h('blockquote', {}, inline(lines.join('\n'), names)));
    else if (kind === 'item') out.push(...lines.map((line) => item(line, names)));
    else out.push(inline(lines.join('\n'), names));
  }
  return fragment(...out);
}

function runs(text) {
  const found = [];
  for (const line of text.split('\n')) {
    const [kind, body] = classify(line);
    if (found.at(-1)?.kind === kind) found.at(-1).lines.push(body);
    else found.push({ kind, lines: [body] });
  }
  return found;
}

function classify(line) {
  const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
  if (quote) return ['quote', quote[1]];
  return [/^\s*(?:[•◦▪-]|\d+\.)\s/.test(line) ? 'item' : 'text', line];
}

function item(line, names) {
  const [, indent, mark, body] = /^(\s*)([•◦▪-]|\d+\.)\s+(.*)$/.exec(line) ?? ['', '', '', '', line];
  return h('div', { class: `item indent-${Math.min(3, Math.floor(indent.length / 2))}` }, h('span', { class: 'item-mark' }, mark), h('span', {}, inline(body, names)));
}

// rules are how a line reads from left to right.
const rules = [
  [/`([^`\n]+)`/y, ([, body]) => h('code', {}, unescape(body))],
  [/<([^<>\n]+)>/y, ([, body], before, names) => reference(body, names)],
  [/:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/y, ([, name]) => (isEmoji(name.replace(/::.*/, '')) ? emoji(name) : null)],
  [/https?:\/\/[^\s<>|"]*[^\s<>|".,;:!?)\]'*_~]/y, ([url]) => link(unescape(url), unescape(url))],
  [/([*_~])(?!\s|\1)([^\n]*?\S)\1(?![\p{L}\p{N}])/uy, styled],
];

const styles = { '*': 'strong', _: 'em', '~': 's' };

function styled([, mark, body], before, names) {
  if (/[\p{L}\p{N}]/u.test(before)) return null;
  return h(styles[mark], {}, inline(body, names));
}

function inline(text, names) {
  return scan(text, rules, { clean: unescape, context: names });
}

function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>' })[name]);
}

// reference draws what stands between angle brackets.
function reference(body, names) {
  const bar = body.indexOf('|');
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? '' : unescape(body.slice(bar + 1));
  if (target.startsWith('@')) return mention(`@${names.user(target.slice(1)) ?? (label || target.slice(1))}`, names.isMe(target.slice(1)));
  if (target.startsWith('#')) return mention(`#${names.channel(target.slice(1)) ?? (label || target.slice(1))}`);
  if (target.startsWith('!')) return special(target.slice(1), label, names);
  return link(unescape(target), label ? withEmoji(label) : unescape(target).replace(/^mailto:/, ''));
}

function special(target, label, names) {
  if (target.startsWith('subteam^')) return group(target.slice(8), names, label.replace(/^@/, ''));
  if (target.startsWith('date^')) return date(target.slice(5), label);
  return broadcast(target);
}

function date(target, fallback) {
  const [seconds, format = '{date_num}', url] = target.split('^');
  if (!/^\d+$/.test(seconds)) return document.createTextNode(fallback);
  const text = h('time', { datetime: new Date(seconds * 1000).toISOString(), title: fallback }, formatDate(seconds, format));
  return url ? link(unescape(url), text) : text;
}

export function group(id, names, fallback = '') {
  const found = names.group(id);
  return mention(`@${found?.handle ?? (fallback || id)}`, found?.users?.some((user) => names.isMe(user)));
}

export function broadcast(range) {
  return mention(`@${range}`, true);
}

// mention shows a name; one that means the reader stands out.
export function mention(text, mine = false) {
  return h('span', { class: mine ? 'mention mine' : 'mention' }, text);
}
