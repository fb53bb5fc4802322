// The guide leads through a story: what to type and press next, and as whom. The workspace ticks its steps.

import { api } from './api.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { drawSwitch, switchesOf } from './switch.js';

const memory = 'gonogo.guide';
const roomy = '(min-width: 1200px)';

export class Guide {
  // place answers who and where one is, move changes it, write puts a text where one types, and turn turns a switch.
  constructor(element, button, { store, place, move, write, turn }) {
    Object.assign(this, { element, button, store, place, move, write, turn });
    this.wanted = sessionStorage.getItem(memory) !== 'closed';
    button.addEventListener('click', () => this.toggle(element.hidden));
    element.addEventListener('keydown', (event) => event.key === 'Escape' && this.toggle(false));
    store.on('guide', () => this.render());
    store.on('panel', () => this.render());
  }

  // load asks for the guide. A workspace without a story has none.
  async load() {
    if (!this.store.guide) this.store.setGuide(await api.guide().catch(() => null));
  }

  toggle(open) {
    this.wanted = open;
    sessionStorage.setItem(memory, open ? 'open' : 'closed');
    this.show(open);
    (open ? this.element.querySelector('button') : this.button).focus();
  }

  show(open) {
    this.element.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
  }

  // arrive draws what depends on who and where one is, and types what was asked for on the way.
  arrive() {
    this.render();
    const { user, place } = this.place();
    if (this.typing?.user !== user || this.typing.channel !== place) return;
    this.write(this.typing.text);
    this.typing = null;
  }

  render() {
    const { guide } = this.store;
    const first = this.button.hidden;
    this.button.hidden = !guide;
    if (!guide) {
      this.show(false);
      return;
    }
    if (first) this.show(this.wanted && matchMedia(roomy).matches);
    const { steps, done } = guide;
    const now = steps.find((step) => !done.includes(step.id));
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset : {};
    fill(this.button, icon('check'), h('span', { class: 'panel-button-label' }, 'Guide'), h('span', { class: 'guide-count' }, `${done.length} of ${steps.length}`));
    fill(this.element, this.head(guide), h('ol', { class: 'guide-steps' }, steps.map((step) => this.step(step, step === now))), now ? null : this.ending(guide));
    if (focused.state) this.element.querySelector(`[data-state="${CSS.escape(focused.state)}"]:checked`)?.focus();
    if (now?.id !== this.at) this.element.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
    this.at = now?.id;
  }

  head({ title, steps, done }) {
    return h('header', { class: 'guide-head' },
      h('div', { class: 'place-words' }, h('h2', {}, title), h('progress', { max: steps.length, value: done.length, 'aria-label': `${done.length} of ${steps.length} steps done` })),
      h('button', { type: 'button', class: 'icon-only', 'aria-label': 'Close the guide', onclick: () => this.toggle(false) }, icon('close')));
  }

  step(step, now) {
    const done = this.store.guide.done.includes(step.id);
    return [
      step.chapter ? h('li', { class: 'guide-chapter' }, h('h3', {}, step.chapter)) : null,
      h('li', { class: done ? 'guide-step done' : 'guide-step', 'data-step': step.id, 'aria-current': now ? 'step' : null },
        h('span', { class: 'guide-mark' }, done ? [icon('check'), h('span', { class: 'sr-only' }, 'Done: ')] : null),
        h('div', { class: 'guide-words' }, h('p', { class: 'guide-title' }, step.title), now ? this.details(step) : null)),
    ];
  }

  // details are the acts of a step, in the order in which they are done.
  details(step) {
    return [
      h('p', { class: 'quiet' }, step.about),
      step.turn ? this.switch(step.turn) : null,
      step.type ? this.typed(step) : null,
      this.people(step),
      this.presses(step),
      h('button', { type: 'button', class: 'guide-skip', onclick: () => this.skip(step) }, 'Skip this step'),
    ];
  }

  typed(step) {
    const [user] = step.as;
    return [
      h('code', { class: 'guide-code' }, step.type),
      h('button', { type: 'button', class: 'button', 'data-guide-type': step.id, onclick: () => this.type(user, step) }, this.isMe(user) ? 'Type it for me' : `Become ${this.name(user)} and type it`),
    ];
  }

  // people are those to become for what is pressed and not typed.
  people(step) {
    if (step.type || !step.press) return null;
    return h('p', { class: 'guide-people' }, step.as.map((user) => h('button', { type: 'button', class: 'button', disabled: this.isMe(user) && this.place().place === step.channel, 'data-guide-become': user, onclick: () => this.move({ user, place: step.channel }) },
      this.isMe(user) && this.place().place === step.channel ? `You are ${this.name(user)}` : `Become ${this.name(user)}`)));
  }

  presses({ type, press }) {
    if (!press) return null;
    return h('p', {}, type ? 'Send it, then press ' : 'Press ', press.map((one, i) => [i ? ', then ' : '', h('strong', {}, one.label), ' under ', h('em', {}, one.under)]), '.');
  }

  switch({ switch: id, state }) {
    const one = this.store.panel && switchesOf(this.store.panel).find((other) => other.id === id);
    if (!one) return null;
    const wanted = one.states.find((other) => other.id === state);
    return [h('p', {}, 'Choose ', h('strong', {}, wanted.title), '. The practice panel has this switch, too.'), drawSwitch(one, (chosen) => this.turn(one, chosen))];
  }

  ending({ after }) {
    return h('section', { class: 'guide-after' }, h('h3', {}, 'That was the whole story'), h('ul', {}, after.map((text) => h('li', {}, text))));
  }

  type(user, { channel, type }) {
    this.typing = { user, channel, text: type };
    if (this.isMe(user) && this.place().place === channel) this.arrive();
    else this.move({ user, place: channel });
    if (!matchMedia(roomy).matches) this.show(false);
  }

  async skip(step) {
    try {
      this.store.setGuide(await api.skip(step.id));
    } catch (error) {
      this.store.tell(error.message);
    }
  }

  isMe(user) {
    return this.store.me === user;
  }

  name(user) {
    const person = this.store.people.get(user);
    return person?.real_name || person?.name || user;
  }
}
