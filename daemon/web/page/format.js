// Values for people: times in the reader's zone with UTC in the title, spans, counts.

import { h } from './dom.js';

const kSecond = 1000;
const kMinute = 60 * kSecond;
const kHour = 60 * kMinute;
export const kDay = 24 * kHour;
const kUnits = [
  ['d', kDay],
  ['h', kHour],
  ['min', kMinute],
  ['s', kSecond],
];

const withSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayAndMinute = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const dayOnly = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const everything = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

// "Europe/Berlin (UTC+1)"
export const zone = () => {
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'shortOffset' }).formatToParts();
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value.replace('GMT', 'UTC');
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone === 'UTC' || !timeZone ? 'UTC' : `${timeZone} (${offset})`;
};

export const count = (number, one, many) =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

// The largest unit that fits: "3 min".
export function rough(span) {
  const [unit, length] = kUnits.find(([, size]) => span >= size) ?? kUnits.at(-1);
  return `${Math.max(0, Math.floor(span / length))} ${unit}`;
}

// Two units: "3 d 4 h".
export function span(length) {
  const at = kUnits.findIndex(([, size]) => length >= size);
  if (at < 0) return `${Math.max(0, Math.round(length))} ms`;
  const [unit, size] = kUnits[at];
  const rest = at + 1 < kUnits.length ? Math.floor((length % size) / kUnits[at + 1][1]) : 0;
  return `${Math.floor(length / size)} ${unit}${rest > 0 ? ` ${rest} ${kUnits[at + 1][0]}` : ''}`;
}

// How long something lasted, of which parts of a second say nothing.
export const lasted = (seconds) => (seconds < 1 ? '< 1 s' : span(seconds * 1000));

// A clock that was set back makes "in the future" of the past; that is no news here.
export function ago(iso, now = Date.now()) {
  const passed = now - Date.parse(iso);
  return passed < kSecond ? 'just now' : `${rough(passed)} ago`;
}

export function milliseconds(seconds) {
  const ms = seconds * 1000;
  if (ms >= kMinute) return span(ms);
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms > 0 && ms < 0.05) return '< 0.1 ms';
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

// How the target of an alias was learnt.
const kRuleTexts = {
  field: 'its row names it',
  reverse: 'the target’s row names the alias',
  lookup: 'the model’s own address tells',
  echo: 'an answer echoed it',
  served: 'it answers your own requests',
};
export const ruleText = (rule) => kRuleTexts[rule] ?? rule;

export function bytes(size) {
  if (size < 1024) return `${size} B`;
  return size < 1024 * 1024
    ? `${(size / 1024).toFixed(1)} KiB`
    : `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

// Hour and minute, with the day when that is another one.
export const whenRead = (at) =>
  (at.toDateString() === new Date().toDateString() ? hourAndMinute : dayAndMinute).format(at);

// As exact as it is recent: the time today, the day and minute this year, the day before.
export function shortTime(iso) {
  const at = new Date(iso);
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return withSeconds.format(at);
  return Math.abs(now - at) < 300 * kDay ? dayAndMinute.format(at) : dayOnly.format(at);
}

export const date = (iso) => dayOnly.format(new Date(iso));

// The axis of a timeline: the finer, the shorter the span.
export function axisTime(at, length) {
  if (length > 200 * kDay) return dayOnly.format(at);
  if (length > kDay) return dayAndMinute.format(at);
  return (length > kHour ? hourAndMinute : withSeconds).format(at);
}

// <time> with both zones in the title.
export function time(iso, text = shortTime(iso)) {
  return h(
    'time',
    { datetime: iso, title: `${everything.format(new Date(iso))}\nUTC ${iso}` },
    text,
  );
}

export const timeAndAgo = (iso) => [time(iso), h('div', { class: 'sub' }, ago(iso))];

export const badge = (style, text) => h('span', { class: `badge ${style}` }, text);
