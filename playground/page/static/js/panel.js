// The practice panel breaks and mends the world that the app works against.

import { api } from './api.js';
import { fill, h, uniqueID } from './dom.js';
import { icon } from './icons.js';

export class Panel {
  constructor(element, button, { store }) {
    Object.assign(this, { element, button, store });
    button.addEventListener('click', () => this.toggle(element.hidden));
    element.addEventListener('keydown', (event) => event.key === 'Escape' && this.toggle(false));
    store.on('panel', () => this.render());
  }

  // load asks for the switches. A workspace without any has no panel.
  async load() {
    try {
      this.store.setPanel(await api.panel());
    } catch {
      this.store.setPanel(null);
    }
  }

  toggle(open) {
    this.element.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (open) this.element.querySelector('input:checked')?.focus();
    else this.button.focus();
  }

  render() {
    const { panel } = this.store;
    this.button.hidden = !panel;
    if (!panel) {
      this.element.hidden = true;
      return;
    }
    const broken = switchesOf(panel).filter((one) => !isGood(one));
    fill(this.button, icon('sliders'), h('span', { class: 'panel-button-label' }, 'Practice panel'), broken.length ? h('span', { class: 'badge' }, `${broken.length} broken`) : null);
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset : null;
    fill(this.element, this.head(broken), h('div', { class: 'panel-groups' }, panel.groups.map((group) => this.group(group))));
    if (focused?.switch) this.element.querySelector(`[data-switch="${CSS.escape(focused.switch)}"] input:checked`)?.focus();
  }

  head(broken) {
    const summary = broken.length === 0 ? 'Everything works.' : `Broken now: ${broken.map((one) => one.title).join(', ')}.`;
    return h('header', { class: 'panel-head' }, h('h2', {}, 'Practice panel'), h('p', { class: 'quiet', role: 'status', 'data-panel-summary': '' }, summary),
      h('button', { type: 'button', class: 'icon-only', 'aria-label': 'Close the practice panel', onclick: () => this.toggle(false) }, icon('close')));
  }

  group(group) {
    return h('section', { class: 'panel-group' }, h('h3', {}, group.title), group.switches.map((one) => this.switch(one)));
  }

  switch(one) {
    const name = uniqueID('switch');
    const good = isGood(one);
    return h('fieldset', { class: `switch${good ? '' : ' broken'}`, 'data-switch': one.id, 'data-state': one.state },
      h('legend', {}, one.title, good ? null : h('span', { class: 'broken-word' }, 'broken')),
      one.help ? h('p', { class: 'quiet' }, one.help) : null,
      h('div', { class: 'segments' }, one.states.map((state) => h('label', { class: state.good ? 'segment good' : 'segment bad' },
        h('input', { type: 'radio', name, value: state.id, checked: state.id === one.state, 'data-switch': one.id, 'data-state': state.id, onchange: () => this.turn(one, state) }), h('span', {}, state.title)))));
  }

  async turn(one, state) {
    try {
      this.store.setPanel(await api.turn(one.id, state.id));
    } catch (error) {
      this.store.tell(error.message);
      this.render();
    }
  }
}

function switchesOf(panel) {
  return panel.groups.flatMap((group) => group.switches);
}

function isGood(one) {
  return one.states.find((state) => state.id === one.state)?.good !== false;
}
