// The event types, and how each is shown.

import { h } from './dom.js';
import { badge, time } from './format.js';
import { aliasLink, eventLink } from './link.js';
import { note, table } from './list.js';

const kPrefix = 'io.modelvane.';

// type -> the style of its badge
const kTypes = {
  'alias.moved': 'news',
  'alias.unstable': 'warn',
  'alias.settled': 'good',
  'alias.appeared': 'quiet',
  'alias.vanished': 'warn',
  'alias.undisclosed': 'warn',
  'alias.disclosed': 'quiet',
  'alias.hint': 'quiet',
  'alias.pin_broken': 'bad',
  'alias.pin_restored': 'good',
  'alias.unwatched': 'quiet',
  'alias.disagrees': 'warn',
  'alias.agrees': 'good',
  'model.added': 'quiet',
  'model.removed': 'quiet',
  'model.retirement_set': 'warn',
  'model.retirement_changed': 'warn',
  'model.retirement_cleared': 'good',
  'model.retirement_near': 'bad',
  'endpoint.down': 'bad',
  'endpoint.up': 'good',
  'endpoint.unwatched': 'quiet',
  'catalog.quarantined': 'warn',
  'catalog.accepted': 'good',
  'catalog.grew': 'quiet',
  'catalog.flooded': 'warn',
  'webhook.failing': 'bad',
  'webhook.recovered': 'good',
  'daemon.heartbeat': 'quiet',
  'daemon.isolated': 'bad',
  'daemon.rejoined': 'good',
  'operator.acted': 'quiet',
  'store.rewound': 'bad',
  drill: 'quiet',
};
export const kTypeNames = Object.keys(kTypes);
export const kTypeGroups = [
  'alias.*',
  'model.*',
  'endpoint.*',
  'catalog.*',
  'operator.*',
  'daemon.*',
  'store.*',
  'webhook.*',
];

export const typeName = (type) => (type.startsWith(kPrefix) ? type.slice(kPrefix.length) : type);
export const typeBadge = (type) => badge(kTypes[typeName(type)] ?? 'quiet', typeName(type));

export const summaryOf = (event) => event.data.summary || event.subject;

const eventCells = (event) => [
  h('th', { scope: 'row', class: 'when' }, time(event.time)),
  h(
    'td',
    null,
    h('a', { href: eventLink(event.id) }, summaryOf(event)),
    h(
      'div',
      { class: 'sub' },
      typeBadge(event.type),
      event.data.drill && badge('quiet', 'drill'),
      ' ',
      event.data.alias
        ? h(
            'a',
            { class: 'id', href: aliasLink(event.data.endpoint, event.data.alias) },
            event.subject,
          )
        : h('span', { class: 'id' }, event.subject),
    ),
  ),
];

export function eventTable(id, caption, events, update) {
  if (events.length === 0)
    return note('Nothing has happened yet. The first good poll sets the baseline silently.');
  return table(
    {
      id,
      caption,
      columns: [['When', 'when'], ['What']],
      rows: events,
      row: eventCells,
      key: (event) => event.id,
    },
    update,
  );
}
