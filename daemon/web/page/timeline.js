// An alias's targets over time: one lane per target, a bar for each stay. Bars come from the chain
// of events; the exact bounds of the one that is hovered or focused stand below as text.

import { h, moveAmong } from './dom.js';
import { axisTime, kDay, shortTime, span } from './format.js';
import { typeName } from './event_types.js';

export const kRanges = { '24h': kDay, '7d': 7 * kDay, '30d': 30 * kDay, '400d': 400 * kDay };
const kHues = 6; // see style.css
const kTicks = 4;

const kNotNamed = 'target not named';
const kNotListed = 'not in the list';

function nextLabel(event) {
  switch (typeName(event.type)) {
    case 'alias.moved':
    case 'alias.appeared':
    case 'alias.disclosed':
      return event.data.to ?? undefined;
    case 'alias.undisclosed':
      return kNotNamed;
    case 'alias.vanished':
      return kNotListed;
    default:
      return undefined;
  }
}

function presentLabel(alias) {
  if (alias.status === 'absent') return kNotListed;
  return alias.target ?? kNotNamed;
}

// Events (newest first) -> stays, oldest first: {label, isName, start, end, bounds}. `start` null:
// since before the history; `end` null: until now.
export function staysOf(alias, events) {
  const stays = [];
  const enter = (label, start, bounds) => stays.push({ label, start, end: null, bounds });
  for (const event of [...events].reverse()) {
    const label = nextLabel(event);
    if (label === undefined) continue;
    const [before, after] = event.data.observed_between ?? [null, event.time];
    if (stays.length === 0 && event.data.from) enter(event.data.from, null, null);
    const last = stays.at(-1);
    if (last?.label === label) continue;
    const at = Date.parse(after);
    if (last) last.end = at;
    enter(label, at, before ? [before, after] : null);
  }
  if (stays.length === 0)
    enter(presentLabel(alias), alias.since ? Date.parse(alias.since) : null, null);
  return stays.map((stay) => ({
    ...stay,
    isName: stay.label !== kNotNamed && stay.label !== kNotListed,
  }));
}

function describe(stay) {
  const from =
    stay.start === null
      ? 'from before the history'
      : `from ${shortTime(new Date(stay.start).toISOString())}`;
  const seen = stay.bounds
    ? ` (it changed between ${shortTime(stay.bounds[0])} and ${shortTime(stay.bounds[1])})`
    : '';
  const until =
    stay.end === null ? 'until now' : `until ${shortTime(new Date(stay.end).toISOString())}`;
  const lasted = stay.start === null ? '' : `, ${span((stay.end ?? Date.now()) - stay.start)}`;
  return `${stay.label}: ${from}${seen} ${until}${lasted}`;
}

function exact(stay) {
  if (!stay.bounds) return null;
  return h('span', { class: 'sub' }, ` UTC ${stay.bounds[0]} to ${stay.bounds[1]}`);
}

// The whole span, a tenth more on the left when it begins before the history.
function rangeOf(stays, wanted, now) {
  if (kRanges[wanted]) return [now - kRanges[wanted], now];
  const known = stays.map((stay) => stay.start ?? stay.end).filter((at) => at !== null);
  const first = Math.min(...known, now - 1000);
  return [stays[0].start === null ? first - (now - first) / 10 : first, now];
}

export function timeline(alias, events, context) {
  const { filters, ui, update } = context;
  const now = Date.now();
  const stays = staysOf(alias, events);
  const [begin, end] = rangeOf(stays, filters.range, now);
  const seen = stays
    .map((stay, i) => ({ ...stay, i }))
    .filter((stay) => (stay.end ?? now) >= begin);
  const labels = [...new Set([...seen].reverse().map((stay) => stay.label))];
  const hues = new Map(
    [...new Set(stays.filter((stay) => stay.isName).map((stay) => stay.label))].map((label, i) => [
      label,
      i % kHues,
    ]),
  );
  const share = (at) => (100 * (Math.max(at, begin) - begin)) / (end - begin);
  const chosen = stays[ui.stay] ?? stays.at(-1);
  const choose = (i) => () => {
    ui.stay = i;
    update();
  };
  const bar = (stay) => {
    const left = share(stay.start ?? begin);
    return h('button', {
      type: 'button',
      key: `stay-${stay.i}`,
      tabindex: stays[stay.i] === chosen ? 0 : -1,
      class: [
        'stay',
        stay.isName ? `hue-${hues.get(stay.label)}` : 'no-name',
        stay.start === null ? 'open' : '',
      ].join(' '),
      'aria-label': describe(stay),
      vars: { '--left': `${left}%`, '--width': `${share(stay.end ?? end) - left}%` },
      onfocus: choose(stay.i),
      onmouseenter: choose(stay.i),
      onclick: choose(stay.i),
    });
  };
  const ticks = Array.from(
    { length: kTicks },
    (_, i) => begin + ((end - begin) * i) / (kTicks - 1),
  );
  return h(
    'div',
    { class: 'timeline' },
    h(
      'div',
      {
        class: 'lanes',
        role: 'group',
        'aria-label': 'Targets over time; arrow keys move from stay to stay',
        onkeydown: moveAmong,
      },
      labels.map((label) =>
        h(
          'div',
          { class: 'lane', key: `lane-${label}` },
          h('span', { class: 'id', title: label }, label),
          h('div', { class: 'track' }, seen.filter((stay) => stay.label === label).map(bar)),
        ),
      ),
    ),
    h(
      'div',
      { class: 'axis', 'aria-hidden': 'true' },
      ticks.map((at) => h('span', null, axisTime(at, end - begin))),
    ),
    h('p', { class: 'readout' }, describe(chosen), exact(chosen)),
  );
}
