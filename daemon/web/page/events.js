// All events, filtered by what the link says.

import { getPages } from './api.js';
import { choice, moreButton } from './controls.js';
import { h } from './dom.js';
import { eventTable, kTypeGroups, kTypeNames } from './event_types.js';
import { listLink } from './link.js';
import { note } from './list.js';
import { state } from './state.js';

const kSpans = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };
const kPageRows = 100;
const kSuggestions = 200; // names offered while typing
const kHour = 3_600_000;

// "24h" or a time of RFC 3339 -> what the API takes.
const sinceTime = (since) =>
  kSpans[since] ? new Date(Date.now() - kSpans[since] * kHour).toISOString() : since;

function filterBar({ filters, go }) {
  const set = (more) => go(listLink('events', { ...filters, ...more }));
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
    h(
      'label',
      null,
      h('span', null, 'Endpoint'),
      h('input', {
        type: 'search',
        list: 'endpoint-names',
        placeholder: 'all',
        autocomplete: 'off',
        value: filters.endpoint ?? '',
        onchange: (event) => set({ endpoint: event.currentTarget.value }),
      }),
    ),
    h(
      'datalist',
      { id: 'endpoint-names' },
      state.endpoints.slice(0, kSuggestions).map(({ name }) => h('option', { value: name })),
    ),
    choice(
      'Since',
      filters.since ?? '',
      [['', 'ever'], ...Object.keys(kSpans).map((one) => [one, `the last ${one}`])],
      (since) => set({ since }),
    ),
  );
}

export const eventsView = {
  title: () => 'Events',
  load: ({ filters, ui }, signal) =>
    getPages(
      'events',
      {
        type: filters.type,
        endpoint: filters.endpoint,
        since: filters.since && sinceTime(filters.since),
        limit: kPageRows,
      },
      ui.pages ?? 1,
      signal,
    ),
  render(context) {
    const { data, filters, update } = context;
    const isFiltered = Boolean(filters.type || filters.endpoint || filters.since);
    const empty = isFiltered
      ? note('No event matches this filter. ', h('a', { href: '#/events' }, 'All events'))
      : eventTable('events', '', [], update);
    return h(
      'div',
      null,
      h('h1', { tabindex: -1 }, 'Events'),
      filterBar(context),
      !data
        ? note('Reading the events…')
        : data.rows.length === 0
          ? empty
          : h(
              'section',
              { 'aria-label': 'Events' },
              eventTable('events', 'Confirmed, newest first', data.rows, update),
              data.hasMore && moreButton('Older events', context),
            ),
    );
  },
};
