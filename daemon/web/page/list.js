// Tables. A long one shows only the rows in sight, in a pane of its own that scrolls, so that ten
// thousand rows cost what twenty do; row numbers tell assistive technology the rest.

import { h } from './dom.js';

const kWindowedFrom = 200;
const kRowRem = 3.75; // a row of a pane has this height, see style.css
const kSpareRows = 6;

const positions = new Map(); // pane id -> first row in sight and rows per pane

function rowPixels() {
  return kRowRem * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function look(id, pane, update) {
  const first = Math.floor(pane.scrollTop / rowPixels());
  const rows = Math.ceil(pane.clientHeight / rowPixels());
  const before = positions.get(id);
  if (before && before.first === first && before.rows === rows) return;
  positions.set(id, { first, rows });
  requestAnimationFrame(update);
}

function head(columns) {
  return h(
    'thead',
    null,
    h(
      'tr',
      null,
      columns.map(([name, style]) => h('th', { scope: 'col', class: style }, name)),
    ),
  );
}

// One cell only: a column that a narrow screen hides must not come back through it.
const spacer = (rows) =>
  rows > 0 &&
  h('tr', { class: 'spacer', 'aria-hidden': 'true', vars: { '--rows': String(rows) } }, h('td'));

// `columns`: [heading, class]. `row(value)`: an array of cells, the first one a th. `key(value)` is
// unique.
export function table({ id, caption, columns, rows, row, key, style = '' }, update) {
  const isLong = rows.length > kWindowedFrom;
  const { first = 0, rows: seen = 20 } = positions.get(id) ?? {};
  const start = isLong ? Math.max(0, Math.min(first, rows.length - seen) - kSpareRows) : 0;
  const end = isLong ? Math.min(rows.length, start + seen + 2 * kSpareRows) : rows.length;
  const body = rows
    .slice(start, end)
    .map((value, i) =>
      h('tr', { key: key(value), 'aria-rowindex': isLong ? start + i + 2 : undefined }, row(value)),
    );
  const whole = h(
    'table',
    { class: style, 'aria-rowcount': isLong ? rows.length + 1 : undefined },
    h('caption', null, caption),
    head(columns),
    h('tbody', null, isLong && spacer(start), body, isLong && spacer(rows.length - end)),
  );
  if (!isLong) return h('div', { class: 'flow', key: `flow-${id}` }, whole);
  return h(
    'div',
    {
      class: 'pane',
      key: `pane-${id}`,
      id: `pane-${id}`,
      tabindex: 0,
      role: 'region',
      'aria-label': caption,
      onscroll: (event) => look(id, event.currentTarget, update),
    },
    whole,
  );
}

export const section = (title, ...content) => {
  const id = `of-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  return h('section', { 'aria-labelledby': id, key: id }, h('h2', { id }, title), content);
};

export const note = (...content) => h('p', { class: 'note' }, content);

// [name, ...what] each; falsy ones are left out.
export const facts = (pairs) =>
  h(
    'dl',
    { class: 'facts' },
    pairs
      .filter(Boolean)
      .map(([name, ...value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
