// Draws data_visualization blocks: every figure in a table, with a bar beside
// it, so that a chart of any kind can be read as well as seen.

import { h } from './dom.js';
import { withEmoji } from './emoji.js';

export function chart(block) {
  const { chart: shown = {} } = block;
  const series = shown.series ?? [{ name: '', data: shown.segments ?? [] }];
  const labels = shown.axis_config?.categories ?? series[0].data.map((point) => point.label);
  const most = Math.max(...series.flatMap((one) => one.data.map((point) => Math.abs(point.value))), Number.MIN_VALUE);
  const value = (one, label) => one.data.find((point) => point.label === label)?.value;
  const head = [shown.axis_config?.x_label ?? '', ...series.map((one) => one.name || (shown.axis_config?.y_label ?? ''))];
  return h('div', { class: 'table-wrap' }, h('table', { class: 'table chart' },
    h('caption', {}, withEmoji(block.title?.text ?? block.title ?? '')),
    head.some(Boolean) ? h('thead', {}, h('tr', {}, head.map((name) => h('th', { scope: 'col' }, name)))) : null,
    h('tbody', {}, labels.map((label) => h('tr', {}, h('th', { scope: 'row' }, label), series.map((one) => h('td', {}, bar(value(one, label), most))))))));
}

function bar(value, most) {
  if (value === undefined) return null;
  const drawn = h('span', { class: 'bar', 'aria-hidden': 'true' });
  drawn.style.width = `${(Math.abs(value) / most) * 60}%`;
  return [drawn, h('span', {}, String(value))];
}
