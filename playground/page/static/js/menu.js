// Opens a short list of choices beside a button. The browser's own popover
// closes it on Escape or a press elsewhere, and shows it above a modal.

import { fill, h } from './dom.js';

// menuButton makes the button. items() answers [{label, description, choose, attributes}]
// anew for each opening.
export function menuButton(attributes, content, items) {
  const list = h('div', { class: 'menu', role: 'menu', popover: 'auto', onkeydown: walk });
  const button = h('button', { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', ...attributes, onclick: open }, content);
  list.addEventListener('toggle', (event) => button.setAttribute('aria-expanded', String(event.newState === 'open')));

  function open() {
    fill(list, items().map((item) => entry(item, list)));
    list.showPopover();
    place(list, button);
    list.querySelector('[aria-checked=true], [role^=menuitem]')?.focus();
  }
  return h('span', { class: 'menu-anchor' }, button, list);
}

function entry({ label, description, choose, checked, beside, attributes = {} }, list) {
  const pick = () => {
    list.hidePopover();
    choose();
  };
  const role = checked === undefined ? 'menuitem' : 'menuitemradio';
  return h('div', { class: 'menu-row', role: 'none' },
    h('button', { type: 'button', class: 'menu-item', role, 'aria-checked': checked === undefined ? null : String(checked), ...attributes, onclick: pick },
      h('span', { class: 'menu-label' }, label), description ? h('span', { class: 'menu-description' }, description) : null),
    beside);
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll('[role^=menuitem]')];
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

// place puts the list below its button, or above it where there is more room.
function place(list, button) {
  const at = button.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const below = at.bottom + 4 + height <= window.innerHeight;
  list.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - width - 8))}px`;
  list.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}
