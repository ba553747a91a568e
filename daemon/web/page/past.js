// An endpoint's past, as the store keeps it: latency and availability over a range, 90 days as a
// strip, and the small picture of a day that lists show.

import { get } from './api.js';
import { h, moveAmong } from './dom.js';
import { axisTime, date, kDay, lasted, milliseconds, shortTime } from './format.js';
import { endpointLink } from './link.js';
import { note } from './list.js';

const kHour = kDay / 24;
// What the link calls a range -> its length and its steps. Hours are kept for 35 days.
const kRanges = {
  '24h': [kDay, kHour],
  '7d': [7 * kDay, kHour],
  '30d': [30 * kDay, 6 * kHour],
  '90d': [90 * kDay, kDay],
};
const kUsual = '24h';
const kStrip = '90d';
const kTicks = 4;

export const percent = (ratio) => {
  if (ratio === null || ratio === undefined) return '–';
  // Never 100 % of what was not: the last digit is cut, not rounded.
  const isWhole = ratio === 0 || ratio === 1;
  return `${(Math.floor(ratio * 1e4) / 100).toFixed(isWhole ? 0 : 2)} %`;
};

const rangeOf = (filters) => (kRanges[filters.past] ? filters.past : kUsual);

async function read(endpoint, range, signal) {
  const [length, step] = kRanges[range];
  const now = Date.now();
  const { history } = await get(
    `endpoints/${encodeURIComponent(endpoint)}/history`,
    {
      from: new Date(now - length + step).toISOString(),
      to: new Date(now).toISOString(),
      step: `${step / kHour}h`,
    },
    signal,
  );
  const known = new Map(history.map((one) => [Date.parse(one.from), one]));
  const steps = [];
  for (let at = Math.floor((now - length + step) / step) * step; at <= now; at += step)
    steps.push({ at, end: Math.min(at + step, now), ...known.get(at) });
  return { range, step, steps };
}

// Both pictures of the endpoint's view; null when the history cannot be read.
export async function loadPast(endpoint, filters, signal) {
  const range = rangeOf(filters);
  const ofRange = read(endpoint, range, signal);
  const ofStrip = range === kStrip ? ofRange : read(endpoint, kStrip, signal);
  const [chosen, strip] = await Promise.all([ofRange, ofStrip]);
  return { chosen, strip };
}

function stepText(one, step) {
  const at = new Date(one.at).toISOString();
  const when = step < kDay ? shortTime(at) : date(at);
  if (!one.seconds) return `${when}: nothing is known`;
  const { up, down, unknown } = one.seconds;
  const down_ = down > 0 ? `, down for ${lasted(down)}` : '';
  const known = up + down > 0 ? `${percent(one.availability)} up${down_}` : 'nothing is known';
  const { p50, p95 } = one.poll_seconds;
  const polls =
    p50 === null
      ? ''
      : `; ${one.polls.toLocaleString('en')} polls, half within ${milliseconds(p50)}, ` +
        `95 % within ${milliseconds(p95)}`;
  const worst = one.worst_reason ? `; failures mostly ${one.worst_reason}` : '';
  const gap = unknown > 60 ? `; ${lasted(unknown)} unknown` : '';
  return `${when}: ${known}${polls}${worst}${gap}`;
}

// One cell a step: its height is the share of good time, and a bad one has another colour and
// another shape.
function cells(past, label, name, { ui, update }) {
  const chosen = past.steps.find((one) => one.at === ui[name]) ?? past.steps.at(-1);
  const choose = (one) => () => {
    ui[name] = one.at;
    update();
  };
  const style = (one) => {
    if ((one.availability ?? null) === null) return 'cell none';
    if (one.availability === 1) return 'cell';
    return one.availability >= 0.99 ? 'cell some' : 'cell failed';
  };
  return [
    h(
      'div',
      {
        class: 'cells even',
        role: 'group',
        'aria-label': `${label}, oldest first; arrow keys move from one to the next`,
        onkeydown: moveAmong,
      },
      past.steps.map((one) =>
        h('button', {
          type: 'button',
          key: one.at,
          class: style(one),
          'aria-label': stepText(one, past.step),
          tabindex: one === chosen ? 0 : -1,
          onfocus: choose(one),
          onmouseenter: choose(one),
          onclick: choose(one),
        }),
      ),
    ),
    axis(past),
    h('p', { class: 'readout' }, stepText(chosen, past.step)),
  ];
}

function axis({ steps }) {
  const [begin, end] = [steps[0].at, steps.at(-1).end];
  return h(
    'div',
    { class: 'axis full', 'aria-hidden': 'true' },
    Array.from({ length: kTicks }, (_, i) => begin + ((end - begin) * i) / (kTicks - 1)).map((at) =>
      h('span', null, axisTime(at, end - begin)),
    ),
  );
}

// The next of 1, 2, 5, 10 ... above the longest, so that the axis has round numbers.
function roundUp(seconds) {
  const size = 10 ** Math.floor(Math.log10(seconds));
  return [1, 2, 5, 10].map((step) => step * size).find((most) => most >= seconds);
}

const kWidth = 600;
const kHeight = 100;

