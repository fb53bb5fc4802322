// Draws table and data_table blocks.

import { control } from './controls.js';
import { fill, h } from './dom.js';
import { withEmoji } from './emoji.js';
import { richText } from './richtext.js';
import { unsupported } from './unsupported.js';

export function table(block, surface) {
  const [head = [], ...body] = block.rows ?? [];
  const dress = (column) => {
    const setting = block.column_settings?.[column] ?? {};
    const align = ['center', 'right'].includes(setting.align) ? setting.align : 'left';
    return { class: `align-${align}${setting.is_wrapped ? ' wrapped' : ''}` };
  };
  const row = (tag, scope) => (cells) => h('tr', {}, cells.map((one, i) => h(tag, { scope, ...dress(i) }, cell(one, surface, block))));
  return h('div', { class: 'table-wrap', tabindex: 0, role: 'region', 'aria-label': 'Table' },
    h('table', { class: 'table' }, h('thead', {}, row('th', 'col')(head)), h('tbody', {}, body.map(row('td')))));
}

// dataTable shows its rows page by page.
export function dataTable(block, surface) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = block.page_size ?? 5;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const body = h('tbody');
  const where = h('span', { 'aria-live': 'polite' });
  const back = h('button', { type: 'button', class: 'button', onclick: () => show(page - 1) }, 'Previous');
  const next = h('button', { type: 'button', class: 'button', onclick: () => show(page + 1) }, 'Next');
  let page = 0;

  show(0);
  return h('div', { class: 'data-table' }, h('div', { class: 'table-wrap', tabindex: 0, role: 'region', 'aria-label': block.caption },
    h('table', { class: 'table' }, h('caption', {}, block.caption), h('thead', {}, h('tr', {}, head.map((one) => h('th', { scope: 'col' }, cell(one, surface, block))))), body)),
  pages > 1 ? h('div', { class: 'pager' }, back, where, next) : null);

  function show(wanted) {
    page = wanted;
    fill(body, rows.slice(page * size, (page + 1) * size).map(dataRow));
    fill(where, `Page ${page + 1} of ${pages}`);
    back.disabled = page === 0;
    next.disabled = page === pages - 1;
  }

  function dataRow(cells) {
    const title = block.row_header_column_index ?? 0;
    return h('tr', {}, cells.map((one, i) => h(i === title ? 'th' : 'td', { scope: i === title ? 'row' : null, class: one?.type === 'raw_number' ? 'align-right' : null }, cell(one, surface, block))));
  }
}

const cells = {
  raw_text: (one) => withEmoji(one.text ?? ''),
  raw_number: (one) => one.text ?? String(one.value),
  rich_text: (one, surface) => richText(one.elements, surface.names),
  action_cell: (one, surface, block) => control(one.element, surface, { blockID: block.block_id }),
};

function cell(one, surface, block) {
  if (!one) return null;
  return cells[one.type] ? cells[one.type](one, surface, block) : unsupported(one);
}
