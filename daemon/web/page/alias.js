// One alias: where it points, its targets over time, what happened to it, and the evidence of its
// latest move.

import { actButton } from './act.js';
import { getPages } from './api.js';
import { copyButton } from './controls.js';
import { evidence } from './diff.js';
import { h } from './dom.js';
import { eventTable, typeName } from './event_types.js';
import { date, ruleText, time, timeAndAgo } from './format.js';
import { aliasLink, endpointLink, eventLink, listLink } from './link.js';
import { facts, labelsFact, note, section } from './list.js';
import { aliasBadges, endBadge, target } from './shared_rows.js';
import { endOf, findAlias } from './state.js';
import { kRanges, timeline } from './timeline.js';

const kEvents = 1000; // the API's most in one answer: years of moves

// As a shell takes it, whatever a provider calls its models.
const quoted = (text) =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function acceptFact({ endpoint, alias, pin, target }, context) {
  if (pin?.state !== 'broken') return null;
  const query = { endpoint, alias };
  const act = target && actButton('Approve this target', { path: 'pins', query }, context);
  if (act) return ['To approve it', act];
  const command = `modelvane pin accept ${quoted(endpoint)} ${quoted(alias)}`;
  const shown = h('span', { class: 'id' }, command);
  return ['To approve it', shown, ' ', copyButton(command, 'the command')];
}

function endFact(alias) {
  const end = endOf(alias);
  if (end === null) return null;
  return [
    'Its target ends',
    time(end.at, date(end.at)),
    ' ',
    endBadge(end),
    end.replacement && ['instead: ', h('span', { class: 'id' }, end.replacement)],
    end.source && h('span', { class: 'soft' }, `, says ${end.source}`),
  ];
}

const percent = (share) => `${Math.round(share * 1000) / 10} %`;

function servedFact({ served, rule, last_seen }) {
  if (!served) return rule === 'served' ? ['Last heard of', timeAndAgo(last_seen)] : null;
  const shares = served.shares
    .toSorted((a, b) => b.share - a.share)
    .flatMap(({ target, share }, i) => [
      i > 0 && ', ',
      h('span', { class: 'id' }, target),
      ` ${percent(share)}`,
    ]);
  return [`Of ${served.answers} requests`, ...shares];
}

const pinFact = ({ pin }) =>
  pin && [
    'Pin',
    pin.state === 'ok' ? 'approved: ' : 'not approved; approved are: ',
    h('span', { class: 'id' }, pin.approved.join(', ')),
  ];

function ranges(endpoint, name, filters) {
  const all = [['', 'all'], ...Object.keys(kRanges).map((range) => [range, range])];
  return h(
    'p',
    { class: 'ranges' },
    'Show ',
    all.map(([range, text]) => [
      h(
        'a',
        {
          href: aliasLink(endpoint, name) + (range && `?range=${range}`),
          'aria-current': (filters.range ?? '') === range ? 'true' : undefined,
        },
        text,
      ),
      ' ',
    ]),
  );
}

export const aliasView = {
  title: ({ parts }) => parts[1] ?? 'Alias',
  load: async ({ parts: [endpoint, alias] }, signal) => {
    const { rows, hasMore } = await getPages(
      'events',
      { endpoint, alias, limit: kEvents },
      1,
      signal,
    );
    return { events: rows, hasMore };
  },
  render(context) {
    const {
      parts: [endpoint, name],
      data,
      filters,
      update,
    } = context;
    const alias = findAlias(endpoint, name);
    const heading = h(
      'div',
      { class: 'heading' },
      h('p', { class: 'crumb' }, h('a', { href: endpointLink(endpoint) }, endpoint)),
      h('h1', { class: 'id', tabindex: -1 }, name, ' ', copyButton(name, 'the alias')),
    );
    const history = data && [
      section(
        'Events',
        eventTable('history', 'What happened to this alias, newest first', data.events, update),
        data.hasMore &&
          h(
            'p',
            { class: 'more' },
            'Older ones: ',
            h('a', { href: listLink('events', { endpoint }) }, 'all events of the endpoint'),
          ),
      ),
    ];
    if (!alias) {
      return h(
        'div',
        null,
        heading,
        h(
          'div',
          { class: 'notice' },
          h(
            'p',
            null,
            'No such alias is known at this endpoint. ',
            h('a', { href: '#/' }, 'All aliases'),
          ),
        ),
        data?.events.length > 0 && history,
      );
    }
    const move = data?.events.find((event) => typeName(event.type) === 'alias.moved');
    return h(
      'div',
      null,
      heading,
      h(
        'p',
        { class: 'points' },
        h('span', { 'aria-hidden': 'true' }, '→ '),
        h('span', { class: 'unseen' }, 'points to '),
        target(alias),
        ' ',
        aliasBadges(alias),
      ),
      facts([
        alias.since && ['Since', timeAndAgo(alias.since)],
        ['Moves', String(alias.changes)],
        alias.rule && ['Known because', ruleText(alias.rule)],
        alias.pending?.target && [
          'Seen, not yet confirmed',
          h('span', { class: 'id' }, alias.pending.target),
        ],
        servedFact(alias),
        pinFact(alias),
        acceptFact(alias, context),
        endFact(alias),
        labelsFact(alias.labels),
      ]),
      section(
        'Targets over time',
        ranges(endpoint, name, filters),
        data ? timeline(alias, data.events, context) : note('Reading the history…'),
      ),
      history,
      move &&
        section(
          'Evidence of the latest move',
          h(
            'p',
            { class: 'note' },
            h('a', { href: eventLink(move.id) }, move.data.summary),
            ', ',
            time(move.time),
          ),
          evidence(move.data.evidence),
        ),
    );
  },
};
