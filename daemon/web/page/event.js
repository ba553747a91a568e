// One event with all that is known of it, and who was told.

import { get, getPages } from './api.js';
import { deliveryActs, deliveryState } from './deliveries.js';
import { evidence } from './diff.js';
import { h } from './dom.js';
import { summaryOf, typeBadge } from './event_types.js';
import { badge, ruleText, time, timeAndAgo } from './format.js';
import { aliasLink, endpointLink, eventLink } from './link.js';
import { facts, labelsFact, note, section, table } from './list.js';
import { state } from './state.js';

// An id begins with its time in milliseconds, 48 bits in hexadecimal; the API finds events by time.
const kIdTime = /^evt_([0-9a-f]{8})-?([0-9a-f]{4})/;
const kAround = 1000;

async function findEvent(id, signal) {
  const digits = kIdTime.exec(id);
  if (!digits) return null;
  const at = parseInt(digits[1] + digits[2], 16);
  const iso = (moment) => new Date(moment).toISOString();
  const query = { since: iso(at - kAround), until: iso(at + kAround), limit: 1000 };
  // A burst has more events in a second than one answer holds.
  for (let cursor; cursor !== null; ) {
    const { events, next } = await get('events', { ...query, cursor }, signal);
    const found = events.find((event) => event.id === id);
    if (found) return found;
    cursor = next ?? null;
  }
  return null;
}

const kKnownFacts = new Set([
  'endpoint',
  'alias',
  'summary',
  'evidence',
  'labels',
  'from',
  'to',
  'observed_between',
  'reverts',
  'pin',
  'drill',
  'rule',
]);

// "confirmed_by_polls" -> "Confirmed by polls"
const factName = (name) => name[0].toUpperCase() + name.slice(1).replaceAll('_', ' ');
const isPlain = (value) => typeof value !== 'object';
function factText(value) {
  if (Array.isArray(value) && value.every(isPlain)) return value.join(', ');
  return isPlain(value) ? String(value) : JSON.stringify(value);
}

function otherFacts(data) {
  return Object.entries(data)
    .filter(([name, value]) => !kKnownFacts.has(name) && value !== null)
    .map(([name, value]) => [factName(name), factText(value)]);
}

function eventFacts({ data, time: at, id }) {
  const id_ = (text) => h('span', { class: 'id' }, text);
  const between = data.observed_between;
  return facts([
    ['Confirmed', timeAndAgo(at)],
    data.endpoint && ['Endpoint', h('a', { href: endpointLink(data.endpoint) }, data.endpoint)],
    data.alias && [
      'Alias',
      h('a', { class: 'id', href: aliasLink(data.endpoint, data.alias) }, data.alias),
    ],
    data.from && ['From', id_(data.from)],
    data.to && ['To', id_(data.to)],
    between && [
      'It changed between',
      between[0] ? time(between[0]) : 'the time before it was watched',
      ' and ',
      time(between[1]),
    ],
    data.pin && [
      'Pin',
      badge(data.pin.state === 'ok' ? 'good' : 'bad', data.pin.state),
      ' ',
      id_(data.pin.approved.join(', ')),
    ],
    data.reverts && [
      'Takes back',
      h('a', { class: 'id', href: eventLink(data.reverts) }, data.reverts),
    ],
    data.rule && ['Known because', ruleText(data.rule)],
    ...otherFacts(data),
    labelsFact(data.labels ?? {}),
    ['Id', id_(id)],
  ]);
}

export const eventView = {
  title: ({ parts }) => parts[0],
  async load({ parts: [id] }, signal) {
    const [event, { rows }] = await Promise.all([
      state.latest.find((one) => one.id === id) ?? findEvent(id, signal),
      getPages('deliveries', { event: id }, 1, signal),
    ]);
    return { event, deliveries: rows };
  },
  render(context) {
    const {
      parts: [id],
      data,
      update,
    } = context;
    const crumb = h('p', { class: 'crumb' }, h('a', { href: '#/events' }, 'Events'));
    if (!data)
      return h('div', null, crumb, h('h1', { tabindex: -1 }, 'Event'), note('Reading the event…'));
    const { event } = data;
    if (!event)
      return h(
        'div',
        null,
        crumb,
        h('h1', { tabindex: -1 }, 'Event'),
        h('p', { class: 'notice' }, `There is no event ${id}, or it is older than what is kept.`),
      );
    return h(
      'div',
      null,
      crumb,
      h('h1', { tabindex: -1 }, summaryOf(event)),
      h(
        'p',
        { class: 'points' },
        typeBadge(event.type),
        event.data.drill && badge('quiet', 'drill'),
      ),
      eventFacts(event),
      event.data.evidence && section('Evidence', evidence(event.data.evidence)),
      section(
        'Who was told',
        table(
          {
            id: 'told',
            caption: 'The deliveries of this event',
            rows: data.deliveries,
            key: ({ webhook }) => webhook,
            columns: [['Webhook'], ['State']],
            row: (delivery) => [
              h('th', { scope: 'row' }, delivery.webhook),
              h('td', null, deliveryState(delivery), deliveryActs(delivery, context)),
            ],
          },
          update,
        ),
        data.deliveries.length === 0 && note('No webhook asked for it.'),
      ),
      section(
        'As receivers get it',
        h(
          'pre',
          { tabindex: 0, 'aria-label': 'The event as JSON' },
          JSON.stringify(event, null, 2),
        ),
      ),
    );
  },
};
