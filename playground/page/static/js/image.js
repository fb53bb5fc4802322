// Shows images. The page loads nothing from other hosts, so an image from
// elsewhere is described, with a link to it.

import { h, link } from './dom.js';

export function image({ image_url: address, alt_text: alt = '', slack_file: file }, kind) {
  const url = address ?? file?.url ?? '';
  if (!isOurs(url)) return described(url, alt);
  return h('img', { src: url, alt, class: kind, loading: 'lazy', onerror: (event) => event.currentTarget.replaceWith(described(url, alt)) });
}

// isOurs tells an address of this workspace from one elsewhere.
export function isOurs(url) {
  try {
    return url !== '' && new URL(url, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

function described(url, alt) {
  return h('span', { class: 'image-described' }, 'Image: ', url ? link(url, alt || url) : alt);
}
