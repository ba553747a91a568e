// All models of the lists, those that will end first, with the aliases that point to each.

import { getPages } from './api.js';
import { moreButton } from './controls.js';
import { h } from './dom.js';
import { date, time } from './format.js';
import { aliasLink, endpointLink, listLink } from './link.js';
import { note, table } from './list.js';
import { endBadge, whole } from './shared_rows.js';
import { state } from './state.js';

const kPageRows = 1000;

// Announced ends of models, the nearest first, then those without a date, then the other models.
function rowsOf(models, q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const has = ({ endpoint, model }) => {
    const text = `${endpoint}\n${model}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const listed = new Map(models.map((row) => [`${row.endpoint}\n${row.model}`, row]));
  const ending = state.endpoints.flatMap(({ name, retirements }) =>
    (retirements ?? []).map((end) => {
      const key = `${name}\n${end.model}`;
      const row = listed.get(key) ?? { endpoint: name, model: end.model, aliases: [] };
      listed.delete(key);
      return { ...row, end };
    }),
  );
  const at = ({ end }) => (end.at === null ? Infinity : Date.parse(end.at));
  const past = ({ end }) => end.at !== null && Date.parse(end.at) < Date.now();
  // What is used comes before what is not, what is to come before what was.
  ending.sort(
    (a, b) =>
      past(a) - past(b) || (b.aliases.length > 0) - (a.aliases.length > 0) || at(a) - at(b),
  );
  return [...ending, ...listed.values()].filter(has);
}

const cells = ({ endpoint, model, aliases, end }) => [
  h(
    'th',
    { scope: 'row' },
    h('span', { class: 'id', title: model }, whole(model)),
    h('div', { class: 'sub' }, h('a', { href: endpointLink(endpoint) }, endpoint)),
  ),
  h(
    'td',
    null,
    aliases.map((alias, i) => [
      i > 0 && ', ',
      h('a', { class: 'id', href: aliasLink(endpoint, alias) }, alias),
    ]),
  ),
  h(
    'td',
    null,
    end &&
      (end.at
        ? [time(end.at, date(end.at)), ' ', endBadge(end)]
        : 'deprecated, no date named'),
    end?.replacement &&
      h('div', { class: 'sub' }, 'instead: ', h('span', { class: 'id' }, end.replacement)),
  ),
];

export const modelsView = {
  title: () => 'Models',
  load: ({ ui }, signal) => getPages('models', { limit: kPageRows }, ui.pages ?? 1, signal),
  render(context) {
    const { data, filters, replace, update } = context;
    const rows = data ? rowsOf(data.rows, filters.q ?? '') : [];
    return h(
      'div',
      null,
      h('h1', { tabindex: -1 }, 'Models'),
      h(
        'form',
        { class: 'filters', role: 'search', onsubmit: (event) => event.preventDefault() },
        h(
          'label',
          null,
          h('span', { class: 'unseen' }, 'Filter models'),
          h('input', {
            type: 'search',
            id: 'filter',
            placeholder: 'Filter: model, endpoint',
            autocomplete: 'off',
            value: filters.q ?? '',
            oninput: (event) => replace(listLink('models', { q: event.currentTarget.value })),
          }),
        ),
      ),
      !data
        ? note('Reading the models…')
        : rows.length === 0
          ? note('No model matches, or no list was read yet.')
          : h(
              'section',
              { 'aria-label': 'Models' },
              table(
                {
                  id: 'models',
                  caption: 'Those that will end first; past ends stand behind',
                  columns: [['Model'], ['Aliases'], ['Ends']],
                  rows,
                  row: cells,
                  style: 'models',
                  key: (row) => `${row.endpoint}\n${row.model}`,
                },
                update,
              ),
              data.hasMore && moreButton('More models', context),
            ),
    );
  },
};
