// Draws a person's or an app's picture: initials on a colour of their own.

import { h } from './dom.js';

export function avatar(person, size = '') {
  const name = person?.real_name || person?.name || '?';
  const node = h('span', { class: `avatar ${size} ${person?.is_bot ? 'app' : ''}`, 'aria-hidden': 'true' }, initials(name));
  node.style.setProperty('--hue', String(hue(person?.id ?? name)));
  const own = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(person?.color ?? '');
  if (own) node.style.setProperty('--avatar', `#${own[1]}`);
  return node;
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : name.slice(0, 2)).toUpperCase();
}

// hue spreads the names over the colour circle, always the same way.
function hue(text) {
  let sum = 7;
  for (const character of text) sum = (sum * 31 + character.codePointAt(0)) % 3600;
  return (sum * 47) % 360;
}
