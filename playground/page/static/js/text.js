// Draws a text object, which says itself whether it is markup.

import { h } from './dom.js';
import { plain } from './emoji.js';
import { mrkdwn } from './mrkdwn.js';

export function textObject(text, names, tag = 'div') {
  if (!text) return null;
  return h(tag, { class: 'text' }, text.type === 'mrkdwn' ? mrkdwn(text.text, names) : plain(text.text));
}
