// Elements from values, and the smallest change from what is shown to what should be. Text from
// outside becomes text nodes and attribute values only: nothing here parses markup, and the page's
// policy forbids it.

const kSvg = 'http://www.w3.org/2000/svg';
const kHandlers = [
  'onclick',
  'onkeydown',
  'oninput',
  'onchange',
  'onsubmit',
  'onfocus',
  'onblur',
  'onmouseenter',
  'onmouseleave',
  'onscroll',
];

// Characters that nobody sees, or that turn the text around them: in a name from outside they make
// one model look like another. They are shown by their number.
const kUnseen = new RegExp(
  '[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f' +
    '\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb' +
    '\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]',
  'gu',
);
export const visible = (text) =>
  text.replace(
    kUnseen,
    (c) => `<U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}>`,
  );
const kShownAttributes = new Set(['title', 'aria-label']);

// h('td', {class: 'id', onclick}, 'text', h('b'), [more], null). `key` names an element among its
// siblings; `vars` are style properties, set one by one since the policy forbids style attributes.
export function h(tag, properties, ...children) {
  const node = tag.startsWith('svg:')
    ? document.createElementNS(kSvg, tag.slice(4))
    : document.createElement(tag);
  const { key, vars, value, ...attributes } = properties ?? {};
  if (key !== undefined) node.key = key;
  for (const [name, text] of Object.entries(vars ?? {})) node.style.setProperty(name, text);
  for (const [name, given] of Object.entries(attributes)) {
    if (given === undefined || given === null || given === false) continue;
    if (name.startsWith('on')) node[name] = given;
    else {
      const text = given === true ? '' : String(given);
      node.setAttribute(name, kShownAttributes.has(name) ? visible(text) : text);
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(typeof child === 'string' ? visible(child) : child);
  }
  if (value !== undefined) node.value = value; // after the options of a select
  return node;
}

function morphAttributes(shown, wanted) {
  for (const { name } of [...shown.attributes]) {
    if (name !== 'style' && name !== 'open' && !wanted.hasAttribute(name))
      shown.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (name !== 'style' && shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  if (shown.style.cssText !== wanted.style.cssText) shown.style.cssText = wanted.style.cssText;
  for (const name of kHandlers) {
    if (shown[name] !== wanted[name]) shown[name] = wanted[name];
  }
}

function morphChildren(shown, wanted) {
  const byKey = new Map();
  for (const child of shown.childNodes) {
    if (child.key !== undefined) byKey.set(child.key, child);
  }
  let next = shown.firstChild;
  for (const child of [...wanted.childNodes]) {
    let match = next;
    if (child.key !== undefined) match = byKey.get(child.key) ?? null;
    else while (match && match.key !== undefined) match = match.nextSibling;
    if (match === null) {
      shown.insertBefore(child, next);
      continue;
    }
    // What stands between is gone or comes later: moving the match keeps the others, and the focus,
    // in place.
    if (match === next) next = next.nextSibling;
    else if (next && match === next.nextSibling) {
      const gone = next;
      next = match.nextSibling;
      gone.remove();
    } else shown.insertBefore(match, next);
    morph(match, child);
  }
  while (next) {
    const rest = next;
    next = next.nextSibling;
    rest.remove();
  }
}

// Makes `shown` look like `wanted` and keeps its elements, so that focus, scrolling and selection
// survive.
export function morph(shown, wanted) {
  if (shown.nodeName !== wanted.nodeName || shown.key !== wanted.key) {
    shown.replaceWith(wanted);
    return;
  }
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== wanted.data) shown.data = wanted.data;
    return;
  }
  morphAttributes(shown, wanted);
  morphChildren(shown, wanted);
  // What the reader is typing stays.
  if ('value' in shown && shown.value !== wanted.value && document.activeElement !== shown)
    shown.value = wanted.value;
}

// For a row of many small buttons that is one stop of the Tab key: arrows, Home and End move
// within.
export function moveAmong(event) {
  const stops = [...event.currentTarget.querySelectorAll('button')];
  const at = stops.indexOf(document.activeElement);
  const to = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: stops.length - 1,
  }[event.key];
  if (to === undefined || !stops[to]) return;
  event.preventDefault();
  stops[to].focus();
}
