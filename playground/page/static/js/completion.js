// Offers what can be typed next: commands after "/", people and groups after
// "@", channels after "#".

import { fill, h, uniqueID } from './dom.js';

// suggestions answers {from, choices} for the text before the caret, or null.
export function suggestions(before, store) {
  const command = /^\/\S*$/.exec(before);
  if (command) return { from: 0, choices: commands(store, before) };
  const name = /(?:^|\s)([@#])([^\s@#]*)$/.exec(before);
  if (!name) return null;
  const list = name[1] === '@' ? mentions(store) : channels(store);
  const typed = name[2].toLowerCase();
  const choices = list.filter((choice) => choice.search.some((word) => word.toLowerCase().startsWith(typed)));
  return { from: before.length - name[2].length - 1, choices: choices.slice(0, 8) };
}

function commands(store, typed) {
  return store.commands.filter((one) => one.command.startsWith(typed))
    .map((one) => ({ text: one.command, label: one.command, hint: one.usage_hint, description: one.description }));
}

function mentions(store) {
  const people = [...store.people.values()].map((one) => {
    const name = one.is_bot ? one.name : one.real_name || one.name;
    return { text: `@${name}`, wire: `<@${one.id}>`, label: `@${name}`, description: one.is_bot ? 'App' : one.title, search: [name, one.name, ...name.split(' ')] };
  });
  const groups = [...store.groups.values()].map((one) => ({ text: `@${one.handle}`, wire: `<!subteam^${one.id}>`, label: `@${one.handle}`, description: one.name, search: [one.handle] }));
  return [...people, ...groups];
}

function channels(store) {
  return store.mine().filter((one) => !one.id.startsWith('D'))
    .map((one) => ({ text: `#${one.name}`, wire: `<#${one.id}>`, label: `#${one.name}`, description: one.topic, search: [one.name] }));
}

// Completion is the list above a text field, worked by the keyboard as a
// combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).
export class Completion {
  constructor(input, { store, choose }) {
    Object.assign(this, { input, store, choose, choices: [], at: 0, from: 0 });
    this.list = h('ul', { id: uniqueID('completion'), class: 'completion', role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
    for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': this.list.id, 'aria-expanded': 'false' })) input.setAttribute(name, value);
  }

  update() {
    const found = suggestions(this.input.value.slice(0, this.input.selectionStart), this.store);
    this.choices = found?.choices ?? [];
    this.from = found?.from ?? 0;
    this.at = 0;
    this.draw();
  }

  close() {
    this.choices = [];
    this.draw();
  }

  // key answers whether the list took the key for itself.
  key(event) {
    if (this.choices.length === 0) return false;
    const typed = this.input.value.slice(this.from, this.input.selectionStart);
    if (event.key === 'Enter' && this.choices.some((choice) => choice.text === typed)) return false;
    const act = { ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1), Enter: () => this.take(this.at), Tab: () => this.take(this.at), Escape: () => this.close() }[event.key];
    if (!act || event.shiftKey) return false;
    event.preventDefault();
    act();
    return true;
  }

  move(by) {
    this.at = (this.at + by + this.choices.length) % this.choices.length;
    this.draw();
  }

  take(index) {
    this.choose(this.choices[index], this.from);
    this.close();
  }

  draw() {
    const ids = `${this.list.id}-`;
    fill(this.list, this.choices.map((choice, i) => h('li', { id: ids + i, role: 'option', 'aria-selected': String(i === this.at), 'data-completion': choice.text, onmousedown: (event) => { event.preventDefault(); this.take(i); } },
      h('span', { class: 'completion-label' }, choice.label, choice.hint ? h('span', { class: 'completion-hint' }, ` ${choice.hint}`) : null),
      choice.description ? h('span', { class: 'completion-description' }, choice.description) : null)));
    this.list.hidden = this.choices.length === 0;
    this.list.children[this.at]?.scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
    if (this.list.hidden) this.input.removeAttribute('aria-activedescendant');
    else this.input.setAttribute('aria-activedescendant', ids + this.at);
  }
}
