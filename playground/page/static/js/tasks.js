// Draws plans and task cards: what is to be done, and how far it is.

import { h, link } from './dom.js';
import { plain } from './emoji.js';
import { richText } from './richtext.js';

const statuses = { pending: 'Waiting', in_progress: 'Running', complete: 'Done', error: 'Error' };

export function plan(block, surface) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((task) => task.status === 'complete').length;
  return h('details', { class: 'plan-frame', open: true },
    h('summary', {}, h('span', { class: 'plan-title' }, plain(block.title?.text ?? block.title)), h('span', { class: 'plan-count' }, `${done} of ${tasks.length} done`)),
    h('ol', { class: 'tasks' }, tasks.map((task) => h('li', {}, taskCard(task, surface)))));
}

// taskCard says the status in words as well as by its mark.
export function taskCard(task, surface) {
  const status = statuses[task.status] ? task.status : 'pending';
  return h('div', { class: `task ${status}`, 'data-task-id': task.task_id, 'data-status': status },
    h('span', { class: 'task-mark', 'aria-hidden': 'true' }),
    h('div', { class: 'task-text' },
      h('div', { class: 'task-line' }, task.hide_title ? null : h('span', { class: 'task-title' }, plain(task.title?.text ?? task.title)), h('span', { class: 'task-status' }, statuses[status])),
      part('task-details', task.details, surface), part('task-output', task.output, surface),
      task.sources?.length ? h('div', { class: 'task-sources' }, task.sources.map((source) => link(source.url, source.text))) : null));
}

function part(kind, block, surface) {
  return block ? h('div', { class: kind }, richText(block.elements, surface.names)) : null;
}
