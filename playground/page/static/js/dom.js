// Builds DOM nodes. Text becomes a text node and never markup, so that nothing
// people or apps wrote can run; no other module makes elements in another way.

const properties = new Set(['value', 'checked', 'disabled', 'selected', 'hidden', 'open', 'indeterminate', 'innerText']);

// h makes an element. Attributes whose value is null, undefined or false are
// left out; a function under a name that starts with "on" becomes a listener.
export function h(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

// svg makes an element of a drawing, in the same way.
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  append(node, children);
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on') && typeof value === 'function') node.addEventListener(name.slice(2), value);
  else if (properties.has(name)) node[name] = value;
  else node.setAttribute(name, value === true ? '' : String(value));
}

// append adds children, which may be nodes, strings, numbers, nested lists, or
// nothing.
export function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

// fragment gathers nodes without an element around them.
export function fragment(...children) {
  return append(document.createDocumentFragment(), children);
}

// fill replaces what an element holds.
export function fill(node, ...children) {
  node.replaceChildren(fragment(...children));
  return node;
}

let last = 0;

// uniqueID names an element that a label or a description points at.
export function uniqueID(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}

// safeURL returns the address if a person may be sent there, else null: a
// link from an app must not be able to run script.
export function safeURL(text) {
  try {
    const url = new URL(text);
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// link makes a link that opens beside the page, or plain text where the
// address is not one to follow.
export function link(url, ...children) {
  const href = safeURL(url);
  if (!href) return h('span', { class: 'dead-link', title: 'This address cannot be opened from here.' }, ...children);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}
