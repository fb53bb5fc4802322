// Where a person types. Enter sends, Shift+Enter begins a line. What was
// typed stays with its channel or thread until it is sent.

import { api } from './api.js';
import { Completion } from './completion.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';

export class Composer {
  // target answers where a message goes: {channel, thread, label}.
  constructor(element, { store, target }) {
    Object.assign(this, { store, target, drafts: new Map(), wires: new Map() });
    this.input = h('textarea', { class: 'composer-input', rows: 1, oninput: () => this.changed(), onkeydown: (event) => this.key(event), onclick: () => this.completion.update(), onblur: () => this.completion.close() });
    this.completion = new Completion(this.input, { store, choose: (choice, from) => this.insert(choice, from) });
    this.hint = h('p', { class: 'composer-hint' });
    this.send = h('button', { type: 'submit', class: 'send', 'aria-label': 'Send' }, icon('send'));
    element.append(this.completion.list, h('form', { class: 'composer-box', onsubmit: (event) => { event.preventDefault(); this.submit(); } }, this.input, this.send), this.hint);
  }

  // show takes up the draft of the place one looks at now.
  show() {
    const { channel, thread, label } = this.target();
    this.place = `${channel}/${thread}`;
    this.input.value = this.drafts.get(this.place) ?? '';
    this.input.setAttribute('aria-label', label);
    this.input.placeholder = label;
    this.changed();
    this.completion.close();
  }

  focus() {
    this.input.focus();
  }

  // write puts a whole text where a person types, ready to be sent.
  write(text) {
    this.input.value = text;
    this.changed();
    this.completion.close();
    this.input.focus();
  }

  changed() {
    this.drafts.set(this.place, this.input.value);
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(200, this.input.scrollHeight)}px`;
    this.send.disabled = this.input.value.trim() === '';
    fill(this.hint, this.usage());
    if (document.activeElement === this.input) this.completion.update();
  }

  // usage explains the command that is being typed.
  usage() {
    const word = /^(\/\S+)\s/.exec(this.input.value)?.[1];
    const command = this.store.commands.find((one) => one.command === word);
    return command ? [h('strong', {}, `${command.command} ${command.usage_hint ?? ''}`), ` ${command.description ?? ''}`] : null;
  }

  key(event) {
    if (event.isComposing || this.completion.key(event)) return;
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    this.submit();
  }

  // insert puts a choice in the place of what was typed of it.
  insert(choice, from) {
    const after = this.input.value.slice(this.input.selectionStart);
    const before = `${this.input.value.slice(0, from)}${choice.text} `;
    if (choice.wire) this.wires.set(choice.text, choice.wire);
    this.input.value = before + after;
    this.input.setSelectionRange(before.length, before.length);
    this.changed();
  }

  // wire writes the names that were chosen as the references they stand for.
  wire(text) {
    const labels = [...this.wires.keys()].sort((a, b) => b.length - a.length);
    return labels.reduce((sent, label) => sent.replaceAll(label, this.wires.get(label)), text);
  }

  async submit() {
    const typed = this.input.value;
    if (typed.trim() === '') return;
    const { channel, thread } = this.target();
    const { place } = this;
    this.input.value = '';
    this.changed();
    try {
      await api.say({ user: this.store.me, channel, thread_ts: thread || undefined, text: this.wire(typed.trim()) });
    } catch (error) {
      this.giveBack(place, typed);
      this.store.tell(error.message);
    }
  }

  // giveBack returns what could not be sent, unless something new stands there.
  giveBack(place, typed) {
    if (this.drafts.get(place)) return;
    this.drafts.set(place, typed);
    if (this.place === place) this.show();
  }
}
