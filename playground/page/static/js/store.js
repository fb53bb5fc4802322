// Remembers the workspace as this person sees it. Parts of the window
// subscribe to a topic and read what they need; nothing else changes the state.
// Topics: workspace (people, channels, who one is), messages, view, home,
// app, panel, guide, feed.

import { unreachable } from './api.js';
import { unread } from './reading.js';

export class Store {
  constructor() {
    this.listeners = {};
    this.feed = 'live';
    this.panel = null;
    this.guide = null;
    this.notices = [];
    this.here = { channel: '', thread: '' };
    this.load({}, '');
  }

  on(topic, listener) {
    (this.listeners[topic] ??= []).push(listener);
  }

  emit(topic, detail) {
    for (const listener of this.listeners[topic] ?? []) listener(detail);
  }

  // load replaces everything with a whole state.
  load(state, me) {
    if (this.me !== me) this.notices = [];
    this.me = me;
    this.team = state.team ?? { id: '', name: '' };
    this.people = byID(state.users);
    this.groups = byID(state.usergroups);
    this.channels = byID(state.channels);
    this.commands = state.commands ?? [];
    this.app = state.app ?? { name: '', connections: 0 };
    this.messages = new Map();
    for (const [channel, list] of Object.entries(state.messages ?? {})) this.messages.set(channel, new Map(list.map((message) => [message.ts, message])));
    this.ephemerals = new Map((state.ephemerals ?? []).map((message) => [ephemeralKey(message), message]));
    this.view = state.view ?? null;
    this.home = state.home ?? null;
    for (const topic of ['workspace', 'messages', 'view', 'home', 'app']) this.emit(topic);
  }

  // apply takes one event of the feed. A kind that is not known changes nothing.
  apply(event) {
    changes[event.kind]?.(this, event);
  }

  setFeed(status) {
    if (status === this.feed) return;
    this.feed = status;
    this.emit('feed');
    if (status === 'live') this.reached();
  }

  // reached takes back that the workspace can't be reached.
  reached() {
    const left = this.notices.filter((notice) => notice.text !== unreachable);
    if (left.length === this.notices.length) return;
    this.notices = left;
    this.emit('messages');
  }

  setPanel(panel) {
    this.panel = panel;
    this.emit('panel');
  }

  setGuide(guide) {
    this.guide = guide;
    this.emit('guide');
  }

  // tell adds a line that only this person sees, where they are now.
  tell(text, level = 'error') {
    const ts = (Date.now() / 1000).toFixed(6);
    this.notices.push({ ...this.here, ts, text, level });
    this.emit('messages', { notice: text });
  }

  dismiss(item) {
    if (item.kind === 'notice') this.notices = this.notices.filter((notice) => notice !== item.message);
    else this.ephemerals.delete(ephemeralKey(item.message));
    this.emit('messages');
  }

  // roots lists what stands in a channel itself, oldest first.
  roots(channel) {
    const messages = this.all(channel).filter((message) => !isReply(message));
    return this.items(channel, '', messages);
  }

  // thread lists a message and its replies.
  thread(channel, ts) {
    const messages = this.all(channel).filter((message) => message.ts === ts || message.thread_ts === ts);
    return this.items(channel, ts, messages);
  }

  items(channel, thread, messages) {
    const belongs = (one) => one.channel === channel && (one.thread ?? one.thread_ts ?? '') === thread;
    return [
      ...messages.map((message) => ({ kind: 'message', key: message.ts, message })),
      ...[...this.ephemerals.values()].filter(belongs).map((message) => ({ kind: 'ephemeral', key: `e${message.ts}`, message })),
      ...this.notices.filter(belongs).map((message) => ({ kind: 'notice', key: `n${message.ts}`, message })),
    ].sort((a, b) => a.message.ts - b.message.ts);
  }

  all(channel) {
    return [...(this.messages.get(channel)?.values() ?? [])];
  }

  // replies tells how many there are below a message, and when the last came.
  replies(message) {
    const replies = this.all(message.channel).filter((one) => isReply(one) && one.thread_ts === message.ts);
    const last = replies.reduce((latest, one) => (Number(one.ts) > Number(latest) ? one.ts : latest), '0');
    return { count: replies.length || (message.reply_count ?? 0), last };
  }

  // mine lists the channels this person is in.
  mine() {
    return [...this.channels.values()].filter((channel) => !channel.members || channel.members.includes(this.me));
  }

  unread(channel) {
    return unread(this.me, channel, this.all(channel).filter((message) => !isReply(message) && message.user !== this.me));
  }
}

const changes = {
  message(store, { message }) {
    if (!store.messages.has(message.channel)) store.messages.set(message.channel, new Map());
    const channel = store.messages.get(message.channel);
    const fresh = !channel.has(message.ts);
    channel.set(message.ts, message);
    store.emit('messages', fresh ? { message } : undefined);
  },
  message_deleted(store, { channel, ts }) {
    store.messages.get(channel)?.delete(ts);
    store.emit('messages');
  },
  ephemeral(store, { message }) {
    store.ephemerals.set(ephemeralKey(message), message);
    store.emit('messages', { message });
  },
  ephemeral_deleted(store, event) {
    store.ephemerals.delete(ephemeralKey(event));
    store.emit('messages');
  },
  view(store, { view }) {
    store.view = view ?? null;
    store.emit('view');
  },
  home(store, { view }) {
    store.home = view ?? null;
    store.emit('home');
  },
  app(store, { connections }) {
    store.app = { ...store.app, connections };
    store.emit('app');
  },
  notice: (store, { text, level }) => store.tell(text, level),
  panel: (store, { panel }) => store.setPanel(panel),
  guide: (store, { guide }) => store.setGuide(guide),
};

function byID(list) {
  return new Map((list ?? []).map((one) => [one.id, one]));
}

function ephemeralKey({ channel, ts }) {
  return `${channel}/${ts}`;
}

function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}
