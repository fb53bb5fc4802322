// Draws what can be pressed in a block. What can be filled in is in fields.js.

import { fragment, h, safeURL } from './dom.js';
import { plain } from './emoji.js';
import { field, isField } from './fields.js';
import { icon } from './icons.js';
import { image } from './image.js';
import { menuButton } from './menu.js';
import { unsupported } from './unsupported.js';

// control draws one element of a block on a surface. In an input block
// nothing is sent until the form is, unless the block asks for it.
export function control(element, surface, { blockID, dispatch = true, label }) {
  if (hiddenFrom(element, surface)) return null;
  if (isField(element)) return field(element, surface, { blockID, dispatch, label }).node;
  const draw = kinds[element?.type];
  return draw ? draw(element, surface, blockID) : unsupported(element);
}

const kinds = {
  button,
  overflow,
  icon_button: iconButton,
  feedback_buttons: feedback,
  workflow_button: (element) => h('button', { type: 'button', class: 'button', disabled: true, title: 'Workflows do not run here.' }, plain(element.text?.text)),
  image: (element) => image(element, 'accessory-image'),
};

function hiddenFrom(element, surface) {
  const seers = element?.visible_to_user_ids;
  return Array.isArray(seers) && !seers.some((user) => surface.names.isMe(user));
}

function hooks(element, blockID) {
  return { 'data-action-id': element.action_id ?? '', 'data-block-id': blockID ?? '', 'data-type': element.type };
}

function button(element, surface, blockID) {
  const style = ['primary', 'danger'].includes(element.style) ? ` ${element.style}` : '';
  return h('button', { type: 'button', class: `button${style}`, 'aria-label': element.accessibility_label, ...hooks(element, blockID), 'data-value': element.value, onclick: press },
    plain(element.text?.text), element.url ? icon('window') : null);

  function press(event) {
    const url = element.url && safeURL(element.url);
    if (url) window.open(url, '_blank', 'noopener,noreferrer');
    surface.press(blockID, element, { value: element.value ?? '' }, event.currentTarget);
  }
}

function iconButton(element, surface, blockID) {
  const label = element.accessibility_label ?? element.text?.text;
  return h('button', { type: 'button', class: 'button icon-button', 'aria-label': label, title: element.text?.text, ...hooks(element, blockID),
    onclick: (event) => surface.press(blockID, element, { value: element.value ?? '' }, event.currentTarget) }, icon(element.icon) ?? plain(element.text?.text));
}

function feedback(element, surface, blockID) {
  const choice = (option, drawing) => option && h('button', { type: 'button', class: 'button icon-button', 'aria-label': option.accessibility_label ?? option.text?.text, title: option.text?.text,
    ...hooks(element, blockID), 'data-value': option.value,
    onclick: (event) => surface.press(blockID, element, { value: option.value }, event.currentTarget) }, icon(drawing));
  return fragment(choice(element.positive_button, 'up'), choice(element.negative_button, 'down'));
}

function overflow(element, surface, blockID) {
  const anchor = menuButton({ class: 'button icon-button', 'aria-label': 'More actions', ...hooks(element, blockID) }, icon('more'), () => (element.options ?? []).map(item));
  return anchor;

  function item(option) {
    return {
      label: plain(option.text?.text),
      description: option.description && plain(option.description.text),
      attributes: { 'data-option': option.value },
      choose() {
        const url = option.url && safeURL(option.url);
        if (url) window.open(url, '_blank', 'noopener,noreferrer');
        surface.press(blockID, element, { selected_option: option }, anchor);
      },
    };
  }
}
