// What needs a look: the first thing that the page says, and the number in the tab's title.

import { clusterTroubles } from './cluster.js';
import { webhookBadge } from './deliveries.js';
import { h } from './dom.js';
import { ago, badge, count, date, span, time } from './format.js';
import { aliasLink, endpointLink, listLink } from './link.js';
import { endBadge, target } from './shared_rows.js';
import {
  condition,
  endOf,
  endsSoon,
  hasMovedLately,
  isNeverNamed,
  isOffPin,
  isSlowed,
  sickWebhooks,
  state,
} from './state.js';

// More of one kind are one line with a link to all of them.
const kEachUpTo = 6;

const ofAlias = (alias, badgeOf, ...text) => ({
  key: `alias\n${alias.endpoint}\n${alias.alias}`,
  badge: badgeOf,
  name: h('a', { class: 'id', href: aliasLink(alias.endpoint, alias.alias) }, alias.alias),
  of: h('a', { href: endpointLink(alias.endpoint) }, alias.endpoint),
  text,
});
const ofEndpoint = (endpoint, badgeOf, ...text) => ({
  key: `endpoint\n${endpoint.name}`,
  badge: badgeOf,
  name: h('a', { href: endpointLink(endpoint.name) }, endpoint.name),
  text,
});

function kinds() {
  const seen = new Set(); // an alias is told once, by the worst
  const once = (aliases) =>
    aliases.filter((alias) => {
      const key = `${alias.endpoint}\n${alias.alias}`;
      return !seen.has(key) && seen.add(key);
    });
  const arrow = h.bind(null, 'span', { 'aria-hidden': 'true' }, '→ ');
  return [
    {
      show: 'off-pin',
      words: ['alias is off its pin', 'aliases are off their pins'],
      items: once(state.aliases.filter(isOffPin)).map((alias) =>
        ofAlias(alias, badge('bad', 'off its pin'), arrow(), target(alias)),
      ),
    },
    {
      show: 'down',
      words: ['endpoint is down', 'endpoints are down'],
      items: state.endpoints
        .filter((endpoint) => condition(endpoint) === 'down')
        .map((endpoint) =>
          ofEndpoint(
            endpoint,
            badge('bad', 'down'),
            endpoint.down_since && ['since ', time(endpoint.down_since)],
            endpoint.last_poll?.reason && `, ${endpoint.last_poll.reason}`,
          ),
        ),
    },
    {
      show: 'moved',
      words: ['alias moved in the last 24 h', 'aliases moved in the last 24 h'],
      items: once(state.aliases.filter(hasMovedLately)).map((alias) =>
        ofAlias(
          alias,
          badge('news', 'moved'),
          arrow(),
          target(alias),
          ` ${ago(alias.last_change)}`,
        ),
      ),
    },
    {
      show: 'unsettled',
      words: ['alias is unstable', 'aliases are unstable'],
      items: once(state.aliases.filter((alias) => alias.unstable)).map((alias) =>
        ofAlias(alias, badge('warn', 'unstable'), 'its targets alternate'),
      ),
    },
    {
      show: 'undisclosed',
      words: ['alias is not named any more', 'aliases are not named any more'],
      items: once(
        state.aliases.filter((alias) => alias.status === 'undisclosed' && !isNeverNamed(alias)),
      ).map((alias) => ofAlias(alias, badge('warn', 'undisclosed'), target(alias))),
    },
    {
      view: 'deliveries',
      words: ['webhook does not take its events', 'webhooks do not take their events'],
      items: sickWebhooks(state.status).map((webhook) => ({
        key: `webhook\n${webhook.name}`,
        badge: webhookBadge(webhook),
        name: h('a', { href: listLink('deliveries', { webhook: webhook.name }) }, webhook.name),
        text: [webhook.last_error ?? `${webhook.pending} wait`],
      })),
    },
    {
      view: 'models',
      words: ['target ends within 30 days', 'targets end within 30 days'],
      items: once(state.aliases.filter((alias) => endsSoon(endOf(alias)))).map((alias) =>
        ofAlias(
          alias,
          endBadge(endOf(alias)),
          'its target ',
          target(alias),
          ` ends on ${date(endOf(alias).at)}`,
        ),
      ),
    },
    { words: [], items: clusterTroubles(state.status) },
    {
      words: [],
      items: state.status.isolated
        ? [
            {
              key: 'isolated',
              badge: badge('warn', 'isolated'),
              name: 'Most hosts are out of reach at once',
              text: ['taken for this machine’s own network: no outage is told for now'],
            },
          ]
        : [],
    },
    {
      show: 'slowed',
      words: ['endpoint is polled less often', 'endpoints are polled less often'],
      items: state.endpoints
        .filter((endpoint) => isSlowed(endpoint) && condition(endpoint) !== 'down')
        .map((endpoint) =>
          ofEndpoint(
            endpoint,
            badge('warn', 'slowed'),
            `last polled ${ago(endpoint.last_poll.time)}, every `,
            span(endpoint.interval_seconds * 1000),
            ' is configured',
            endpoint.last_poll.reason && `: ${endpoint.last_poll.reason}`,
          ),
        ),
    },
  ].filter(({ items }) => items.length > 0);
}

const kept = { version: -1, kinds: [], number: 0 };

// Computed once per reading.
function known() {
  if (kept.version !== state.version && state.status) {
    const all = kinds();
    Object.assign(kept, {
      version: state.version,
      kinds: all,
      number: all.reduce((sum, { items }) => sum + items.length, 0),
    });
  }
  return kept;
}

export const attentionCount = () => known().number;

const itemRow = ({ key, badge: mark, name, of, text }) =>
  h(
    'li',
    { key },
    mark,
    ' ',
    name,
    of && [' ', h('span', { class: 'sub' }, of)],
    ' ',
    h('span', { class: 'soft' }, text),
  );

// `text` elements are made anew for each drawing: an element stands in one place only.
export function attention() {
  const all = state.status ? kinds() : [];
  if (all.length === 0) return null;
  return h(
    'section',
    { 'aria-labelledby': 'look', key: 'look', class: 'look' },
    h('h2', { id: 'look' }, `Needs a look · ${known().number}`),
    h(
      'ul',
      null,
      all.map(({ items, show, view = '', words }) =>
        items.length > kEachUpTo
          ? [
              items.slice(0, kEachUpTo - 1).map(itemRow),
              h(
                'li',
                { key: `more-${words[1]}` },
                h(
                  'a',
                  { href: listLink(view, show ? { show } : {}) },
                  `All ${count(items.length, ...words)}`,
                ),
              ),
            ]
          : items.map(itemRow),
      ),
    ),
  );
}
