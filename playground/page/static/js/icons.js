// Draws the few icons of the window itself. They say nothing that a label
// beside them or on their button does not say too.

import { svg } from './dom.js';

const paths = {
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  thread: 'M20 12a7 7 0 0 1-7 7H5l1.6-3A7 7 0 1 1 20 12z',
  send: 'M4 12l16-7-5 15-3.5-6z',
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  sliders: 'M5 6h8M17 6h2M5 12h2M11 12h8M5 18h6M15 18h4M15 4v4M9 10v4M13 16v4',
  window: 'M5 5h9M5 5v14h14v-9M13 11l7-7M15 4h5v5',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  eye: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5',
  chevron: 'M8 10l4 4 4-4',
  up: 'M7 11v9H4v-9zM7 12l4-8c2 0 2.5 1.5 2 3l-.7 3H19c1.5 0 2 1 1.7 2.3l-1.6 6c-.3 1-1 1.7-2.1 1.7H7',
  down: 'M7 13V4H4v9zM7 12l4 8c2 0 2.5-1.5 2-3l-.7-3H19c1.5 0 2-1 1.7-2.300l-1.6-6c-.3-1-1-1.7-2.1-1.700H7',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
};

// icon draws one icon by name; an unknown name draws nothing.
export function icon(name) {
  const d = paths[name];
  return d ? svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d })) : null;
}
