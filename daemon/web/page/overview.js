// The first screen: one line that sums up, then what each alias points to and how each endpoint
// does. Trouble stands first.

import { attention } from './attention.js';
import { choice } from './controls.js';
import { h } from './dom.js';
import { count } from './format.js';
import { listLink } from './link.js';
import { grouped, note, section, sorted } from './list.js';
import { aliasTable, endpointTable, folded, kAliasSorts, kEndpointSorts } from './shared_rows.js';
import { condition, hasMovedLately, isOffPin, isSlowed, isUnsettled, state } from './state.js';
import { eventTable } from './event_types.js';

const endpointOf = (alias) => state.byName.get(alias.endpoint);
const isUp = (endpoint) => condition(endpoint) === 'up';

// `show=` in the link -> which rows it leaves.
const kShows = {
  moved: { label: 'moved in the last 24 h', alias: hasMovedLately },
  'off-pin': { label: 'off their pin', alias: isOffPin },
  undisclosed: {
    label: 'without a named target',
    alias: (alias) => alias.status === 'undisclosed',
  },
  slowed: {
    label: 'of slowed endpoints',
    alias: (alias) => endpointOf(alias) && isSlowed(endpointOf(alias)),
    endpoint: isSlowed,
  },
  unsettled: { label: 'pending or unstable', alias: isUnsettled },
  down: {
    label: 'not up',
    alias: (alias) => endpointOf(alias) && !isUp(endpointOf(alias)),
    endpoint: (endpoint) => !isUp(endpoint),
  },
};

const kept = { key: '', aliases: [], endpoints: [], sums: {} };

// What rows can be grouped by: the provider, and every label that an endpoint has.
const groupOf = (by) => (row) => {
  if (by === 'provider') return (row.url ? row : endpointOf(row))?.provider ?? 'no provider';
  return row.labels[by] ?? `without ${by}`;
};
const groupNames = () => [
  'provider',
  ...new Set(state.endpoints.flatMap(({ labels }) => Object.keys(labels))),
];

// As the reader wants them: sorted, those that nobody ever names folded, in groups.
function arranged(rows, { sort, group }, keys, fold) {
  const all = fold(sorted(rows, sort, keys));
  return group ? grouped(all, groupOf(group)) : all;
}

// Computed once per reading and filter, not per scrolled row.
function rowsFor(filters) {
  const { q = '', show, sort, esort, group } = filters;
  const key = [state.version, show, sort, esort, group, q].join('\n');
  if (kept.key === key) return kept;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (row) => words.every((word) => row.search.includes(word));
  const of = kShows[show] ?? {};
  const aliases = state.aliases.filter((alias) => has(alias) && (!of.alias || of.alias(alias)));
  const endpoints = state.endpoints.filter(
    (endpoint) => has(endpoint) && (!of.endpoint || of.endpoint(endpoint)),
  );
  return Object.assign(kept, {
    key,
    found: [aliases.length, endpoints.length],
    // Whoever looks for something finds it, folded or not.
    aliases: arranged(aliases, { sort, group }, kAliasSorts, q || show ? (all) => all : folded),
    endpoints: arranged(endpoints, { sort: esort, group }, kEndpointSorts, (all) => all),
    sums: {
      up: state.endpoints.filter(isUp).length,
      moved: state.aliases.filter(hasMovedLately).length,
      'off-pin': state.aliases.filter(isOffPin).length,
      unsettled: state.aliases.filter(isUnsettled).length,
    },
  });
}

function summary(sums) {
  const all = state.endpoints.length;
  const part = (show, style, text) => h('a', { class: style, href: listLink('', { show }) }, text);
  const up = `${sums.up.toLocaleString('en')} of ${count(all, 'endpoint', 'endpoints')} up`;
  const parts = [
    sums.up === all ? h('span', null, up) : part('down', 'bad', up),
    h('span', null, count(state.aliases.length, 'alias', 'aliases')),
    sums.moved > 0
      ? part('moved', 'news', `${sums.moved} moved in the last 24 h`)
      : h('span', null, 'none moved in the last 24 h'),
    sums.unsettled > 0 && part('unsettled', 'warn', `${sums.unsettled} pending or unstable`),
    sums['off-pin'] > 0 &&
      part(
        'off-pin',
        'bad',
        `${sums['off-pin']} off ${sums['off-pin'] === 1 ? 'its pin' : 'their pins'}`,
      ),
  ].filter(Boolean);
  return h(
    'h1',
    { class: 'summary', tabindex: -1 },
    parts.map((shown, i) => [
      h('span', { class: 'part' }, shown, i + 1 < parts.length && ' ·'),
      ' ',
    ]),
  );
}

