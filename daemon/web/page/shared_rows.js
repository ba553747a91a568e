// Rows of aliases and endpoints, alike wherever they are listed.

import { h } from './dom.js';
import { badge, milliseconds, time, timeAndAgo } from './format.js';
import { aliasLink, endpointLink } from './link.js';
import { table } from './list.js';
import { condition, hasMovedLately, isOffPin, state, totalSeconds } from './state.js';

// A colour never stands alone: each mark comes with a badge in words, or with the normal state.
const mark = (style) => h('span', { class: `mark ${style}`, 'aria-hidden': 'true' });

export const kPhases = ['resolve', 'connect', 'tls', 'processing', 'transfer'];

function aliasMark(alias) {
  if (isOffPin(alias)) return 'bad';
  if (alias.unstable || alias.status !== 'resolved') return 'warn';
  return alias.pending || hasMovedLately(alias) ? 'news' : 'good';
}

export function aliasBadges(alias) {
  return [
    alias.status === 'undisclosed' && badge('quiet', 'undisclosed'),
    alias.status === 'absent' && badge('warn', 'gone from the list'),
    isOffPin(alias) && badge('bad', 'off its pin'),
    alias.pin?.state === 'ok' && badge('good', 'on its pin'),
    alias.unstable && badge('warn', 'unstable'),
    alias.pending && badge('news', 'pending'),
    alias.pending?.target && h('span', { class: 'id' }, `${alias.pending.target}?`),
    hasMovedLately(alias) && badge('news', 'moved'),
  ].filter(Boolean);
}

export function target(alias) {
  if (alias.target !== null)
    return h('span', { class: 'id strong', title: alias.target }, alias.target);
  if (alias.last_known_target === null)
    return h('span', { class: 'soft' }, 'not named by the provider');
  return h(
    'span',
    { class: 'soft' },
    'last known ',
    h('span', { class: 'id' }, alias.last_known_target),
  );
}

const aliasCells = (alias) => [
  h(
    'th',
    { scope: 'row', class: 'marked' },
    mark(aliasMark(alias)),
    h(
      'a',
      { class: 'id', title: alias.alias, href: aliasLink(alias.endpoint, alias.alias) },
      alias.alias,
    ),
    h('div', { class: 'sub' }, h('a', { href: endpointLink(alias.endpoint) }, alias.endpoint)),
  ),
  h(
    'td',
    null,
    h('span', { class: 'arrow', 'aria-hidden': 'true' }, '→ '),
    target(alias),
    h('div', { class: 'sub' }, aliasBadges(alias)),
    h('div', { class: 'sub narrow' }, alias.since && ['since ', time(alias.since)]),
  ),
  h('td', { class: 'when wide' }, alias.since ? timeAndAgo(alias.since) : '–'),
];

export const aliasTable = (id, caption, aliases, update) =>
  table(
    {
      id,
      caption,
      rows: aliases,
      row: aliasCells,
      style: 'aliases',
      columns: [['Alias'], ['Points to'], ['Since', 'when wide']],
      key: (alias) => `${alias.endpoint}\n${alias.alias}`,
    },
    update,
  );

export function conditionBadge(endpoint) {
  return {
    up: () => badge('good', 'up'),
    down: () => badge('bad', 'down'),
    failing: () => badge('warn', 'failing'),
    new: () => badge('quiet', 'not polled yet'),
  }[condition(endpoint)]();
}

// The five phases side by side; `scale` seconds fill the whole width. Their numbers stand beside it
// as text.
export function phaseBar(seconds, scale) {
  return h(
    'span',
    { class: 'phases', 'aria-hidden': 'true' },
    kPhases.map((phase) =>
      h('span', {
        class: `phase ${phase}`,
        vars: { '--share': `${scale > 0 ? (100 * seconds[phase]) / scale : 0}%` },
      }),
    ),
  );
}

function endpointState(endpoint) {
  const poll = endpoint.last_poll;
  return [
    conditionBadge(endpoint),
    endpoint.quarantined && badge('warn', 'list not believed'),
    h(
      'div',
      { class: 'sub' },
      endpoint.down_since && [
        'since ',
        time(endpoint.down_since),
        poll?.reason && ` · ${poll.reason}`,
      ],
      !endpoint.down_since && poll && !poll.ok && poll.reason,
    ),
  ];
}

const endpointCells = (endpoint) => [
  h(
    'th',
    { scope: 'row', class: 'marked' },
    mark({ up: 'good', down: 'bad', failing: 'warn', new: 'quiet' }[condition(endpoint)]),
    h('a', { href: endpointLink(endpoint.name), title: endpoint.name }, endpoint.name),
    h(
      'div',
      { class: 'sub' },
      endpoint.has_baseline
        ? `${endpoint.models} models, ${endpoint.aliases} aliases`
        : 'no list yet',
    ),
  ),
  h('td', null, endpointState(endpoint)),
  h(
    'td',
    { class: 'number' },
    endpoint.last_poll && totalSeconds(endpoint) > 0
      ? [
          milliseconds(totalSeconds(endpoint)),
          phaseBar(
            endpoint.last_poll.phase_seconds,
            Math.max(state.slowest, totalSeconds(endpoint)),
          ),
        ]
      : '–',
  ),
];

export const endpointTable = (id, caption, endpoints, update) =>
  table(
    {
      id,
      caption,
      rows: endpoints,
      row: endpointCells,
      style: 'endpoints',
      columns: [['Endpoint'], ['State'], ['Last poll took', 'number']],
      key: (endpoint) => endpoint.name,
    },
    update,
  );
