// One switch of the practice world, as the panel and the guide show it.

import { h, uniqueID } from './dom.js';

// drawSwitch draws a switch; turn is called with the state that a person chooses.
export function drawSwitch(one, turn) {
  const name = uniqueID('switch');
  const good = isGood(one);
  return h('fieldset', { class: `switch${good ? '' : ' broken'}`, 'data-switch': one.id, 'data-state': one.state },
    h('legend', {}, one.title, good ? null : h('span', { class: 'broken-word' }, 'broken')),
    one.help ? h('p', { class: 'quiet' }, one.help) : null,
    h('div', { class: 'segments' }, one.states.map((state) => h('label', { class: state.good ? 'segment good' : 'segment bad' },
      h('input', { type: 'radio', name, value: state.id, checked: state.id === one.state, 'data-switch': one.id, 'data-state': state.id, onchange: () => turn(state) }), h('span', {}, state.title)))));
}

export function switchesOf(panel) {
  return panel.groups.flatMap((group) => group.switches);
}

export function isGood(one) {
  return one.states.find((state) => state.id === one.state)?.good !== false;
}
