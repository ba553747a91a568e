// Endpoints, or providers, side by side: uptime, latency, moves; and what those of one group say.

import { choice } from './controls.js';
import { h } from './dom.js';
import { badge, milliseconds, time } from './format.js';
import { endpointLink, listLink } from './link.js';
import { groupsOf, note, sorted, table } from './list.js';
import { percent, sparkline } from './past.js';
import { target, whole } from './shared_rows.js';
import { state } from './state.js';

// A figure of the values that are known; null where none is.
const ofKnown = (figure) => (values) => {
  const known = values.filter((one) => one !== null && one !== undefined);
  return known.length > 0 ? figure(known) : null;
};
const middle = ofKnown((known) => known.sort((a, b) => a - b)[Math.floor(known.length / 2)]);
const mean = ofKnown((known) => known.reduce((sum, one) => sum + one, 0) / known.length);
const worst = ofKnown((known) => Math.min(...known));

// The middle of each hour over several endpoints; of the availability the worst.
function hoursOf(endpoints) {
  const all = endpoints.map(({ hours }) => hours).filter(Boolean);
  if (all.length === 0) return null;
  return {
    p50: all[0].p50.map((_, i) => middle(all.map(({ p50 }) => p50[i]))),
    availability: all[0].p50.map((_, i) => worst(all.map(({ availability }) => availability[i]))),
  };
}

function rowOf(name, link, endpoints, aliasesBy) {
  const aliases = endpoints.flatMap((endpoint) => aliasesBy.get(endpoint.name) ?? []);
  const hours = hoursOf(endpoints);
  return {
    name,
    link,
    endpoints: endpoints.length,
    aliases: aliases.length,
    hours,
    latency: hours && middle(hours.p50),
    day: mean(endpoints.map(({ uptime }) => uptime?.day)),
    month: mean(endpoints.map(({ uptime }) => uptime?.month)),
    moves: aliases.reduce((sum, alias) => sum + alias.changes, 0),
  };
}

function rowsBy(by) {
  const aliasesBy = new Map(groupsOf(state.aliases, ({ endpoint }) => endpoint));
  if (by !== 'provider')
    return state.endpoints.map((one) =>
      rowOf(one.name, endpointLink(one.name), [one], aliasesBy),
    );
  return groupsOf(state.endpoints, ({ provider }) => provider ?? 'no provider').map(
    ([name, own]) => rowOf(name, listLink('', { q: name }), own, aliasesBy),
  );
}

// What each endpoint of a `compare` group says of an alias. Told by different rules, targets are
// not compared.
function groupRows(endpoints, aliasesBy) {
  const rows = new Map();
  endpoints.forEach((endpoint, i) => {
    for (const alias of aliasesBy.get(endpoint.name) ?? []) {
      if (!rows.has(alias.alias)) rows.set(alias.alias, { name: alias.alias, said: [] });
      rows.get(alias.alias).said[i] = alias;
    }
  });
  for (const row of rows.values()) {
    const said = row.said.filter((alias) => alias?.status === 'resolved');
    row.differs = said.some(
      ({ target, rule }) => rule === said[0].rule && target !== said[0].target,
    );
    row.isTold = said.some(({ disagrees }) => disagrees);
  }
  const weight = ({ isTold, differs }) => (isTold ? 2 : differs ? 1 : 0);
  return [...rows.values()].sort(
    (a, b) => weight(b) - weight(a) || a.name.localeCompare(b.name),
  );
}

const saidCell = (alias) =>
  h(
    'td',
    null,
    alias
      ? [target(alias), h('div', { class: 'sub' }, alias.since && ['since ', time(alias.since)])]
      : h('span', { class: 'soft' }, '–'),
  );

const groupCells = (endpoints) => (row) => [
  h(
    'th',
    { scope: 'row' },
    h('span', { class: 'id', title: row.name }, whole(row.name)),
    h(
      'div',
      { class: 'sub' },
      row.isTold ? badge('warn', 'disagree') : row.differs && badge('news', 'differ for now'),
    ),
  ),
  endpoints.map((_, i) => saidCell(row.said[i])),
];

function groupSection([name, endpoints], aliasesBy, update) {
  const rows = groupRows(endpoints, aliasesBy);
  const differ = rows.filter(({ differs }) => differs).length;
  return h(
    'section',
    { 'aria-label': `Group ${name}` },
    h('h2', null, name),
    table(
      {
        id: `group-${name}`,
        caption:
          differ === 0
            ? `All endpoints say the same of ${rows.length} aliases`
            : `The endpoints differ on ${differ} of ${rows.length} aliases`,
        columns: [
          ['Alias', ''],
          ...endpoints.map((endpoint) => [
            h('a', { href: endpointLink(endpoint.name) }, endpoint.name),
            '',
          ]),
        ],
        rows,
        row: groupCells(endpoints),
        style: 'compare said',
        key: (row) => row.name,
      },
      update,
    ),
  );
}

function groupSections(update) {
  const compared = state.endpoints.filter(({ compare }) => compare);
  const aliasesBy = new Map(groupsOf(state.aliases, ({ endpoint }) => endpoint));
  return groupsOf(compared, ({ compare }) => compare).map((group) =>
    groupSection(group, aliasesBy, update),
  );
}

const kSorts = Object.fromEntries(
  ['name', 'latency', 'day', 'month', 'moves', 'aliases'].map((key) => [key, (row) => row[key]]),
);

const cells = (row) => [
  h(
    'th',
    { scope: 'row' },
    h('a', { href: row.link, title: row.name }, whole(row.name)),
    row.endpoints > 1 && h('div', { class: 'sub' }, `${row.endpoints} endpoints`),
  ),
  h('td', { class: 'wide' }, sparkline(row.hours)),
  h('td', { class: 'number' }, row.latency === null ? '–' : milliseconds(row.latency)),
  h('td', { class: 'number wide' }, percent(row.day)),
  h('td', { class: 'number' }, percent(row.month)),
  h('td', { class: 'number wide' }, String(row.aliases)),
  h('td', { class: 'number' }, String(row.moves)),
];

export const compareView = {
  title: () => 'Compare',
  render({ filters, go, replace, update }) {
    const by = filters.by === 'provider' ? 'provider' : '';
    const rows = sorted(rowsBy(by), filters.sort, kSorts);
    return h(
      'div',
      null,
      h('h1', { tabindex: -1 }, 'Side by side'),
      groupSections(update),
      h(
        'form',
        { class: 'filters', onsubmit: (event) => event.preventDefault() },
        choice('Compare', by, [['', 'endpoints'], ['provider', 'providers']], (chosen) =>
          go(listLink('compare', { ...filters, by: chosen })),
        ),
      ),
      rows.length === 0
        ? note('No endpoint is configured yet.')
        : h(
            'section',
            { 'aria-label': 'Side by side' },
            table(
              {
                id: 'compare',
                caption:
                  'Half of the polls of the last 24 h took less than the latency; moves are all ' +
                  'since the first poll',
                columns: [
                  ['Name', '', 'name'],
                  ['24 h', 'wide'],
                  ['Latency', 'number', 'latency'],
                  ['Up 24 h', 'number wide', 'day'],
                  ['Up 30 d', 'number', 'month'],
                  ['Aliases', 'number wide', 'aliases'],
                  ['Moves', 'number', 'moves'],
                ],
                rows,
                row: cells,
                style: 'compare',
                key: (row) => row.name,
                sorting: {
                  by: filters.sort,
                  set: (sort) => replace(listLink('compare', { ...filters, sort })),
                },
              },
              update,
            ),
          ),
    );
  },
};
