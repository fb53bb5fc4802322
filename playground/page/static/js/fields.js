// Draws what can be filled in or chosen, and reads it back in the shape of
// Slack's state values (https://docs.slack.dev/reference/block-kit/block-elements).

import { h, uniqueID } from './dom.js';
import { checkboxes, radios } from './options.js';
import { multiSelect, select } from './selects.js';

// A kind says under which key its value is sent, which key of the element
// holds the first value, and what makes it. A maker answers {node, control, get, set}.
const kinds = {
  plain_text_input: { key: 'value', initial: 'initial_value', make: text },
  rich_text_input: { key: 'rich_text_value', initial: 'initial_value', make: richText },
  email_text_input: { key: 'value', initial: 'initial_value', make: typed('email') },
  url_text_input: { key: 'value', initial: 'initial_value', make: typed('url') },
  number_input: { key: 'value', initial: 'initial_value', make: number },
  datepicker: { key: 'selected_date', initial: 'initial_date', make: typed('date') },
  timepicker: { key: 'selected_time', initial: 'initial_time', make: typed('time') },
  datetimepicker: { key: 'selected_date_time', initial: 'initial_date_time', make: moment },
  checkboxes: { key: 'selected_options', initial: 'initial_options', make: checkboxes },
  radio_buttons: { key: 'selected_option', initial: 'initial_option', make: radios },
};
for (const [name, key] of [['static', 'option'], ['users', 'user'], ['conversations', 'conversation'], ['channels', 'channel']]) {
  kinds[`${name}_select`] = { key: `selected_${key}`, initial: `initial_${key}`, make: select };
  kinds[`multi_${name}_select`] = { key: `selected_${key}s`, initial: `initial_${key}s`, make: multiSelect };
}

export function isField(element) {
  return Object.hasOwn(kinds, element?.type);
}

// field draws one on its surface and registers it there. label is the id of
// the element that names it; required says that a form can't go without it.
export function field(element, surface, { blockID, dispatch, label, required = false, fail }) {
  const { key, initial, make } = kinds[element.type];
  const made = make(element, surface, { changed, entered });
  const actionID = element.action_id ?? '';
  const read = () => ({ type: element.type, [key]: made.get() });
  const entry = { blockID, actionID, read, required, fail, touched: false, empty: () => isEmpty(made.get()), control: made.control };
  let last = surface.seed[blockID]?.[actionID]?.[key] ?? element[initial] ?? null;

  made.set(last);
  identify();
  surface.register(entry);
  return { node: made.node, entry };

  function identify() {
    Object.assign(made.control.dataset, { actionId: actionID, blockId: blockID ?? '', type: element.type });
    made.control.id ||= uniqueID('field');
    if (label) made.control.setAttribute('aria-labelledby', label);
    else made.control.setAttribute('aria-label', element.placeholder?.text ?? 'Choose');
    if (element.focus_on_load) made.control.setAttribute('autofocus', '');
  }

  function changed() {
    entry.touched = true;
    fail?.('');
    const slow = dispatch && isTyped(element) && !triggers(element).includes('on_character_entered');
    if (dispatch && !slow) send();
  }

  function entered() {
    if (dispatch && triggers(element).includes('on_enter_pressed')) send();
  }

  async function send() {
    const value = made.get();
    if (await surface.press(blockID, element, { [key]: value }, made.control)) last = value;
    else made.set(last);
  }
}

function triggers(element) {
  return element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];
}

function isTyped(element) {
  return element.type.endsWith('_input');
}

function isEmpty(value) {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

// textControl is what all fields that are typed into share.
function textControl(control, { changed, entered }, get, set) {
  control.addEventListener('input', changed);
  control.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || control.tagName === 'TEXTAREA') return;
    event.preventDefault();
    entered();
  });
  return { node: control, control, get, set };
}

function text(element, surface, events) {
  const attributes = { class: 'text-field', placeholder: element.placeholder?.text, minlength: element.min_length, maxlength: element.max_length ?? 3000 };
  const control = element.multiline ? h('textarea', { ...attributes, rows: 4 }) : h('input', { ...attributes, type: 'text', autocomplete: 'off' });
  return textControl(control, events, () => control.value || null, (value) => { control.value = value ?? ''; });
}

function richText(element, surface, events) {
  const control = h('textarea', { class: 'text-field', placeholder: element.placeholder?.text, rows: element.min_lines ?? 4 });
  return textControl(control, events, () => (control.value ? asRichText(control.value) : null), (value) => { control.value = flat(value); });
}

function asRichText(value) {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: value }] }] };
}

function flat(element) {
  return element?.text ?? (element?.elements ?? []).map(flat).join('');
}

// typed makes an input of one of the browser's own types.
function typed(type) {
  return (element, surface, events) => {
    const control = h('input', { type, class: `text-field ${type}-field`, placeholder: element.placeholder?.text, autocomplete: 'off' });
    return textControl(control, events, () => control.value || null, (value) => { control.value = value ?? ''; });
  };
}

function number(element, surface, events) {
  const made = typed('number')(element, surface, events);
  made.control.step = element.is_decimal_allowed ? 'any' : '1';
  if (element.min_value) made.control.min = element.min_value;
  if (element.max_value) made.control.max = element.max_value;
  return made;
}

function moment(element, surface, events) {
  const made = typed('datetime-local')(element, surface, events);
  const get = () => (made.control.value ? Math.floor(new Date(made.control.value).getTime() / 1000) : null);
  const set = (seconds) => { made.control.value = seconds ? local(new Date(seconds * 1000)) : ''; };
  return { ...made, get, set };
}

// local writes a time as an input of type datetime-local wants it.
function local(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