function filterBar({ filters, replace }) {
  const set = (more) => replace(listLink('', { ...filters, ...more }));
  return h(
    'form',
    { class: 'filters', role: 'search', onsubmit: (event) => event.preventDefault() },
    h(
      'label',
      null,
      h('span', { class: 'unseen' }, 'Filter aliases and endpoints'),
      h('input', {
        type: 'search',
        id: 'filter',
        placeholder: 'Filter: name, target, endpoint, label',
        autocomplete: 'off',
        'aria-keyshortcuts': '/',
        value: filters.q ?? '',
        oninput: (event) => set({ q: event.currentTarget.value }),
      }),
    ),
    state.endpoints.length > 1 &&
      choice(
        'Group by',
        filters.group ?? '',
        [['', 'nothing'], ...groupNames().map((name) => [name, name])],
        (group) => set({ group }),
      ),
    kShows[filters.show] &&
      h(
        'button',
        { type: 'button', class: 'chip', onclick: () => set({ show: '' }) },
        `only ${kShows[filters.show].label} `,
        h('span', { 'aria-hidden': 'true' }, '×'),
        h('span', { class: 'unseen' }, ', show all'),
      ),
  );
}

function firstRun() {
  return h(
    'div',
    { class: 'notice first' },
    h('h1', { tabindex: -1 }, 'No endpoint is configured yet'),
    h('p', null, 'Add one to the configuration file, and reload with SIGHUP or POST /-/reload:'),
    h(
      'pre',
      { tabindex: 0 },
      'endpoints:\n  - provider: internlm        # its key comes from INTERN_API_KEY\n' +
        '  - name: gateway\n    url: https://llm.example.com/v1/models\n' +
          '    aliases: [{field: /ref_model}]\n',
    ),
    h('p', null, 'This page shows it without being reloaded.'),
  );
}

function aliasesOrWhyNot(rows, { filters, update, replace }) {
  if (rows.aliases.length > 0) {
    return aliasTable('aliases', 'Where each alias points', rows.aliases, update, {
      by: filters.sort,
      set: (sort) => replace(listLink('', { ...filters, sort })),
    });
  }
  if (state.aliases.length > 0)
    return note('No alias matches this filter. ', h('a', { href: '#/' }, 'Show all'));
  return state.endpoints.some((endpoint) => endpoint.has_baseline)
    ? note('The lists that were read name no alias.')
    : note(
        'No alias is known yet: they show up with the first good poll of a list that names them.',
      );
}

export const overview = {
  title: () => 'Overview',
  render(context) {
    const { filters, update, replace } = context;
    if (state.endpoints.length === 0) return firstRun();
    const rows = rowsFor(filters);
    const endpoints =
      rows.endpoints.length > 0
        ? endpointTable('endpoints', 'Models lists that are watched', rows.endpoints, update, {
            by: filters.esort,
            set: (esort) => replace(listLink('', { ...filters, esort })),
          })
        : note('No endpoint matches this filter.');
    const isFiltered = Boolean(filters.q || filters.show);
    const found = isFiltered
      ? [
          count(rows.found[0], 'alias', 'aliases'),
          count(rows.found[1], 'endpoint', 'endpoints'),
        ].join(', ')
      : '';
    return h(
      'div',
      { class: 'overview' },
      summary(rows.sums),
      !isFiltered && attention(),
      filterBar(context),
      h('p', { class: 'found', role: 'status' }, found),
      h(
        'div',
        { class: 'columns three' },
        h('div', null, section('Aliases', aliasesOrWhyNot(rows, context))),
        h(
          'div',
          null,
          section(
            'Endpoints',
            endpoints,
            state.endpoints.length > 1 &&
              h('p', { class: 'more' }, h('a', { href: '#/compare' }, 'Compare them')),
          ),
        ),
        h(
          'div',
          null,
          section(
            'Latest events',
            state.latestProblem
              ? note(`Events cannot be shown: ${state.latestProblem}.`)
              : eventTable('latest', 'Confirmed, newest first', state.latest, update),
            state.latest.length > 0 &&
              h('p', { class: 'more' }, h('a', { href: '#/events' }, 'All events')),
          ),
        ),
      ),
    );
  },
};
