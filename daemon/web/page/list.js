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

// What a column sorts by and which way first: `sort` in the link is "uptime" or "-uptime".
export function sorted(rows, sort, keys) {
  const key = keys[sort?.replace(/^-/, '')];
  if (!key) return rows;
  const sign = sort.startsWith('-') ? -1 : 1;
  const value = new Map(rows.map((row) => [row, key(row)]));
  // What is not known stands last either way.
  return [...rows].sort((a, b) => {
    const [x, y] = [value.get(a), value.get(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (typeof x === 'string' ? x.localeCompare(y) : x - y);
  });
}

// [name, rows] of each group, in the order in which these first come.
export function groupsOf(rows, groupOf) {
  const groups = new Map();
  for (const row of rows) {
    const name = groupOf(row);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return [...groups];
}

// Rows under the headings of their groups.
export const grouped = (rows, groupOf) =>
  groupsOf(rows, groupOf).flatMap(([group, own]) => [{ group, size: own.length }, ...own]);

function heading([name, style, key], sorting) {
  if (!key || !sorting) return h('th', { scope: 'col', class: style }, name);
  const { by = '', set } = sorting;
  const isUp = by === key;
  const isDown = by === `-${key}`;
  return h(
    'th',
    {
      scope: 'col',
      class: style,
      'aria-sort': isUp ? 'ascending' : isDown ? 'descending' : undefined,
    },
    h(
      'button',
      { type: 'button', class: 'sort', onclick: () => set(isUp ? `-${key}` : isDown ? '' : key) },
      name,
      h('span', { 'aria-hidden': 'true' }, isUp ? ' ▴' : isDown ? ' ▾' : ''),
    ),
  );
}

function head(columns, sorting) {
  return h(
    'thead',
    null,
    h(
      'tr',
      null,
      columns.map((column) => heading(column, sorting)),
    ),
  );
}

// One cell only: a column that a narrow screen hides must not come back through it.
const spacer = (rows) =>
  rows > 0 &&
  h('tr', { class: 'spacer', 'aria-hidden': 'true', vars: { '--rows': String(rows) } }, h('td'));

const groupCells = ({ group, size }, columns) =>
  h(
    'th',
    { scope: 'colgroup', colspan: columns.length, class: 'group' },
    group,
    h('span', { class: 'soft' }, ` · ${size}`),
  );

// `columns`: [heading, class, what it sorts by]. `row(value)`: an array of cells, the first one a
// th. `key(value)` is unique. `sorting`: {by, set}. A value may be a heading of grouped().
export function table({ id, caption, columns, rows, row, key, style = '', sorting }, update) {
  const isLong = rows.length > kWindowedFrom;
  const { first = 0, rows: seen = 20 } = positions.get(id) ?? {};
  const start = isLong ? Math.max(0, Math.min(first, rows.length - seen) - kSpareRows) : 0;
  const end = isLong ? Math.min(rows.length, start + seen + 2 * kSpareRows) : rows.length;
  const body = rows
    .slice(start, end)
    .map((value, i) =>
      h(
        'tr',
        {
          key: value.group === undefined ? key(value) : `\n${value.group}`,
          'aria-rowindex': isLong ? start + i + 2 : undefined,
        },
        value.group === undefined ? row(value) : groupCells(value, columns),
      ),
    );
  const whole = h(
    'table',
    { class: style, 'aria-rowcount': isLong ? rows.length + 1 : undefined },
    h('caption', null, caption),
    head(columns, sorting),
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

// What the configuration says of an endpoint in words of its own.
export function labelsFact(labels) {
  const all = Object.entries(labels).map(([name, value]) => `${name}: ${value}`);
  return all.length > 0 && ['Labels', all.join(', ')];
}

// [name, ...what] each; falsy ones are left out.
export const facts = (pairs) =>
  h(
    'dl',
    { class: 'facts' },
    pairs
      .filter(Boolean)
      .map(([name, ...value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
