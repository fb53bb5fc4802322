// Says aloud what cannot be drawn, rather than leaving a gap.

import { h } from './dom.js';

export function unsupported(thing) {
  return h('span', { class: 'unsupported' }, `[unsupported block ${thing?.type ?? 'without a type'}]`);
}
