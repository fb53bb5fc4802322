// Shows the app's modals. The workspace holds the stack and names its top;
// what a person filled in below stays until they come back to it.

import { api } from './api.js';
import { blocks } from './blocks.js';
import { fill, h } from './dom.js';
import { plain } from './emoji.js';
import { icon } from './icons.js';
import { Surface } from './surface.js';

export class Modal {
  constructor({ store, names }) {
    Object.assign(this, { store, names, typed: new Map(), view: null });
    this.dialog = h('dialog', { class: 'dialog modal', 'aria-labelledby': 'modal-title', oncancel: (event) => { event.preventDefault(); this.close(); } });
    document.body.append(this.dialog);
    store.on('view', () => this.sync());
  }

  // sync follows the store: another view, the same one changed, or none.
  sync() {
    const { view } = this.store;
    if (view === this.view) return;
    if (this.view) this.typed.set(this.view.id, this.surface.typed());
    this.view = view;
    if (view) this.open(view);
    else this.dismiss();
  }

  dismiss() {
    this.typed.clear();
    this.dialog.close();
    fill(this.dialog);
  }

  open(view) {
    const focused = document.activeElement?.dataset ?? {};
    this.surface = new Surface({
      names: this.names,
      seed: this.typed.get(view.id) ?? view.state?.values,
      tell: (text) => this.complain(text),
      send: (action) => api.press({ user: this.store.me, view_id: view.id, ...action }),
    });
    this.dialog.dataset.viewId = view.id;
    this.dialog.dataset.callbackId = view.callback_id ?? '';
    fill(this.dialog, this.form(view));
    if (!this.dialog.open) this.dialog.showModal();
    this.refocus(focused);
  }

  // refocus goes back to the field that was being filled in, or to the first.
  refocus({ actionId, blockId }) {
    const fields = this.surface.fields;
    const twin = fields.find((field) => actionId !== undefined && field.actionID === actionId && field.blockID === blockId);
    const wanted = fields.find((field) => field.control.hasAttribute('autofocus'));
    (twin ?? wanted ?? fields[0])?.control.focus();
  }

  form(view) {
    this.alert = h('p', { class: 'modal-alert', role: 'alert', hidden: true });
    this.body = h('div', { class: 'dialog-body' }, this.alert, blocks(view.blocks, this.surface));
    const submit = view.submit && h('button', { type: 'submit', class: 'button primary', 'data-submit': '' }, plain(view.submit.text));
    const close = h('button', { type: 'button', class: 'button', 'data-close': '', onclick: () => this.close() }, plain(view.close?.text ?? (view.previous_view_id ? 'Back' : 'Cancel')));
    return h('form', { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.submit(submit); } },
      h('header', {}, h('h2', { id: 'modal-title' }, plain(view.title?.text)), h('button', { type: 'button', class: 'icon-only', 'aria-label': 'Close', onclick: () => this.close() }, icon('close'))),
      this.body,
      h('footer', {}, close, submit));
  }

  async submit(button) {
    if (!button || button.disabled || !this.complete()) return;
    button.disabled = true;
    button.setAttribute('aria-busy', 'true');
    try {
      const answer = await api.submit({ user: this.store.me, view_id: this.view.id, values: this.surface.values() });
      this.mark(answer.errors ?? {});
    } catch (error) {
      this.complain(error.message);
    } finally {
      button.disabled = false;
      button.removeAttribute('aria-busy');
    }
  }

  // complete checks what the browser can: that nothing demanded is missing,
  // and that what was typed fits its kind.
  complete() {
    const errors = {};
    for (const field of this.surface.fields) {
      if (!field.fail) continue;
      if (field.required && field.empty()) errors[field.blockID] = 'Please complete this required field.';
      else if (field.control.checkValidity?.() === false) errors[field.blockID] = field.control.validationMessage;
    }
    this.mark(errors);
    return Object.keys(errors).length === 0;
  }

  // mark shows errors under their fields, and goes to the first.
  mark(errors) {
    this.complain('');
    const left = new Set(Object.keys(errors));
    let first = null;
    for (const field of this.surface.fields) {
      field.fail?.(errors[field.blockID] ?? '');
      if (!errors[field.blockID] || !field.fail) continue;
      left.delete(field.blockID);
      first ??= field;
    }
    first?.control.focus();
    if (left.size > 0) this.complain([...left].map((block) => errors[block]).join(' '));
  }

  complain(text) {
    this.alert.hidden = text === '';
    this.alert.textContent = text;
    if (text) this.alert.scrollIntoView({ block: 'nearest' });
  }

  async close() {
    if (!this.view) return;
    try {
      await api.close(this.store.me, this.view.id);
    } catch (error) {
      this.complain(error.message);
    }
  }
}
