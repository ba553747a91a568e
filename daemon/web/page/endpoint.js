// One endpoint: is it up, how fast in which phase, when did it fail and why, what will end soon,
// and its aliases.

import { get } from './api.js';
import { ownerLine } from './cluster.js';
import { h, moveAmong } from './dom.js';
import { eventTable } from './event_types.js';
import {
  ago,
  badge,
  bytes,
  count,
  date,
  kDay,
  milliseconds,
  shortTime,
  span,
  time,
} from './format.js';
import { listLink } from './link.js';
import { facts, labelsFact, note, section, table } from './list.js';
import { loadPast, pastSections } from './past.js';
import { aliasTable, conditionBadge, kPhases, phaseBar } from './shared_rows.js';
import { aliasesOf, state, totalSeconds } from './state.js';

const kPhaseTexts = {
  resolve: 'name lookup',
  connect: 'TCP connection',
  tls: 'TLS handshake',
  processing: 'until the first byte',
  transfer: 'rest of the body',
};
const kEvents = 20;
const kCertificateWarn = 21 * kDay;
const kCertificateBad = 7 * kDay;

const endStyle = (iso) => {
  const left = Date.parse(iso) - Date.now();
  if (left < kCertificateBad) return 'bad';
  return left < kCertificateWarn ? 'warn' : 'good';
};

function until(iso, pastWord) {
  const left = Date.parse(iso) - Date.now();
  return [
    time(iso, date(iso)),
    ' ',
    badge(endStyle(iso), left < 0 ? pastWord : `in ${span(left)}`),
  ];
}

function latency(endpoint) {
  const poll = endpoint.last_poll;
  if (!poll) return note('Not polled since the start.');
  const total = totalSeconds(endpoint);
  return h(
    'div',
    { class: 'latency' },
    phaseBar(poll.phase_seconds, total),
    h(
      'table',
      { class: 'small' },
      h('caption', null, 'Phases of the last poll'),
      h(
        'tbody',
        null,
        kPhases.map((phase) =>
          h(
            'tr',
            null,
            h(
              'th',
              { scope: 'row' },
              h('span', { class: `swatch ${phase}`, 'aria-hidden': 'true' }),
              phase,
              h('span', { class: 'soft wide' }, ` · ${kPhaseTexts[phase]}`),
            ),
            h('td', { class: 'number' }, milliseconds(poll.phase_seconds[phase])),
          ),
        ),
        h(
          'tr',
          { class: 'total' },
          h('th', { scope: 'row' }, 'all'),
          h('td', { class: 'number' }, milliseconds(total)),
        ),
      ),
    ),
  );
}

const pollText = (poll) =>
  `${shortTime(poll.at)}: ${
    poll.ok
      ? `good, ${milliseconds(poll.seconds)}`
      : `failed, ${poll.reason ?? 'other'}` + ` after ${milliseconds(poll.seconds)}`
  }`;

// Each poll a cell, as high as it took long; a failed one has full height, another colour and
// another shape.
function strip(polls, { ui, update }) {
  const slowest = Math.max(...polls.map((poll) => (poll.ok ? poll.seconds : 0)), 0.001);
  const good = polls.filter((poll) => poll.ok).length;
  const failed = polls.filter((poll) => !poll.ok).at(-1);
  const chosen = polls.find((poll) => poll.at === ui.poll) ?? polls.at(-1);
  const choose = (poll) => () => {
    ui.poll = poll.at;
    update();
  };
  return h(
    'div',
    { class: 'strip polls' },
    h(
      'p',
      { class: 'note' },
      `${good} of the last ${count(polls.length, 'poll was', 'polls were')} good. `,
      failed
        ? `The last failure was ${ago(failed.at)}: ${failed.reason ?? 'other'}.`
        : 'None failed.',
    ),
    h(
      'div',
      {
        class: 'cells',
        role: 'group',
        'aria-label': 'Polls, oldest first; arrow keys move from poll to poll',
        onkeydown: moveAmong,
      },
      polls.map((poll) =>
        h('button', {
          type: 'button',
          key: poll.at,
          class: poll.ok ? 'cell' : 'cell failed',
          'aria-label': pollText(poll),
          tabindex: poll === chosen ? 0 : -1,
          vars: { '--height': `${poll.ok ? Math.max(12, (100 * poll.seconds) / slowest) : 100}%` },
          onfocus: choose(poll),
          onmouseenter: choose(poll),
          onclick: choose(poll),
        }),
      ),
    ),
    h('p', { class: 'readout' }, pollText(chosen)),
  );
}

const retirementCells = (retirement) => [
  h('th', { scope: 'row', class: 'id' }, retirement.model),
  h('td', null, retirement.at ? until(retirement.at, 'retired') : 'deprecated, no date named'),
  h('td', { class: 'id' }, retirement.replacement ?? '–'),
  h('td', { class: 'wide' }, retirement.source ?? 'the list'),
];

