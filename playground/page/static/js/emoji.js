// Shows emoji. Those that carry a meaning in a release are drawn here, so that
// they look the same on a machine without an emoji font; the others are
// the machine's own characters.

import { fragment, h, svg } from './dom.js';

const disc = (fill) => [svg('circle', { cx: 12, cy: 12, r: 9, class: fill })];
const stroke = (d) => svg('path', { d, class: 'emoji-stroke' });
const shape = (d, fill) => svg('path', { d, class: fill });

// drawings are made anew for each use, since a node stands in one place only.
const drawings = {
  check: () => [svg('rect', { x: 2.5, y: 2.5, width: 19, height: 19, rx: 5, class: 'fill-green' }), stroke('M7 12.500l3.5 3.500L17 8.5')],
  tick: () => [svg('path', { d: 'M4.5 13l5 5L20 6.5', class: 'emoji-tick' })],
  cross: () => [svg('path', { d: 'M5.5 5.500l13 13M18.5 5.500l-13 13', class: 'emoji-cross' })],
  warning: () => [shape('M12 2.500L23 21.500H1z', 'fill-yellow'), svg('path', { d: 'M12 9v6M12 18.200v.1', class: 'emoji-ink' })],
  hourglass: () => [shape('M6 2.500h12v3.500l-4.5 6 4.5 6v3.500H6V18l4.5-6L6 6z', 'fill-sand'), svg('path', { d: 'M5 2.500h14M5 21.500h14', class: 'emoji-ink' })],
  rocket: () => [shape('M12 1.500c4 3 5 7.5 4 13.500H8c-1-6 0-10.5 4-13.500z', 'fill-blue'), svg('circle', { cx: 12, cy: 8.5, r: 2, class: 'fill-white' }),
    shape('M8 11l-4 6 4-1zM16 11l4 6-4-1z', 'fill-red'), shape('M10 16h4l-2 6.500z', 'fill-yellow')],
  noEntry: () => [...disc('fill-red'), stroke('M7 12h10')],
  stop: () => [shape('M8 2.500h8l5.5 5.500v8L16 21.500H8L2.5 16V8z', 'fill-red'), stroke('M8 8l8 8M16 8l-8 8')],
  info: () => [svg('rect', { x: 2.5, y: 2.5, width: 19, height: 19, rx: 5, class: 'fill-blue' }), stroke('M12 11v6M12 7.200v.1')],
  square: () => [svg('rect', { x: 3.5, y: 3.5, width: 17, height: 17, rx: 4, class: 'emoji-box' })],
  green: () => disc('fill-green'),
  red: () => disc('fill-red'),
  yellow: () => disc('fill-yellow'),
  blue: () => disc('fill-blue'),
  white: () => [svg('circle', { cx: 12, cy: 12, r: 8.5, class: 'emoji-box' })],
  lock: () => [svg('path', { d: 'M7.5 11V8a4.5 4.5 0 0 1 9 0v3', class: 'emoji-ink' }), svg('rect', { x: 4.5, y: 10.5, width: 15, height: 11, rx: 3, class: 'fill-sand' })],
  unlock: () => [svg('path', { d: 'M7.5 11V7a4.5 4.5 0 0 1 8.5-1.5', class: 'emoji-ink' }), svg('rect', { x: 4.5, y: 10.5, width: 15, height: 11, rx: 3, class: 'fill-sand' })],
  repeat: () => [svg('path', { d: 'M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5', class: 'emoji-ink' })],
  pause: () => [svg('rect', { x: 2.5, y: 2.5, width: 19, height: 19, rx: 5, class: 'fill-blue' }), stroke('M9.5 8v8M14.5 8v8')],
};

