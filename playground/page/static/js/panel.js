// The practice panel breaks and mends the world that the app works against.

import { api } from './api.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { drawSwitch, isGood, switchesOf } from './switch.js';

export class Panel {
  constructor(element, button, { store }) {
    Object.assign(this, { element, button, store });
    this.summary = h('p', { class: 'quiet', role: 'status', 'data-panel-summary': '' });
    this.search = h('input', { type: 'search', class: 'panel-search', placeholder: 'Find a switch', 'aria-label': 'Find a switch', oninput: () => this.draw() });
    this.groups = h('div', { class: 'panel-groups' });
    fill(element, h('header', { class: 'panel-head' }, h('h2', {}, 'Practice panel'), this.summary, this.search,
      h('button', { type: 'button', class: 'icon-only', 'aria-label': 'Close the practice panel', onclick: () => this.toggle(false) }, icon('close'))), this.groups);
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
    if (open) this.search.focus();
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
    fill(this.summary, broken.length === 0 ? 'Everything works.' : `Broken now: ${broken.map((one) => one.title).join(', ')}.`);
    this.draw();
  }

  // draw shows the switches that have what is searched for in their words.
  draw() {
    const focused = this.groups.contains(document.activeElement) ? document.activeElement.dataset : null;
    const groups = this.store.panel.groups.map((group) => ({ ...group, switches: group.switches.filter((one) => hasWords(group, one, this.search.value)) }));
    const found = groups.filter((group) => group.switches.length > 0);
    fill(this.groups, found.length ? found.map((group) => this.group(group)) : h('p', { class: 'quiet' }, 'No switch has these words.'));
    if (focused?.switch) this.groups.querySelector(`[data-switch="${CSS.escape(focused.switch)}"] input:checked`)?.focus();
  }

  group(group) {
    return h('section', { class: 'panel-group' }, h('h3', {}, group.title), group.switches.map((one) => drawSwitch(one, (state) => this.turn(one, state))));
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

// hasWords reports whether a switch, with its states and its group, has every word of a text.
function hasWords(group, one, text) {
  const said = [group.title, one.title, one.help, ...one.states.map((state) => state.title)].join(' ').toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => said.includes(word));
}
