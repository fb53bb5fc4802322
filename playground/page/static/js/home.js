// Shows the app's Home tab.

import { api } from './api.js';
import { blocks } from './blocks.js';
import { fill, h } from './dom.js';
import { Surface } from './surface.js';

export class Home {
  constructor(element, { store, names }) {
    Object.assign(this, { element, store, names, view: undefined });
  }

  // open tells the app that this person looks, so that it can make the tab true.
  open() {
    this.render();
    api.home(this.store.me).catch((error) => this.store.tell(error.message));
  }

  render() {
    const { home } = this.store;
    if (home === this.view) return;
    const seed = home && this.view?.id === home.id ? this.surface.typed() : home?.state?.values;
    this.view = home;
    this.surface = new Surface({
      names: this.names,
      seed,
      tell: (text) => this.store.tell(text),
      send: (action) => api.press({ user: this.store.me, view_id: home.id, ...action }),
    });
    fill(this.element, home ? h('div', { class: 'home-page', 'data-view-id': home.id }, blocks(home.blocks, this.surface)) : empty(this.store.app.name));
  }
}

function empty(app) {
  return h('div', { class: 'empty' }, h('h2', {}, 'Nothing here yet'), h('p', {}, `${app || 'The app'} fills this page once it is connected and has something for you.`));
}
