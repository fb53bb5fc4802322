// Draws one message, one ephemeral message, or one notice.

import { api } from './api.js';
import { avatar } from './avatar.js';
import { blocks } from './blocks.js';
import { h } from './dom.js';
import { emoji } from './emoji.js';
import { icon } from './icons.js';
import { image, isOurs } from './image.js';
import { mrkdwn } from './mrkdwn.js';
import { Surface } from './surface.js';
import { clock, dateOf, fullTime } from './time.js';

// drawMessage makes the list entry of an item and, where it has blocks, its
// surface. window offers names and openThread.
export function drawMessage(item, { store, window, replies, continued, inThread, seed }) {
  const { message } = item;
  const surface = new Surface({
    names: window.names,
    seed,
    tell: (text) => store.tell(text),
    send: (action) => api.press({ user: store.me, channel: message.channel, ts: message.ts, ...action }),
  });
  const open = () => window.openThread(message.thread_ts || message.ts);
  const author = authorOf(item, store);
  const node = h('li', { class: `message ${item.kind}${continued ? ' continued' : ''}`, 'data-channel': message.channel, 'data-ts': message.ts, 'data-kind': item.kind, 'data-user': message.user },
    h('div', { class: 'message-side' }, continued ? timeOf(message) : avatar(author)),
    h('div', { class: 'message-main' },
      item.kind === 'message' ? null : onlyYou(() => store.dismiss(item)),
      continued ? h('span', { class: 'sr-only' }, nameOf(message, author)) : heading(message, author),
      content(item, surface, window.names),
      message.edited ? h('span', { class: 'edited' }, '(edited)') : null,
      (message.files ?? []).map(file),
      message.reactions?.length ? h('div', { class: 'reactions' }, message.reactions.map((one) => reaction(one, window.names))) : null,
      !inThread && replies.count > 0 ? threadSummary(replies, open) : null),
    !inThread && item.kind === 'message' ? tools(open) : null);
  return { node, surface };
}

function authorOf({ kind, message }, store) {
  if (kind === 'notice') return { id: 'slackbot', name: 'Slackbot', is_bot: true };
  return store.people.get(message.user) ?? { id: message.user, name: message.username, is_bot: message.is_bot };
}

// nameOf is the name that an app chose for its message, or a person's own.
function nameOf(message, author) {
  return (author.is_bot && message.username) || author.real_name || author.name || message.user;
}

function heading(message, author) {
  return h('div', { class: 'message-head' },
    h('span', { class: 'author' }, nameOf(message, author)),
    author.is_bot ? h('span', { class: 'app-badge' }, 'APP') : null,
    author.is_guest ? h('span', { class: 'app-badge' }, 'GUEST') : null,
    timeOf(message));
}

function timeOf(message) {
  const date = dateOf(message.ts);
  return h('time', { datetime: date.toISOString(), title: fullTime(date) }, clock(date));
}

function onlyYou(dismiss) {
  return h('div', { class: 'only-you' }, icon('eye'), h('span', {}, 'Only visible to you'), h('button', { type: 'button', class: 'link-button', 'data-dismiss': '', onclick: dismiss }, 'Dismiss'));
}

function content({ kind, message }, surface, names) {
  if (kind === 'notice') return h('div', { class: `notice-text level-${message.level === 'info' ? 'info' : 'error'}`, role: 'alert' }, message.text);
  if (message.blocks?.length) return h('div', { class: 'content' }, blocks(message.blocks, surface));
  return h('div', { class: 'content text' }, mrkdwn(message.text, names));
}

function file(one) {
  const url = one.url ?? one.url_private ?? '';
  const name = one.title || one.name || one.id;
  if (one.mimetype?.startsWith('image/')) return image({ image_url: url, alt_text: name }, 'block-image');
  return h('div', { class: 'file-chip', 'data-file': one.id }, icon('file'), isOurs(url) ? h('a', { href: url, target: '_blank', rel: 'noopener' }, name) : h('span', {}, name), one.size ? h('span', { class: 'quiet' }, size(one.size)) : null);
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} kB`;
}

function reaction({ name, users = [], count }, names) {
  const who = users.map((user) => names.user(user) ?? user).join(', ');
  return h('span', { class: 'reaction', title: who, 'data-reaction': name }, emoji(name), String(count ?? users.length));
}

function threadSummary({ count, last }, open) {
  return h('button', { type: 'button', class: 'thread-summary', 'data-thread': '', onclick: open }, icon('thread'),
    h('strong', {}, count === 1 ? '1 reply' : `${count} replies`), last === '0' ? null : h('span', { class: 'quiet' }, `Last at ${clock(dateOf(last))}`));
}

function tools(open) {
  return h('div', { class: 'message-tools' }, h('button', { type: 'button', class: 'icon-only', 'aria-label': 'Reply in thread', title: 'Reply in thread', 'data-reply': '', onclick: open }, icon('thread')));
}