// glyphs gives each name its drawing, or its character.
const glyphs = {
  white_check_mark: ['check', '✅'], heavy_check_mark: ['tick', '✔️'], ballot_box_with_check: ['check', '☑️'],
  x: ['cross', '❌'], heavy_multiplication_x: ['cross', '✖️'], negative_squared_cross_mark: ['cross', '❎'],
  warning: ['warning', '⚠️'], hourglass: ['hourglass', '⌛'], hourglass_flowing_sand: ['hourglass', '⏳'],
  rocket: ['rocket', '🚀'], no_entry: ['noEntry', '⛔'], no_entry_sign: ['noEntry', '🚫'], octagonal_sign: ['stop', '🛑'],
  information_source: ['info', 'ℹ️'], white_large_square: ['square', '⬜'], white_medium_square: ['square', '◻️'], white_square: ['square', '◽'],
  large_green_circle: ['green', '🟢'], red_circle: ['red', '🔴'], large_yellow_circle: ['yellow', '🟡'],
  large_blue_circle: ['blue', '🔵'], white_circle: ['white', '⚪'], black_circle: [null, '⚫'], large_orange_circle: [null, '🟠'],
  lock: ['lock', '🔒'], unlock: ['unlock', '🔓'], arrows_counterclockwise: ['repeat', '🔄'], repeat: ['repeat', '🔁'],
  double_vertical_bar: ['pause', '⏸️'], pause_button: ['pause', '⏸️'],
  arrow_right: [null, '➡️'], arrow_left: [null, '⬅️'], arrow_up: [null, '⬆️'], arrow_down: [null, '⬇️'], rewind: [null, '⏪'],
  leftwards_arrow_with_hook: [null, '↩️'], question: [null, '❓'], grey_question: [null, '❔'], exclamation: [null, '❗'],
  heavy_exclamation_mark: [null, '❗'], bangbang: [null, '‼️'], bulb: [null, '💡'], tada: [null, '🎉'], fire: [null, '🔥'],
  eyes: [null, '👀'], wave: [null, '👋'], thumbsup: [null, '👍'], '+1': [null, '👍'], thumbsdown: [null, '👎'], '-1': [null, '👎'],
  ok_hand: [null, '👌'], raised_hands: [null, '🙌'], pray: [null, '🙏'], clap: [null, '👏'], muscle: [null, '💪'],
  bell: [null, '🔔'], no_bell: [null, '🔕'], mega: [null, '📣'], loudspeaker: [null, '📢'], rotating_light: [null, '🚨'],
  construction: [null, '🚧'], wrench: [null, '🔧'], hammer: [null, '🔨'], hammer_and_wrench: [null, '🛠️'], gear: [null, '⚙️'],
  package: [null, '📦'], memo: [null, '📝'], clipboard: [null, '📋'], page_facing_up: [null, '📄'], link: [null, '🔗'],
  bar_chart: [null, '📊'], chart_with_upwards_trend: [null, '📈'], chart_with_downwards_trend: [null, '📉'],
  calendar: [null, '📅'], date: [null, '📅'], clock1: [null, '🕐'], stopwatch: [null, '⏱️'], alarm_clock: [null, '⏰'],
  mag: [null, '🔍'], key: [null, '🔑'], shield: [null, '🛡️'], bug: [null, '🐛'], robot_face: [null, '🤖'], ship: [null, '🚢'],
  checkered_flag: [null, '🏁'], traffic_light: [null, '🚦'], vertical_traffic_light: [null, '🚦'], snowflake: [null, '❄️'],
  star: [null, '⭐'], sparkles: [null, '✨'], zap: [null, '⚡'], boom: [null, '💥'], skull: [null, '💀'], smile: [null, '😄'],
  slightly_smiling_face: [null, '🙂'], thinking_face: [null, '🤔'], heart: [null, '❤️'], 100: [null, '💯'], point_right: [null, '👉'],
  speech_balloon: [null, '💬'], busts_in_silhouette: [null, '👥'], bust_in_silhouette: [null, '👤'], pushpin: [null, '📌'],
  small_blue_diamond: [null, '🔹'], small_orange_diamond: [null, '🔸'], black_small_square: [null, '▪️'], heavy_minus_sign: [null, '➖'],
};

const drawnCharacters = new Map();
for (const [name, [drawing, character]] of Object.entries(glyphs)) {
  if (drawing) drawnCharacters.set(character.replace('\ufe0f', ''), name);
}
const drawnPattern = new RegExp(`(${[...drawnCharacters.keys()].join('|')})\\ufe0f?`, 'gu');

export function isEmoji(name) {
  return Object.hasOwn(glyphs, name);
}

// emoji shows one by its name; a name that is not known stays as it was typed.
export function emoji(name) {
  const base = name.replace(/::skin-tone-\d$/, '');
  if (!isEmoji(base)) return document.createTextNode(`:${name}:`);
  const [drawing, character] = glyphs[base];
  const label = { class: 'emoji', role: 'img', 'aria-label': base.replaceAll('_', ' '), title: `:${base}:`, 'data-emoji': base };
  return h('span', label, drawing ? svg('svg', { viewBox: '0 0 24 24' }, ...drawings[drawing]()) : character);
}

// withEmoji turns plain text into nodes in which the characters that are
// drawn here are drawn.
export function withEmoji(text) {
  const parts = [];
  let from = 0;
  for (const hit of text.matchAll(drawnPattern)) {
    parts.push(text.slice(from, hit.index), emoji(drawnCharacters.get(hit[1])));
    from = hit.index + hit[0].length;
  }
  return fragment(...parts, text.slice(from));
}

// plain shows text in which only :names: of emoji mean something, as a
// plain_text object does.
export function plain(text) {
  const parts = String(text ?? '').split(/:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/);
  return fragment(...parts.map((part, i) => {
    if (i % 2 === 0) return withEmoji(part);
    return isEmoji(part) ? emoji(part) : `:${part}:`;
  }));
}
