// Asks "are you sure?" before an action that wants it.

import { h } from './dom.js';
import { plain } from './emoji.js';
import { textObject } from './text.js';

// confirmed shows a confirmation object and answers whether the person agreed.
export function confirmed(confirm, names) {
  const agree = h('button', { type: 'submit', value: 'yes', class: `button ${confirm.style === 'danger' ? 'danger' : 'primary'}`, 'data-confirm': 'yes' }, plain(confirm.confirm?.text ?? 'Yes'));
  const deny = h('button', { type: 'submit', value: 'no', class: 'button', 'data-confirm': 'no' }, plain(confirm.deny?.text ?? 'Cancel'));
  const dialog = h('dialog', { class: 'dialog confirm', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'confirm-title' }, plain(confirm.title?.text ?? 'Are you sure?')),
      h('div', { id: 'confirm-text', class: 'dialog-body' }, textObject(confirm.text, names)),
      h('footer', {}, deny, agree)));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
