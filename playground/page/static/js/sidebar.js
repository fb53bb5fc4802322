// The left side: channels, the app, who one is, and whether the app is there.

import { avatar } from './avatar.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { menuButton } from './menu.js';
import { isDirect, title } from './names.js';
import { address } from './router.js';

export class Sidebar {
  // place answers what one looks at; become changes who one is.
  constructor(element, { store, place, become }) {
    Object.assign(this, { store, place, become });
    this.name = h('div', { class: 'workspace-name' });
    this.places = h('nav', { 'aria-label': 'Channels and apps' });
    this.lamp = h('div');
    this.me = h('div', { class: 'person' });
    fill(element, this.name, this.places, this.lamp, this.me);
    store.on('workspace', () => this.drawPerson());
  }

  // render draws what changes with every message. Who one is stays as it
  // stands, since its menu may be open.
  render() {
    const channels = this.store.mine();
    const direct = channels.filter(isDirect);
    const focused = this.places.contains(document.activeElement) && document.activeElement.getAttribute('href');
    fill(this.places,
      group('Channels', channels.filter((one) => !isDirect(one)).map((one) => this.channel(one))),
      direct.length ? group('Direct messages', direct.map((one) => this.channel(one))) : null,
      group('Apps', [this.app()]));
    fill(this.lamp, this.connection());
    if (focused) this.places.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }

  channel(channel) {
    const count = this.store.unread(channel.id);
    const name = title(channel, this.store);
    return this.entry(channel.id, { 'data-open-channel': channel.id, class: count ? 'place unread' : 'place' },
      isDirect(channel) ? avatar({ id: channel.id, name, is_bot: name === this.store.app.name }, 'tiny') : h('span', { class: 'place-mark', 'aria-hidden': 'true' }, '#'), h('span', { class: 'place-name' }, name),
      count ? h('span', { class: 'badge' }, String(count), h('span', { class: 'sr-only' }, ' unread')) : null);
  }

  app() {
    const bot = [...this.store.people.values()].find((one) => one.is_bot && one.name === this.store.app.name);
    return this.entry('home', { 'data-open-home': '', class: 'place' }, avatar(bot ?? { name: this.store.app.name, is_bot: true }, 'tiny'), h('span', { class: 'place-name' }, this.store.app.name || 'App'), h('span', { class: 'place-note' }, 'Home'));
  }

  entry(place, attributes, ...content) {
    const current = this.place().place === place;
    return h('li', {}, h('a', { href: address({ user: this.store.me, place }), 'aria-current': current ? 'page' : null, ...attributes }, ...content));
  }

  // connection says in words whether an app takes what is typed here.
  connection() {
    const { name, connections } = this.store.app;
    if (this.store.feed === 'lost') return line('lost', 'This page lost the workspace and keeps trying.');
    if (!connections) return line('off', 'No app is connected');
    return line('on', `${name} is connected, ${connections}\u00a0${connections === 1 ? 'socket' : 'sockets'}`);
  }

  drawPerson() {
    const me = this.store.people.get(this.store.me);
    fill(this.name, h('strong', {}, this.store.team.name || 'Workspace'), h('span', {}, 'practice workspace'));
    fill(this.me, me && menuButton({ class: 'person-button', 'aria-label': `You are ${me.real_name || me.name}. Be someone else`, 'data-switch-user': '' }, card(me), () => this.people()));
  }

  people() {
    return [...this.store.people.values()].filter((one) => !one.is_bot).map((one) => ({
      label: [avatar(one, 'small'), h('span', {}, one.real_name || one.name)],
      description: one.title || (one.is_guest ? 'Guest' : ''),
      checked: one.id === this.store.me,
      attributes: { 'data-become': one.id },
      choose: () => this.become(one.id),
      beside: h('a', { class: 'icon-only', href: address({ user: one.id, place: this.place().place }), target: '_blank', rel: 'noopener', 'aria-label': `Be ${one.real_name || one.name} in a second window`, title: 'In a second window' }, icon('window')),
    }));
  }
}

function card(person) {
  return [avatar(person), h('span', { class: 'person-text' },
    h('span', { class: 'person-name' }, person.real_name || person.name),
    h('span', { class: 'person-title' }, person.title || (person.is_guest ? 'Guest' : 'Member'))), icon('chevron')];
}

function group(name, entries) {
  return [h('h2', {}, name), h('ul', {}, entries)];
}

function line(state, text) {
  return h('p', { class: `connection ${state}`, role: 'status', 'data-connection': state }, h('span', { class: 'lamp', 'aria-hidden': 'true' }), h('span', {}, text));
}
