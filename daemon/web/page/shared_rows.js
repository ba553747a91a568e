// Rows of aliases and endpoints, alike wherever they are listed.

import { ownerLine } from './cluster.js';
import { h } from './dom.js';
import { badge, kDay, milliseconds, rough, time, timeAndAgo } from './format.js';
import { aliasLink, endpointLink, listLink } from './link.js';
import { table } from './list.js';
import { percent, sparkline } from './past.js';
import {
  condition,
  endOf,
  endsSoon,
  hasMovedLately,
  isNeverNamed,
  isOffPin,
  isSlowed,
  state,
  totalSeconds,
} from './state.js';

// A colour never stands alone: each mark comes with a badge in words, or with the normal state.
const mark = (style) => h('span', { class: `mark ${style}`, 'aria-hidden': 'true' });

export const kPhases = ['resolve', 'connect', 'tls', 'processing', 'transfer'];

function aliasMark(alias) {
  if (isOffPin(alias)) return 'bad';
  if (isNeverNamed(alias)) return 'quiet';
  if (alias.unstable || alias.status !== 'resolved' || endsSoon(endOf(alias))) return 'warn';
  return alias.pending || hasMovedLately(alias) ? 'news' : 'good';
}

export function endBadge(end) {
  if (end === null) return null;
  const left = Date.parse(end.at) - Date.now();
  const style = left < 7 * kDay ? 'bad' : left < 30 * kDay ? 'warn' : 'quiet';
  return badge(style, left < 0 ? 'retired' : `ends in ${rough(left)}`);
}

export function aliasBadges(alias) {
  return [
    alias.status === 'undisclosed' &&
      badge(isNeverNamed(alias) ? 'quiet' : 'warn', 'undisclosed'),
    alias.status === 'absent' && badge('warn', 'gone from the list'),
    isOffPin(alias) && badge('bad', 'off its pin'),
    alias.pin?.state === 'ok' && badge('good', 'on its pin'),
    alias.unstable && badge('warn', 'unstable'),
    alias.pending && badge('news', 'pending'),
    alias.pending?.target && h('span', { class: 'id' }, `${alias.pending.target}?`),
    hasMovedLately(alias) && badge('news', 'moved'),
    endBadge(endOf(alias)),
  ].filter(Boolean);
}

export function target(alias) {
  if (alias.target !== null)
    return h('span', { class: 'id strong', title: alias.target }, whole(alias.target));
  if (alias.last_known_target === null)
    return h('span', { class: 'soft' }, 'not named by the provider');
  return h(
    'span',
    { class: 'soft' },
    'last known ',
    h('span', { class: 'id' }, alias.last_known_target),
  );
}

// In a pane, whose rows have one height, a long name loses its middle and never its end.
const kTail = 14;
const kShortTail = 6; // of names in a narrow column
export const whole = (name, tail = kTail) =>
  name.length > tail + 2
    ? [
        h('span', { class: 'start' }, name.slice(0, -tail)),
        h('span', { class: 'tail' }, name.slice(-tail)),
      ]
    : name;

// The aliases of an endpoint that nobody says anything about, as one row.
const foldedCells = ({ endpoint, folded }) => [
  h(
    'th',
    { scope: 'row', class: 'marked', colspan: 3 },
    mark('quiet'),
    h(
      'a',
      { class: 'soft', href: listLink('', { show: 'undisclosed', q: endpoint }) },
      `${folded.toLocaleString('en')} more of ${endpoint}: no target is named`,
    ),
  ),
];

const kFolded = { alias: '', labels: {} };

// Those that were never named stand behind the others, one row for each endpoint.
export function folded(aliases) {
  const counts = new Map();
  const rest = aliases.filter((alias) => {
    if (!isNeverNamed(alias)) return true;
    counts.set(alias.endpoint, (counts.get(alias.endpoint) ?? 0) + 1);
    return false;
  });
  const rows = [...counts].map(([endpoint, count]) => ({ ...kFolded, endpoint, folded: count }));
  return [...rest, ...rows];
}

const knownCells = (alias) => [
  h(
    'th',
    { scope: 'row', class: 'marked' },
    mark(aliasMark(alias)),
    h(
      'a',
      { class: 'id', title: alias.alias, href: aliasLink(alias.endpoint, alias.alias) },
      whole(alias.alias),
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

const aliasCells = (alias) => (alias.folded ? foldedCells(alias) : knownCells(alias));

// What a column's heading sorts by.
export const kAliasSorts = {
  alias: (alias) => alias.alias,
  target: (alias) => alias.target,
  since: (alias) => (alias.since ? -Date.parse(alias.since) : null),
};
export const kEndpointSorts = {
  endpoint: (endpoint) => endpoint.name,
  state: (endpoint) => condition(endpoint),
  uptime: (endpoint) => endpoint.uptime?.month ?? null,
  latency: (endpoint) =>
    endpoint.last_poll && totalSeconds(endpoint) > 0 ? totalSeconds(endpoint) : null,
};

export const aliasTable = (id, caption, aliases, update, sorting) =>
  table(
    {
      sorting,
      id,
      caption,
      rows: aliases,
      row: aliasCells,
      style: 'aliases',
      columns: [
        ['Alias', '', 'alias'],
        ['Points to', '', 'target'],
        ['Since', 'when wide', 'since'],
      ],
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
    endpoint.paused && badge('quiet', 'paused'),
    endpoint.maintenance && badge('quiet', 'maintenance'),
    isSlowed(endpoint) && badge('warn', 'slowed'),
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
    h(
      'a',
      { href: endpointLink(endpoint.name), title: endpoint.name },
      whole(endpoint.name, kShortTail),
    ),
    h(
      'div',
      { class: 'sub' },
      endpoint.has_baseline
        ? `${endpoint.models} models`
        : 'no list yet',
      endpoint.replica?.as_of && [' · ', ownerLine(endpoint)],
    ),
  ),
  h('td', null, endpointState(endpoint)),
  h('td', { class: 'wide' }, sparkline(endpoint.hours)),
  h(
    'td',
    { class: 'number' },
    h('div', null, percent(endpoint.uptime?.day)),
    h('div', { class: 'sub' }, percent(endpoint.uptime?.month)),
  ),
  h(
    'td',
    { class: 'number wide' },
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

export const endpointTable = (id, caption, endpoints, update, sorting) =>
  table(
    {
      sorting,
      id,
      caption,
      rows: endpoints,
      row: endpointCells,
      style: 'endpoints',
      columns: [
        ['Endpoint', '', 'endpoint'],
        ['State', '', 'state'],
        ['24 h', 'wide'],
        ['Up 24 h / 30 d', 'number', 'uptime'],
        ['Last poll', 'number wide', 'latency'],
      ],
      key: (endpoint) => endpoint.name,
    },
    update,
  );
