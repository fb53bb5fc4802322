// Keeps a list of messages true on the screen. A message that did not
// change keeps its element, so that a person who is just filling in another
// one is not disturbed.

import { h } from './dom.js';
import { drawMessage } from './message.js';
import { dateOf, day } from './time.js';

const step = 150;
const togetherFor = 300;

export class MessageList {
  // select answers the items to show; inThread says that they are a thread.
  constructor(element, { store, window, select, inThread = false }) {
    Object.assign(this, { element, store, window, select, inThread });
    this.reset();
    element.addEventListener('scroll', () => { this.atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 60; });
    new ResizeObserver(() => this.settle()).observe(element);
  }

  // reset forgets what stands there, for another channel or thread.
  reset() {
    this.drawn = new Map();
    this.limit = step;
    this.atEnd = true;
    this.element.replaceChildren();
  }

  render() {
    const items = this.select();
    const shown = items.slice(-this.limit);
    const nodes = shown.flatMap((item, i) => this.entries(item, shown[i - 1]));
    if (items.length > shown.length) nodes.unshift(this.earlier());
    if (items.length === 0) nodes.push(this.beginning());
    const keys = new Set(shown.map((item) => item.key));
    for (const key of this.drawn.keys()) if (!keys.has(key)) this.drawn.delete(key);
    arrange(this.element, nodes);
    this.settle();
  }

  settle() {
    if (this.atEnd) this.element.scrollTop = this.element.scrollHeight;
  }

  // entries are the message, and before it the day where a new one begins.
  entries(item, before) {
    const today = day(dateOf(item.message.ts));
    const newDay = !before || day(dateOf(before.message.ts)) !== today;
    const node = this.entry(item, !newDay && continues(item, before));
    return newDay ? [h('li', { class: 'day' }, h('span', {}, today)), node] : [node];
  }

  // entry is the element of a message: the one that stands, if it is still true.
  entry(item, continued) {
    const replies = this.inThread ? { count: 0, last: '0' } : this.store.replies(item.message);
    const look = `${continued} ${replies.count} ${replies.last} ${this.store.people.size}`;
    const old = this.drawn.get(item.key);
    if (old?.message === item.message && old.look === look) return old.node;
    const made = drawMessage(item, { store: this.store, window: this.window, inThread: this.inThread, replies, continued, seed: old?.surface.typed() });
    this.drawn.set(item.key, { ...made, message: item.message, look });
    if (old) handOver(old.node, made.node);
    return made.node;
  }

  beginning() {
    const { app } = this.store;
    return h('li', { class: 'beginning' }, h('strong', {}, 'Nothing has been said here yet.'), h('span', {}, `Type / to see the commands of ${app.name || 'the app'}, or mention it with @.`));
  }

  earlier() {
    const more = () => {
      this.limit += step;
      this.atEnd = false;
      this.render();
    };
    return h('li', { class: 'earlier' }, h('button', { type: 'button', class: 'link-button', onclick: more }, 'Show earlier messages'));
  }
}

// continues tells whether a message goes on where the same person's last one
// ended, and needs no heading of its own. What an app lays out in blocks does.
function continues(item, before) {
  const plain = [item, before].every((one) => one.kind === 'message' && !one.message.blocks?.length);
  const soon = item.message.ts - before.message.ts < togetherFor;
  return plain && soon && item.message.user === before.message.user && item.message.username === before.message.username;
}

// arrange makes the list hold these nodes in this order, moving as few as it can.
function arrange(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => {
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
  });
}

// handOver puts a new element in an old one's place, and the focus with it.
function handOver(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (!focused) return;
  const { actionId, blockId } = focused.dataset;
  const twin = [...fresh.querySelectorAll('[data-action-id]')].find((node) => node.dataset.actionId === actionId && node.dataset.blockId === blockId);
  twin?.focus();
}
