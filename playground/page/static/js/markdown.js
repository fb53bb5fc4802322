// Draws the markdown block: standard Markdown, which is not mrkdwn. It covers
// what https://docs.slack.dev/reference/block-kit/blocks/markdown-block lists.

import { fragment, h, link } from './dom.js';
import { emoji, isEmoji } from './emoji.js';
import { scan } from './scan.js';

export function markdown(text) {
  const lines = String(text ?? '').replaceAll('\r\n', '\n').split('\n');
  const out = [];
  while (lines.length > 0) {
    const [, take] = starts.find(([pattern]) => pattern.test(lines[0]));
    out.push(take(lines));
  }
  return fragment(...out);
}

// starts tells by its first line what comes next; each taker removes the
// lines that it has drawn.
const starts = [
  [/^\s*$/, (lines) => { lines.shift(); return null; }],
  [/^```/, takeFence],
  [/^#{1,6}\s/, takeHeading],
  [/^\s*([-*_])\s*(\1\s*){2,}$/, (lines) => { lines.shift(); return h('hr'); }],
  [/^\s*>/, takeQuote],
  [/^\s*[-*+]\s/, (lines) => takeList(lines, 'ul', /^\s*[-*+]\s+(.*)$/)],
  [/^\s*\d+[.)]\s/, (lines) => takeList(lines, 'ol', /^\s*\d+[.)]\s+(.*)$/)],
  [/^\s*\|.*\|\s*$/, takeTable],
  [/^/, takeParagraph],
];

function takeWhile(lines, fits) {
  const end = lines.findIndex((line) => !fits(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function takeFence(lines) {
  lines.shift();
  const body = takeWhile(lines, (line) => !line.startsWith('```'));
  lines.shift();
  return h('pre', { class: 'code-block' }, h('code', {}, body.join('\n')));
}

function takeHeading(lines) {
  const [, marks, text] = /^(#{1,6})\s+(.*?)\s*#*$/.exec(lines.shift()) ?? ['', '#', ''];
  return h(`h${Math.min(6, marks.length + 2)}`, { class: `md-heading level-${marks.length}` }, inline(text));
}

function takeQuote(lines) {
  const body = takeWhile(lines, (line) => /^\s*>/.test(line)).map((line) => line.replace(/^\s*> ?/, ''));
  return h('blockquote', {}, markdown(body.join('\n')));
}

// takeList gathers items with the deeper lines that belong to each.
function takeList(lines, tag, mark) {
  const depth = indent(lines[0]);
  const own = (line) => mark.test(line) && indent(line) === depth;
  const items = [];
  while (lines.length > 0 && own(lines[0])) {
    const [, text] = mark.exec(lines.shift());
    const inner = takeWhile(lines, (line) => indent(line) > depth && line.trim() !== '');
    items.push(h('li', {}, task(text), inner.length ? markdown(outdent(inner)) : null));
  }
  return items.length ? h(tag, { class: 'md-list' }, items) : takeParagraph(lines);
}

function indent(line) {
  return /^\s*/.exec(line)[0].length;
}

function outdent(lines) {
  const by = Math.min(...lines.map(indent));
  return lines.map((line) => line.slice(by)).join('\n');
}

function task(text) {
  const box = /^\[([ xX])\]\s+(.*)$/.exec(text);
  if (!box) return inline(text);
  return fragment(h('input', { type: 'checkbox', disabled: true, checked: box[1] !== ' ' }), ' ', inline(box[2]));
}

function takeTable(lines) {
  const rows = takeWhile(lines, (line) => /^\s*\|.*\|\s*$/.test(line)).map(cells);
  const ruled = rows.length > 1 && rows[1].every((cell) => /^:?-+:?$/.test(cell));
  const body = ruled ? rows.slice(2) : rows;
  return h('div', { class: 'table-wrap' }, h('table', { class: 'table' },
    ruled ? h('thead', {}, h('tr', {}, rows[0].map((cell) => h('th', { scope: 'col' }, inline(cell))))) : null,
    h('tbody', {}, body.map((row) => h('tr', {}, row.map((cell) => h('td', {}, inline(cell))))))));
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function takeParagraph(lines) {
  const first = lines.shift();
  const rest = takeWhile(lines, (line) => starts.findIndex(([pattern]) => pattern.test(line)) === starts.length - 1);
  return h('p', {}, inline([first, ...rest].join('\n')));
}

const rules = [
  [/`([^`]+)`/y, ([, body]) => h('code', {}, body)],
  [/!?\[([^\]\n]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)/y, ([, label, url]) => link(url, inline(label || url))],
  [/<(https?:\/\/[^>\s]+)>/y, ([, url]) => link(url, url)],
  [/https?:\/\/[^\s<>)\]]*[^\s<>)\].,;:!?'"*_~]/y, ([url]) => link(url, url)],
  [/(\*\*|__)(?=\S)([\s\S]*?\S)\1/y, ([, , body]) => h('strong', {}, inline(body))],
  [/~~(?=\S)([\s\S]*?\S)~~/y, ([, body]) => h('s', {}, inline(body))],
  [/([*_])(?=[^\s*_])([^\n]*?[^\s*_])\1(?![\p{L}\p{N}])/uy, ([, , body], before) => (/[\p{L}\p{N}]/u.test(before) ? null : h('em', {}, inline(body)))],
  [/:([a-z0-9_+'-]+):/y, ([, name]) => (isEmoji(name) ? emoji(name) : null)],
  [/\\([\\`*_{}[\]()#+.!|~>-])/y, ([, character]) => document.createTextNode(character)],
];

function inline(text) {
  return scan(text, rules);
}
