// Draws Block Kit (https://docs.slack.dev/reference/block-kit/blocks). A kind
// that is not known here is named on the screen, never left out.

import { chart } from './chart.js';
import { control } from './controls.js';
import { fragment, h, link, uniqueID } from './dom.js';
import { plain } from './emoji.js';
import { field, isField } from './fields.js';
import { icon } from './icons.js';
import { image } from './image.js';
import { markdown } from './markdown.js';
import { richText } from './richtext.js';
import { dataTable, table } from './tables.js';
import { plan, taskCard } from './tasks.js';
import { textObject } from './text.js';
import { unsupported } from './unsupported.js';

// blocks draws a list of blocks on a surface.
export function blocks(list, surface) {
  return fragment(...(list ?? []).map((block) => draw(block, surface)));
}

function draw(block, surface) {
  const kind = kinds[block?.type];
  return h('div', { class: `block ${kind ? block.type : 'unknown'}`, 'data-block-type': block?.type, 'data-block-id': block?.block_id ?? '' },
    kind ? kind(block, surface) : unsupported(block));
}

const kinds = {
  section,
  header: (block) => h('h3', {}, plain(block.text?.text)),
  divider: () => h('hr'),
  context,
  actions: row,
  context_actions: row,
  input,
  image: figure,
  rich_text: (block, surface) => richText(block.elements, surface.names),
  markdown: (block) => markdown(block.text),
  table,
  data_table: dataTable,
  data_visualization: chart,
  plan,
  task_card: taskCard,
  card,
  carousel: (block, surface) => (block.elements ?? []).map((one) => draw({ ...one, type: 'card' }, surface)),
  container,
  file: (block) => fragment(icon('file'), h('span', {}, `File ${block.external_id ?? ''}`)),
  alert: (block, surface) => h('div', { class: 'alert-text', role: 'note', 'data-level': block.level ?? 'default' },
    h('strong', {}, alertWords[block.level] ?? 'Note'), ' ', textObject(block.text, surface.names, 'span')),
  video: (block) => h('p', {}, 'Video: ', link(block.title_url ?? block.video_url, block.title?.text ?? block.alt_text)),
};

const alertWords = { info: 'Note', warning: 'Warning', error: 'Error', success: 'Done' };

function section(block, surface) {
  const fields = block.fields?.length ? h('div', { class: 'section-fields' }, block.fields.map((text) => textObject(text, surface.names))) : null;
  const accessory = block.accessory ? h('div', { class: 'accessory' }, control(block.accessory, surface, { blockID: block.block_id })) : null;
  return fragment(h('div', { class: 'section-text' }, textObject(block.text, surface.names), fields), accessory);
}

function context(block, surface) {
  return (block.elements ?? []).map((element) => (element.type === 'image' ? image(element, 'context-image') : textObject(element, surface.names, 'span')));
}

function row(block, surface) {
  return (block.elements ?? []).map((element) => control(element, surface, { blockID: block.block_id }));
}

function figure(block) {
  return h('figure', {}, block.title ? h('figcaption', {}, plain(block.title.text)) : null, image(block, 'block-image'));
}

// input draws a labelled field with its hint and the place for its error.
function input(block, surface) {
  const ids = { label: uniqueID('label'), hint: uniqueID('hint'), error: uniqueID('error') };
  const error = h('p', { id: ids.error, class: 'field-error', role: 'alert', hidden: true });
  const hint = block.hint ? h('p', { id: ids.hint, class: 'hint' }, plain(block.hint.text)) : null;
  if (!isField(block.element)) return fragment(h('span', { class: 'label' }, plain(block.label?.text)), unsupported(block.element));
  const { node, entry } = field(block.element, surface, { blockID: block.block_id, dispatch: block.dispatch_action === true, label: ids.label, required: !block.optional, fail });
  entry.control.setAttribute('aria-describedby', `${hint ? ids.hint : ''} ${ids.error}`.trim());
  return fragment(
    h('label', { id: ids.label, class: 'label', for: entry.control.id }, plain(block.label?.text), block.optional ? h('span', { class: 'optional' }, ' (optional)') : null),
    node, hint, error);

  function fail(text) {
    error.hidden = text === '';
    error.textContent = text;
    entry.control.setAttribute('aria-invalid', String(text !== ''));
  }
}

function card(block, surface) {
  const picture = block.icon ? image(block.icon, 'card-icon') : null;
  return h('div', { class: 'card-body' },
    block.hero_image ? image(block.hero_image, 'card-hero') : null,
    h('div', { class: 'card-head' }, picture, h('div', {}, strong(textObject(block.title, surface.names)), small(textObject(block.subtitle, surface.names)))),
    textObject(block.body, surface.names), small(textObject(block.subtext, surface.names)),
    block.actions?.length ? h('div', { class: 'card-actions' }, block.actions.map((element) => control(element, surface, { blockID: block.block_id }))) : null);
}

function strong(node) {
  node?.classList.add('card-title');
  return node;
}

function small(node) {
  node?.classList.add('card-small');
  return node;
}

// container draws blocks in a frame, which may open and close.
function container(block, surface) {
  const title = block.rich_text_title ? richText(block.rich_text_title.elements, surface.names) : plain(block.title?.text);
  const heading = fragment(block.icon ? image(block.icon, 'context-image') : null, h('span', { class: 'container-title' }, title), ' ', small(textObject(block.subtitle, surface.names, 'span')));
  const inside = h('div', { class: 'container-body' }, blocks(block.child_blocks, surface));
  if (block.is_collapsible) return h('details', { class: 'container-frame', open: !block.default_collapsed }, h('summary', {}, heading), inside);
  return h('div', { class: `container-frame${block.has_header_divider ? ' ruled' : ''}` }, h('div', { class: 'container-head' }, heading), inside);
}
