// All events, filtered by what the link says.

import { get, getPages } from './api.js';
import { choice, moreButton } from './controls.js';
import { h } from './dom.js';
import { eventTable, kTypeGroups, kTypeNames, summaryOf } from './event_types.js';
import { listLink } from './link.js';
import { note } from './list.js';
import { state } from './state.js';

const kSpans = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };
const kPageRows = 100;
const kSuggestions = 200; // names offered while typing
const kHour = 3_600_000;
// The API knows no words. They are looked for here, among so many events for each page of found
// ones.
const kSearched = 10_000;
const kPerAnswer = 1000; // the API's most

// "24h" or a time of RFC 3339 -> what the API takes.
const sinceTime = (since) =>
  kSpans[since] ? new Date(Date.now() - kSpans[since] * kHour).toISOString() : since;

async function search(query, words, pages, signal) {
  const has = (event) => {
    const { labels, alias, from, to, endpoint } = event.data;
    const told = [event.type, event.subject, endpoint, alias, from, to, summaryOf(event)];
    const text = [...told, ...Object.values(labels ?? {})].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const rows = [];
  let searched = 0;
  let next;
  do {
    const answer = await get('events', { ...query, limit: kPerAnswer, cursor: next }, signal);
    rows.push(...answer.events.filter(has));
    searched += answer.events.length;
    next = answer.next ?? null;
  } while (next !== null && rows.length < pages * kPageRows && searched < pages * kSearched);
  return { rows, hasMore: next !== null, searched };
}

const wordsOf = ({ q = '' }) => q.toLowerCase().split(/\s+/).filter(Boolean);

// A field that takes any text, and offers names.
function field(label, id, value, names, set) {
  return [
    h(
      'label',
      null,
      h('span', null, label),
      h('input', {
        type: 'search',
        list: names.length > 0 ? id : undefined,
        placeholder: 'all',
        autocomplete: 'off',
        value: value ?? '',
        onchange: (event) => set(event.currentTarget.value.trim()),
      }),
    ),
    names.length > 0 &&
      h(
        'datalist',
        { id },
        names.slice(0, kSuggestions).map((name) => h('option', { value: name })),
      ),
  ];
}

function filterBar({ filters, go }) {
  const set = (more) => go(listLink('events', { ...filters, ...more }));
  const endpoints = state.endpoints.map(({ name }) => name);
  const ofEndpoint = (alias) => !filters.endpoint || alias.endpoint === filters.endpoint;
  const aliases = new Set(state.aliases.filter(ofEndpoint).map(({ alias }) => alias));
  return h(
    'form',
    {
      class: 'filters',
      'aria-label': 'Filter events',
      onsubmit: (event) => event.preventDefault(),
    },
    choice(
      'Type',
      filters.type ?? '',
      [['', 'all'], ...[...kTypeGroups, ...kTypeNames].map((type) => [type, type])],
      (type) => set({ type }),
    ),
    field('Endpoint', 'endpoint-names', filters.endpoint, endpoints, (endpoint) =>
      set({ endpoint }),
    ),
    field('Alias', 'alias-names', filters.alias, [...aliases], (alias) => set({ alias })),
    choice(
      'Since',
      filters.since ?? '',
      [['', 'ever'], ...Object.keys(kSpans).map((one) => [one, `the last ${one}`])],
      (since) => set({ since }),
    ),
    field('Words', 'event-words', filters.q, [], (q) => set({ q })),
  );
}

export const eventsView = {
  title: () => 'Events',
  load: ({ filters, ui }, signal) => {
    const { type, endpoint, alias, since } = filters;
    const query = { type, endpoint, alias, since: since && sinceTime(since) };
    const words = wordsOf(filters);
    const pages = ui.pages ?? 1;
    return words.length > 0
      ? search(query, words, pages, signal)
      : getPages('events', { ...query, limit: kPageRows }, pages, signal);
  },
  render(context) {
    const { data, filters, update } = context;
    const isFiltered = Object.values(filters).some(Boolean);
    const empty = isFiltered
      ? note('No event matches this filter. ', h('a', { href: '#/events' }, 'All events'))
      : eventTable('events', '', [], update);
    const more = data?.hasMore && [
      data.searched && note(`Looked through the latest ${data.searched.toLocaleString('en')}.`),
      moreButton('Older events', context),
    ];
    return h(
      'div',
      null,
      h('h1', { tabindex: -1 }, 'Events'),
      filterBar(context),
      !data
        ? note('Reading the events…')
        : data.rows.length === 0
          ? [empty, more]
          : h(
              'section',
              { 'aria-label': 'Events' },
              eventTable('events', 'Confirmed, newest first', data.rows, update),
              more,
            ),
    );
  },
};
