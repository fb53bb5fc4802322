// Draws the selects: one of a list, or several.

import { fill, h } from './dom.js';

// choicesOf lists what can be chosen: {group, label, value}.
function choicesOf(element, names) {
  const named = (label, value) => ({ label, value });
  if (/users_select/.test(element.type)) return names.people().map((person) => named(person.real_name, person.id));
  if (/(channels|conversations)_select/.test(element.type)) return names.channels().map((channel) => named(`#${channel.name}`, channel.id));
  const option = (group) => (one) => ({ group, label: one.text?.text ?? one.value, value: one });
  return (element.options ?? []).map(option()).concat(...(element.option_groups ?? []).map((g) => g.options.map(option(g.label?.text ?? ''))));
}

function same(a, b) {
  return (a?.value ?? a) === (b?.value ?? b);
}

function placeholder(element, fallback) {
  return element.placeholder?.text ?? fallback;
}

export function select(element, surface, { changed }) {
  const choices = choicesOf(element, surface.names);
  const entries = choices.map((choice, i) => ({ ...choice, node: h('option', { value: String(i), 'data-option': choice.value?.value ?? choice.value }, choice.label) }));
  const control = h('select', { class: 'select', onchange: changed }, h('option', { value: '' }, placeholder(element, 'Select an option')), grouped(entries));
  return {
    node: control,
    control,
    get: () => choices[control.value]?.value ?? null,
    set: (value) => { control.value = value === null ? '' : String(choices.findIndex((choice) => same(choice.value, value))); },
  };
}

function grouped(entries) {
  const groups = [...new Set(entries.map((entry) => entry.group))];
  return groups.map((group) => {
    const nodes = entries.filter((entry) => entry.group === group).map((entry) => entry.node);
    return group === undefined ? nodes : h('optgroup', { label: group }, nodes);
  });
}

// multiSelect is a list of boxes that opens and closes; what was chosen counts
// when it closes.
export function multiSelect(element, surface, { changed }) {
  const choices = choicesOf(element, surface.names);
  const boxes = choices.map((choice) => h('input', { type: 'checkbox', 'data-option': choice.value?.value ?? choice.value, onchange: count }));
  const summary = h('summary', { class: 'select' });
  const node = h('details', { class: 'multi', ontoggle: settle, onkeydown: (event) => event.key === 'Escape' && close(event) }, summary,
    h('div', { class: 'multi-list', role: 'group' }, choices.map((choice, i) => h('label', { class: 'option' }, boxes[i], choice.label))));
  let before = '';

  return { node, control: summary, get: chosen, set };

  function chosen() {
    return choices.filter((_, i) => boxes[i].checked).map((choice) => choice.value);
  }

  function set(values) {
    boxes.forEach((box, i) => { box.checked = (values ?? []).some((value) => same(choices[i].value, value)); });
    count();
    before = JSON.stringify(chosen());
  }

  function count() {
    const labels = choices.filter((_, i) => boxes[i].checked).map((choice) => choice.label);
    const full = labels.length >= (element.max_selected_items ?? Infinity);
    boxes.forEach((box) => { box.disabled = full && !box.checked; });
    fill(summary, labels.join(', ') || placeholder(element, 'Select options'));
  }

  function settle() {
    if (node.open || JSON.stringify(chosen()) === before) return;
    before = JSON.stringify(chosen());
    changed();
  }

  function close(event) {
    event.preventDefault();
    event.stopPropagation();
    node.open = false;
    summary.focus();
  }
}
