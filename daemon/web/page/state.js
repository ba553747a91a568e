// What the page knows of the daemon, read from the API as a whole, and what follows from it: the
// summary, the order of rows, the texts that a filter searches.

import { get, getAll } from './api.js';
import { kDay } from './format.js';

export const state = {
  isLoaded: false,
  loadedAt: 0,
  link: 'connecting',
  problem: '', // why the last reading failed
  status: null,
  session: null, // who is asking, and whether they may act; null: nobody may
  endpoints: [],
  aliases: [],
  latest: [], // events, newest first
  latestProblem: '', // why there are none, when the history cannot be read
  byName: new Map(), // endpoints
  ends: new Map(), // "endpoint\nmodel" -> what the list says of its end, dated ones only
  slowest: 0, // seconds of the slowest good last poll
  version: 0, // counts readings, for what is computed once per reading
};

const kLatest = 12;
// Of more endpoints the last day is not read with the list: it would be most of the answer.
const kHoursUpTo = 1000;

export const totalSeconds = (endpoint) =>
  Object.values(endpoint.last_poll?.phase_seconds ?? {}).reduce((sum, seconds) => sum + seconds, 0);

export const isOffPin = (alias) => alias.pin?.state === 'broken';
export const isUnsettled = (alias) => alias.pending !== null || alias.unstable;
export const hasMovedLately = (alias) =>
  alias.last_change !== null && Date.now() - Date.parse(alias.last_change) < kDay;

// down: confirmed. failing: the last poll failed, not yet confirmed. new: not polled since the
// start.
export function condition(endpoint) {
  if (endpoint.availability === 'down') return 'down';
  if (!endpoint.last_poll) return 'new';
  return endpoint.last_poll.ok ? 'up' : 'failing';
}

// Nobody has ever said where it points, and nobody waits for that: no news, now or tomorrow.
export const isNeverNamed = (alias) =>
  alias.status === 'undisclosed' &&
  alias.last_known_target === null &&
  !alias.pending &&
  !alias.pin &&
  !alias.unstable;

// When the model that the alias points to will be gone, as its list says; null: not that anybody
// knows.
export const endOf = (alias) =>
  state.ends.get(`${alias.endpoint}\n${alias.target ?? alias.last_known_target}`) ?? null;
export const endsSoon = (end) => end !== null && Date.parse(end.at) - Date.now() < kEndsSoon;
const kEndsSoon = 30 * kDay;

// Webhooks that do not take their events; before the first delivery nothing is known. Of one that
// left the configuration, what was given up is no news.
export const sickWebhooks = (status) =>
  status.webhooks.filter(
    ({ state: now, pending }) => now && now !== 'ok' && !(now === 'removed' && pending === 0),
  );

// Polled less often than it should be: it refuses, and asks for that, or the daemon is late.
export const isSlowed = (endpoint) =>
  !endpoint.paused &&
  endpoint.last_poll !== null &&
  (endpoint.slowed !== null ||
    state.loadedAt - Date.parse(endpoint.last_poll.time) >
      Math.max(3 * endpoint.interval_seconds * 1000, 2 * 60_000));

// Higher comes first: what needs a person, then what is news.
function aliasRank(alias) {
  if (isOffPin(alias)) return 5;
  if (alias.unstable) return 4;
  if (alias.pending) return 3;
  if (hasMovedLately(alias)) return 2;
  return alias.status === 'resolved' || isNeverNamed(alias) ? 0 : 1;
}

const kConditionRanks = { down: 3, failing: 2, new: 1, up: 0 };
const endpointRank = (endpoint) =>
  kConditionRanks[condition(endpoint)] * 2 + (endpoint.quarantined ? 1 : 0);

// Sorts in place; rows of equal rank keep the order of the configuration.
function byRank(rows, rank) {
  const ranks = new Map(rows.map((row) => [row, rank(row)]));
  return rows.sort((a, b) => ranks.get(b) - ranks.get(a));
}

// `search` is what the filter looks at. Kept apart from the row's own words by a character that
// nobody types.
function withSearch(row, ...texts) {
  row.search = texts.filter(Boolean).join('\n').toLowerCase();
  return row;
}

// Reads all; when any part fails, what is known stays as a whole.
export async function readState() {
  try {
    const status = await get('status');
    const hours = status.counts.endpoints <= kHoursUpTo ? 'true' : '';
    const [session, endpoints, aliases, history] = await Promise.all([
      get('session').catch(() => null),
      getAll('endpoints', { hours }),
      getAll('aliases'),
      get('events', { limit: kLatest }).catch((error) => ({ events: [], problem: error.message })),
    ]);
    for (const row of endpoints)
      withSearch(row, row.name, row.provider, row.url, ...Object.values(row.labels));
    for (const row of aliases)
      withSearch(
        row,
        row.alias,
        row.endpoint,
        row.target,
        row.pending?.target,
        ...Object.values(row.labels),
      );
    Object.assign(state, {
      isLoaded: true,
      loadedAt: Date.now(),
      problem: '',
      status,
      session,
      version: state.version + 1,
      latest: history.events,
      latestProblem: history.problem ?? '',
      endpoints: byRank(endpoints, endpointRank),
      aliases: byRank(aliases, aliasRank),
      ends: new Map(
        endpoints.flatMap(({ name, retirements }) =>
          (retirements ?? [])
            .filter(({ at }) => at !== null)
            .map((end) => [`${name}\n${end.model}`, end]),
        ),
      ),
      byName: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
      // A time-out would make all others look alike.
      slowest: endpoints.reduce(
        (most, endpoint) =>
          endpoint.last_poll?.ok ? Math.max(most, totalSeconds(endpoint)) : most,
        0,
      ),
    });
  } catch (error) {
    state.problem = error.message;
    throw error;
  }
}

export const aliasesOf = (name) => state.aliases.filter((alias) => alias.endpoint === name);
export const findAlias = (endpoint, name) =>
  state.aliases.find((alias) => alias.endpoint === endpoint && alias.alias === name);
