// Wires the window: the feed fills the store, and each part draws what the
// store says about the place that the address names.

import { Composer } from './composer.js';
import { fill, h } from './dom.js';
import { Feed } from './feed.js';
import { Guide } from './guide.js';
import { Home } from './home.js';
import { icon } from './icons.js';
import { MessageList } from './messages.js';
import { Modal } from './modal.js';
import { isDirect, names, title } from './names.js';
import { Panel } from './panel.js';
import { markRead } from './reading.js';
import { go, read } from './router.js';
import { Sidebar } from './sidebar.js';
import { Store } from './store.js';

const part = (id) => document.getElementById(id);
const store = new Store();
const context = { store, names: names(store) };
const shared = { names: context.names, openThread: (thread) => go({ ...place, thread }) };
const feed = new Feed({ load: (state, user) => store.load(state, user), apply: (event) => store.apply(event), status: (status) => store.setFeed(status) });

let place = { user: '', place: '', thread: '' };

const sidebar = new Sidebar(part('sidebar'), { store, place: () => place, become: (user) => go({ user, place: place.place }) });
const list = new MessageList(part('messages'), { store, window: shared, select: () => store.roots(place.place) });
const thread = new MessageList(part('thread-messages'), { store, window: shared, select: () => store.thread(place.place, place.thread), inThread: true });
const home = new Home(part('home'), context);
const panel = new Panel(part('panel'), part('panel-button'), { store });
const composer = new Composer(part('composer'), { store, target: () => ({ channel: place.place, thread: '', label: `Message ${placeName()}` }) });
const threadComposer = new Composer(part('thread-composer'), { store, target: () => ({ channel: place.place, thread: place.thread, label: 'Reply…' }) });
const guide = new Guide(part('guide'), part('guide-button'), { store, place: () => place, move: go, write: (text) => composer.write(text), turn: (one, state) => panel.turn(one, state) });
new Modal(context);

function placeName() {
  const channel = store.channels.get(place.place);
  if (!channel) return store.app.name;
  return isDirect(channel) ? title(channel, store) : `#${channel.name}`;
}

// follow takes up the address: another person means another feed.
function follow() {
  const wanted = read();
  const moved = wanted.place !== place.place || wanted.user !== place.user;
  const otherThread = moved || wanted.thread !== place.thread;
  place = wanted;
  store.here = { channel: place.place, thread: place.thread };
  if (moved) list.reset();
  if (otherThread) thread.reset();
  if (feed.user !== place.user) feed.follow(place.user);
  else arrive(moved, otherThread);
}

// settle chooses a person, and then a place, where the address names none
// that exist.
function settle() {
  const people = context.names.people();
  if (people.length === 0) return;
  const open = place.place === 'home' || store.mine().some((channel) => channel.id === place.place);
  if (!store.people.has(place.user)) go({ ...place, user: people[0].id }, { replace: true });
  else if (!open) go({ user: place.user, place: store.mine()[0]?.id ?? 'home' }, { replace: true });
  else arrive(true, true);
}

// arrive shows the place anew.
function arrive(moved, otherThread) {
  part('window').classList.remove('show-sidebar');
  drawPlace();
  if (moved && place.place === 'home') home.open();
  if (moved) composer.show();
  if (otherThread) threadComposer.show();
  if (moved && !place.thread && place.place !== 'home') composer.focus();
  if (otherThread && place.thread) threadComposer.focus();
  guide.arrive();
}

function drawPlace() {
  const isHome = place.place === 'home';
  part('channel').hidden = isHome;
  part('home').hidden = !isHome;
  part('thread').hidden = isHome || !place.thread;
  drawHeader(isHome);
  drawMessages();
  sidebar.render();
}

function drawHeader(isHome) {
  const channel = store.channels.get(place.place);
  const about = isHome ? 'Home' : [channel?.topic, channel?.members && `${channel.members.length} members`].filter(Boolean).join(' · ');
  fill(part('place-title'), isHome ? store.app.name : placeName());
  fill(part('place-about'), about);
  fill(part('thread-about'), placeName());
  document.title = `${isHome ? store.app.name : placeName()} · ${store.team.name}`;
}

function drawMessages() {
  if (place.place === 'home') return;
  list.render();
  if (place.thread) thread.render();
  const last = store.all(place.place).at(-1);
  if (last && !document.hidden) markRead(store.me, place.place, last.ts);
}

// announce reads out, for those who listen to the page, what is new.
function announce({ message, notice } = {}) {
  if (notice) part('announcer').textContent = notice;
  if (!message || message.user === store.me || message.channel !== place.place) return;
  part('announcer').textContent = `${context.names.user(message.user) ?? message.username}: ${message.text}`;
}

function drawFeed() {
  part('lost').hidden = store.feed !== 'lost';
  sidebar.render();
}

fill(part('menu-button'), icon('menu'));
fill(part('thread-close'), icon('close'));
part('menu-button').addEventListener('click', () => part('window').classList.toggle('show-sidebar'));
part('backdrop').addEventListener('click', () => part('window').classList.remove('show-sidebar'));
part('thread-close').addEventListener('click', () => go({ ...place, thread: '' }));
part('thread').addEventListener('keydown', (event) => event.key === 'Escape' && !event.defaultPrevented && go({ ...place, thread: '' }));
document.addEventListener('visibilitychange', () => !document.hidden && drawPlace());

store.on('workspace', settle);
store.on('workspace', () => store.me && panel.load());
store.on('workspace', () => store.me && guide.load());
store.on('messages', (detail) => {
  drawMessages();
  sidebar.render();
  announce(detail);
});
store.on('home', () => place.place === 'home' && home.render());
store.on('app', () => sidebar.render());
store.on('feed', drawFeed);
window.addEventListener('hashchange', follow);
follow();
