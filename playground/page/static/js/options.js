// Draws checkboxes and radio buttons.

import { h, uniqueID } from './dom.js';
import { textObject } from './text.js';

export function checkboxes(element, surface, { changed }) {
  const list = optionList('checkbox', element, surface, changed);
  const set = (chosen) => list.check((option) => (chosen ?? []).some((one) => one.value === option.value));
  return { ...list, get: list.checked, set };
}

export function radios(element, surface, { changed }) {
  const list = optionList('radio', element, surface, changed);
  const set = (chosen) => list.check((option) => option.value === chosen?.value);
  return { ...list, get: () => list.checked()[0] ?? null, set };
}

function optionList(type, element, surface, changed) {
  const name = uniqueID(type);
  const options = element.options ?? [];
  const boxes = options.map((option) => h('input', { type, name, 'data-option': option.value, onchange: changed }));
  const node = h('div', { class: 'option-list', role: type === 'radio' ? 'radiogroup' : 'group' }, options.map((option, i) => row(boxes[i], option, surface.names)));
  return {
    node,
    control: node,
    checked: () => options.filter((_, i) => boxes[i].checked),
    check: (wanted) => boxes.forEach((box, i) => { box.checked = wanted(options[i]); }),
  };
}

function row(box, option, names) {
  const description = option.description && textObject(option.description, names, 'span');
  description?.classList.add('option-description');
  return h('label', { class: 'option' }, box, h('span', {}, textObject(option.text, names, 'span'), description));
}