// The stretches of steps that have figures: a gap is a gap.
function stretches(steps) {
  const all = [[]];
  steps.forEach((one, i) => {
    if ((one.poll_seconds?.p50 ?? null) === null) all.push([]);
    else all.at(-1).push([i, one.poll_seconds]);
  });
  return all.filter((stretch) => stretch.length > 0);
}

function band({ steps }) {
  const most = roundUp(Math.max(...steps.map((one) => one.poll_seconds?.p95 ?? 0), 0.001));
  const x = (i) => ((i + 0.5) * kWidth) / steps.length;
  const y = (seconds) => (kHeight * (1 - seconds / most)).toFixed(1);
  const line = (stretch, of) =>
    // One step alone is a short line.
    (stretch.length > 1
      ? stretch.map(([i, one]) => [x(i), one])
      : [
          [x(stretch[0][0] - 0.4), stretch[0][1]],
          [x(stretch[0][0] + 0.4), stretch[0][1]],
        ]
    ).map(([at, one]) => `${at.toFixed(1)},${y(one[of])}`);
  const shapes = stretches(steps).map((stretch) => [
    h('svg:path', {
      class: 'band',
      d: `M${line(stretch, 'p95').join('L')}L${line(stretch, 'p50').reverse().join('L')}Z`,
    }),
    h('svg:path', { class: 'middle', d: `M${line(stretch, 'p50').join('L')}` }),
  ]);
  return h(
    'div',
    { class: 'chart', 'aria-hidden': 'true' },
    h(
      'div',
      { class: 'scale' },
      [most, most / 2, 0].map((at) => h('span', null, at === 0 ? '0' : milliseconds(at))),
    ),
    h(
      'svg:svg',
      { viewBox: `0 0 ${kWidth} ${kHeight}`, preserveAspectRatio: 'none' },
      [0, kHeight / 2, kHeight].map((at) =>
        h('svg:path', { class: 'grid', d: `M0,${at}H${kWidth}` }),
      ),
      shapes,
    ),
  );
}

function sumText({ steps }) {
  const sum = (of) => steps.reduce((all, one) => all + (one.seconds?.[of] ?? 0), 0);
  const [up, down] = [sum('up'), sum('down')];
  if (up + down === 0) return 'Nothing is known of this time.';
  return `${percent(up / (up + down))} up${down > 0 ? `, down for ${lasted(down)}` : ''}.`;
}

export function pastSections(name, data, context) {
  if (!data) return note('Reading the past…');
  const { filters } = context;
  const range = rangeOf(filters);
  return [
    h(
      'p',
      { class: 'ranges' },
      'Show ',
      Object.keys(kRanges).map((one) => [
        h(
          'a',
          {
            href: endpointLink(name) + (one === kUsual ? '' : `?past=${one}`),
            'aria-current': one === range ? 'true' : undefined,
          },
          one,
        ),
        ' ',
      ]),
    ),
    h(
      'div',
      { class: 'strip past' },
      h('p', { class: 'note' }, sumText(data.chosen)),
      band(data.chosen),
      cells(data.chosen, 'Availability and latency', 'step', context),
      h(
        'p',
        { class: 'note' },
        'Line: half of the polls took less. Band: up to what 95 % of them took. Cells: the share ' +
          'of time in which it was up.',
      ),
    ),
    range !== kStrip &&
      h(
        'div',
        { class: 'strip past' },
        h('h3', null, '90 days'),
        h('p', { class: 'note' }, sumText(data.strip)),
        cells(data.strip, 'Days', 'day', context),
      ),
  ];
}

// A day of an endpoint in the height of a row.
export function sparkline(hours) {
  const known = (hours?.p50 ?? []).filter((one) => one !== null);
  if (known.length === 0) return h('span', { class: 'soft' }, '–');
  const most = Math.max(...known, 0.001);
  const count = hours.p50.length;
  const x = (i) => (((i + 0.5) * 96) / count).toFixed(1);
  const y = (seconds) => (2 + 18 * (1 - seconds / most)).toFixed(1);
  const parts = [];
  let wasKnown = false;
  hours.p50.forEach((one, i) => {
    // One hour alone is a short line.
    const begin = wasKnown ? 'L' : `M${x(i - 0.4)},${y(one ?? 0)}L`;
    if (one !== null) parts.push(`${begin}${x(i)},${y(one)}`);
    wasKnown = one !== null;
  });
  const bad = hours.availability
    .map((one, i) => (one !== null && one < 1 ? `M${x(i)},24V14` : ''))
    .join('');
  const hoursBad = hours.availability.filter((one) => one !== null && one < 1).length;
  return h(
    'svg:svg',
    {
      class: 'spark',
      viewBox: '0 0 96 24',
      role: 'img',
      'aria-label':
        `Last 24 hours: median polls of ${milliseconds(Math.min(...known))} to ` +
        `${milliseconds(most)}${hoursBad > 0 ? `, not all up in ${hoursBad} hours` : ''}`,
    },
    h('svg:path', { class: 'middle', d: parts.join('') }),
    bad && h('svg:path', { class: 'gone', d: bad }),
  );
}
