// Who was told: the webhooks with what waits for them, and each delivery with its state and last
// error.

import { actButton } from './act.js';
import { getPages } from './api.js';
import { choice, moreButton } from './controls.js';
import { h } from './dom.js';
import { typeBadge } from './event_types.js';
import { ago, badge, time } from './format.js';
import { eventLink, listLink } from './link.js';
import { note, section, table } from './list.js';
import { state } from './state.js';

const kStates = { pending: 'news', delivered: 'good', dead: 'bad' };
const kPageRows = 100;

// How bad each state is.
const kWebhookStates = {
  ok: 'good',
  failing: 'warn',
  misconfigured: 'bad',
  disabled: 'bad',
  removed: 'warn',
};
const kWebhookWords = { disabled: 'switched off', removed: 'not configured any more' };
export const webhookBadge = ({ state: now }) =>
  badge(kWebhookStates[now] ?? 'quiet', kWebhookWords[now] ?? now);

const webhookCells = (context) => (webhook) => [
  h(
    'th',
    { scope: 'row' },
    h('a', { href: listLink('deliveries', { webhook: webhook.name }) }, webhook.name),
    ' ',
    webhook.state && webhookBadge(webhook),
    webhook.state !== 'removed' &&
      actButton('Send a drill', { path: 'drill', query: { webhook: webhook.name } }, context),
    h('div', { class: 'sub' }, webhook.format, webhook.last_error && ` · ${webhook.last_error}`),
  ),
  h('td', { class: 'number wide' }, webhook.delivered.toLocaleString('en')),
  h(
    'td',
    { class: 'number' },
    webhook.pending.toLocaleString('en'),
    webhook.oldest_pending && h('div', { class: 'sub' }, `oldest ${ago(webhook.oldest_pending)}`),
  ),
  h(
    'td',
    { class: 'number' },
    webhook.dead_letters > 0
      ? h(
          'a',
          { class: 'bad', href: listLink('deliveries', { webhook: webhook.name, state: 'dead' }) },
          webhook.dead_letters.toLocaleString('en'),
        )
      : '0',
  ),
];

// A webhook that does not work gets nothing, whenever the next attempt was planned.
function nextAttempt({ webhook: name, next_attempt: at, attempts }) {
  if (!at) return null;
  const webhook = state.status.webhooks.find((one) => one.name === name);
  if (webhook?.state === 'removed') return ', expires, or goes out when the webhook is back';
  if (webhook?.state === 'disabled' || webhook?.state === 'misconfigured')
    return ', waits until the webhook works again';
  if (attempts === 0 && Date.parse(at) < Date.now()) return ', waits for its first attempt';
  return [', next ', time(at)];
}

export const deliveryActs = ({ sequence, webhook, state: now }, context) => {
  if (now === 'delivered') return null;
  const path = `deliveries/${sequence}/${encodeURIComponent(webhook)}`;
  const sure = `Give up this delivery to ${webhook}? It will never be made.`;
  return [
    actButton('Send now', { path: `${path}/retry` }, context),
    actButton('Drop', { path: `${path}/drop`, sure }, context),
  ];
};

export const deliveryState = (delivery) => [
  badge(kStates[delivery.state] ?? 'quiet', delivery.state),
  h(
    'div',
    { class: 'sub' },
    `${delivery.attempts} ${delivery.attempts === 1 ? 'attempt' : 'attempts'}`,
    nextAttempt(delivery),
  ),
  delivery.last_error && h('div', { class: 'sub error' }, delivery.last_error),
];

const deliveryCells = (context) => (delivery) => [
  h('td', { class: 'when wide' }, time(delivery.created)),
  h(
    'th',
    { scope: 'row' },
    h('a', { class: 'id', href: eventLink(delivery.event) }, delivery.subject),
    ' ',
    typeBadge(delivery.type),
    h('div', { class: 'sub' }, 'to ', delivery.webhook),
    h('div', { class: 'sub narrow' }, time(delivery.created)),
  ),
  h('td', null, deliveryState(delivery), deliveryActs(delivery, context)),
];

function filterBar({ filters, go }) {
  const set = (more) => go(listLink('deliveries', { ...filters, ...more }));
  return h(
    'form',
    {
      class: 'filters',
      'aria-label': 'Filter deliveries',
      onsubmit: (event) => event.preventDefault(),
    },
    choice(
      'Webhook',
      filters.webhook ?? '',
      [['', 'all'], ...state.status.webhooks.map(({ name }) => [name, name])],
      (webhook) => set({ webhook }),
    ),
    choice(
      'State',
      filters.state ?? '',
      [['', 'all'], ...Object.keys(kStates).map((one) => [one, one])],
      (one) => set({ state: one }),
    ),
  );
}

function rowsOrWhyNot(context) {
  const { data, filters, update } = context;
  if (!data) return note('Reading the deliveries…');
  if (data.rows.length > 0) {
    return [
      table(
        {
          id: 'deliveries',
          caption: 'One event on its way to one webhook; newest event first',
          rows: data.rows,
          columns: [['Event from', 'when wide'], ['Event'], ['State']],
          row: deliveryCells(context),
          key: (row) => `${row.event}\n${row.webhook}`,
        },
        update,
      ),
      data.hasMore && moreButton('Older deliveries', context),
    ];
  }
  return filters.webhook || filters.state
    ? note('No delivery matches this filter. ', h('a', { href: '#/deliveries' }, 'All deliveries'))
    : note('Nothing was delivered yet: nothing has happened that a webhook asked for.');
}

export const deliveriesView = {
  title: () => 'Deliveries',
  load: ({ filters, ui }, signal) =>
    getPages(
      'deliveries',
      { webhook: filters.webhook, state: filters.state, limit: kPageRows },
      ui.pages ?? 1,
      signal,
    ),
  render(context) {
    const { webhooks } = state.status;
    const who =
      webhooks.length === 0
        ? note('No webhook is configured: events are stored, but nobody is told.')
        : table(
            {
              id: 'webhooks',
              caption: 'Who is told',
              rows: webhooks,
              row: webhookCells(context),
              key: (webhook) => webhook.name,
              columns: [
                ['Webhook'],
                ['Delivered', 'number wide'],
                ['Pending', 'number'],
                ['Dead', 'number'],
              ],
            },
            context.update,
          );
    return h(
      'div',
      null,
      h('h1', { tabindex: -1 }, 'Deliveries'),
      section('Webhooks', who),
      filterBar(context),
      section('Each delivery', rowsOrWhyNot(context)),
    );
  },
};