function headFacts(endpoint) {
  const poll = endpoint.last_poll;
  return facts([
    ['List', h('span', { class: 'id' }, endpoint.url)],
    endpoint.provider && ['Provider', endpoint.provider],
    endpoint.replica?.as_of && ['Watched by', ownerLine(endpoint)],
    endpoint.down_since && ['Down since', time(endpoint.down_since)],
    poll && [
      'Last poll',
      time(poll.time),
      poll.http_status_code && ` · HTTP ${poll.http_status_code}`,
      poll.body_bytes > 0 && ` · ${bytes(poll.body_bytes)}`,
    ],
    endpoint.last_good_poll && !poll?.ok && ['Last good poll', time(endpoint.last_good_poll)],
    ['Polled every', span(endpoint.interval_seconds * 1000)],
    endpoint.paused && ['Paused', 'not polled, because the configuration says so'],
    endpoint.maintenance && [
      'Maintenance',
      `${endpoint.maintenance}: nobody is told that it is down`,
    ],
    endpoint.slowed && [
      'Polled less often',
      `${endpoint.slowed.because}; next poll `,
      time(endpoint.next_poll),
    ],
    endpoint.warnings.length > 0 && [
      'Not as configured',
      endpoint.warnings.map((warning) => h('div', null, warning)),
    ],
    endpoint.certificate_expiry && [
      'Certificate ends',
      until(endpoint.certificate_expiry, 'expired'),
    ],
    ['Models', String(endpoint.models)],
    labelsFact(endpoint.labels),
  ]);
}

const failuresOf = (endpoint) =>
  Object.entries(endpoint.failures)
    .filter(([, number]) => number > 0)
    .map(([reason, number]) => `${reason} ${number}`)
    .join(', ');

export const endpointView = {
  title: ({ parts }) => parts[0] ?? 'Endpoint',
  async load({ parts: [endpoint], filters }, signal) {
    const [{ endpoints }, { events }, past] = await Promise.all([
      get('endpoints', { endpoint, polls: 'true' }, signal),
      get('events', { endpoint, limit: kEvents }, signal),
      loadPast(endpoint, filters, signal),
    ]);
    return {
      polls: endpoints[0]?.polls ?? [],
      retirements: endpoints[0]?.retirements ?? [],
      events,
      past,
    };
  },
  render(context) {
    const {
      parts: [name],
      data,
      update,
    } = context;
    const endpoint = state.byName.get(name);
    const heading = h(
      'div',
      { class: 'heading' },
      h('p', { class: 'crumb' }, 'Endpoint'),
      h('h1', { tabindex: -1 }, name),
    );
    if (!endpoint) {
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
            'No endpoint of this name is configured. ',
            h('a', { href: '#/' }, 'All endpoints'),
          ),
        ),
      );
    }
    const aliases = aliasesOf(name);
    const error = endpoint.last_poll?.error;
    return h(
      'div',
      null,
      heading,
      h(
        'p',
        { class: 'points' },
        conditionBadge(endpoint),
        ' ',
        endpoint.quarantined && badge('warn', 'list not believed'),
      ),
      error && h('p', { class: 'notice bad' }, error),
      headFacts(endpoint),
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          null,
          section('Past', pastSections(name, data?.past, context)),
          section(
            'Last polls',
            data?.polls.length > 0
              ? strip(data.polls, context)
              : note(data ? 'No poll is kept yet.' : 'Reading the polls…'),
            failuresOf(endpoint) &&
              note(
                `Failures since the start: ${failuresOf(endpoint)}, of ` +
                  `${endpoint.polls_total.toLocaleString('en')} polls.`,
              ),
          ),
          section(
            'Aliases',
            aliases.length > 0
              ? aliasTable('own', 'Aliases of this endpoint', aliases, update)
              : note(
                  endpoint.has_baseline
                    ? 'Its list names no alias.'
                    : 'Its list was not read yet.',
                ),
          ),
          data?.retirements.length > 0 &&
            section(
              'Retirements',
              table(
                {
                  id: 'retirements',
                  caption: 'Models that will end, and who says so',
                  columns: [['Model'], ['Ends'], ['Replacement'], ['Says', 'wide']],
                  rows: data.retirements,
                  row: retirementCells,
                  key: (row) => row.model,
                },
                update,
              ),
            ),
        ),
        h(
          'div',
          null,
          section('Latency', latency(endpoint)),
          data &&
            section(
              'Events',
              eventTable('of-endpoint', 'The latest of this endpoint', data.events, update),
              h(
                'p',
                { class: 'more' },
                h('a', { href: listLink('events', { endpoint: name }) }, 'All of them'),
              ),
            ),
        ),
      ),
    );
  },
};
