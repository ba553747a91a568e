// A daemon whose facts a test sets: the page’s own files, the JSON API, and the stream of events.
// For sizes and troubles that the real one does not get into on demand.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const kFolder = new URL('../../daemon/web/page/', import.meta.url);
const kTypes = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

const kBefore = Date.now();
export const iso = (msAgo) => new Date(kBefore - msAgo).toISOString();
const kHour = 3_600_000;
const kDay = 24 * kHour;

// A day of which all is known, but for a gap, with a bad hour.
const aDay = () => ({
  from: iso(23 * kHour),
  availability: Array.from({ length: 24 }, (_, i) => (i === 5 ? null : i === 9 ? 0.71 : 1)),
  p50: Array.from({ length: 24 }, (_, i) => (i === 5 ? null : 0.1 + 0.05 * Math.abs(Math.sin(i)))),
});

export function anEndpoint(name, more = {}) {
  return {
    name,
    provider: 'internlm',
    url: `https://${name}.example.com/v1/models`,
    labels: {},
    compare: null,
    interval_seconds: 60,
    availability: 'up',
    down_since: null,
    has_baseline: true,
    quarantined: false,
    models: 14,
    aliases: 3,
    last_poll: {
      time: iso(20_000),
      ok: true,
      reason: null,
      error: null,
      http_status_code: 200,
      body_bytes: 5312,
      phase_seconds: {
        resolve: 0.003,
        connect: 0.018,
        tls: 0.022,
        processing: 0.064,
        transfer: 0.004,
      },
    },
    last_good_poll: iso(20_000),
    next_poll: iso(-40_000),
    slowed: null,
    warnings: [],
    maintenance: null,
    paused: false,
    certificate_expiry: iso(-61 * kDay),
    retirements: [],
    uptime: { day: 0.987654, month: 0.9991 },
    hours: aDay(),
    polls_total: 1440,
    failures: { dns: 0, timeout: 0 },
    ...more,
  };
}

export function anAlias(endpoint, alias, target, more = {}) {
  return {
    endpoint,
    alias,
    status: 'resolved',
    target,
    last_known_target: target,
    rule: 'field',
    since: iso(40 * kDay),
    pending: null,
    unstable: false,
    changes: 0,
    last_change: null,
    pin: null,
    last_seen: iso(20_000),
    served: null,
    disagrees: null,
    labels: {},
    ...more,
  };
}

let made = 0;
export function anEvent(type, msAgo, data) {
  const at = kBefore - msAgo;
  const id = `evt_${at.toString(16).padStart(12, '0')}7000${(made += 1).toString(16).padStart(16, '0')}`;
  return {
    specversion: '1.0',
    id,
    source: 'urn:modelvane:test',
    type: `io.modelvane.${type}`,
    subject: data.alias ? `${data.endpoint}/${data.alias}` : data.endpoint,
    time: iso(msAgo),
    timestamp: iso(msAgo),
    sequence: String(made).padStart(20, '0'),
    datacontenttype: 'application/json',
    dataschema: 'urn:modelvane:schema:event-data:1',
    data: { labels: {}, drill: false, ...data },
  };
}

export function aMove(endpoint, alias, from, to, msAgo, more = {}) {
  return anEvent('alias.moved', msAgo, {
    endpoint,
    alias,
    from,
    to,
    rule: 'field',
    observed_between: [iso(msAgo + 60_000), iso(msAgo + 1000)],
    confirmed_by_polls: 2,
    evidence: {
      before: {
        id: alias,
        object: 'model',
        ref_model: from,
        owned_by: 'shanghai-ai-lab',
        context_window: 32768,
      },
      after: {
        id: alias,
        object: 'model',
        ref_model: to,
        owned_by: 'shanghai-ai-lab',
        context_window: 65536,
        modality: ['text'],
      },
      request_id: 'req-7f',
    },
    pin: null,
    reverts: null,
    summary: `${alias} moved from ${from} to ${to}`,
    ...more,
  });
}

function manyPolls() {
  return Array.from({ length: 96 }, (_, i) => {
    const isBad = i > 60 && i < 65;
    return {
      at: iso((96 - i) * 60_000),
      ok: !isBad,
      reason: isBad ? 'timeout' : null,
      seconds: isBad ? 10 : 0.08 + 0.05 * Math.abs(Math.sin(i * 1.7)),
    };
  });
}

// Steps of the past with an outage, a gap and what went before the first poll.
function pastSteps(query) {
  const step = parseInt(query.get('step'), 10) * kHour;
  const to = Date.parse(query.get('to'));
  const history = [];
  let i = 0;
  for (let at = Math.floor(Date.parse(query.get('from')) / step) * step; at < to; at += step) {
    i += 1;
    if (i < 4 || i === 12) continue;
    // A quarter of one step, and nine seconds and a bit of another.
    const down = { 9: step / 1000 / 4, 10: 9.38 }[i] ?? 0;
    const p50 = 0.1 + 0.04 * Math.abs(Math.sin(i * 1.3));
    history.push({
      from: new Date(at).toISOString(),
      seconds: { up: step / 1000 - down, down, unknown: 0 },
      availability: 1 - down / (step / 1000),
      polls: step / 60_000,
      poll_seconds: { p50, p95: p50 * (1.6 + (i % 5) / 5), max: p50 * 4 },
      worst_reason: down > 0 ? 'timeout' : null,
    });
  }
  return history;
}

// A small installation with something of everything.
export function sampleFacts() {
  const events = [
    anEvent('alias.pin_broken', 2 * kHour, {
      endpoint: 'internlm',
      alias: 'internlm3-latest',
      from: 'internlm3-8b-instruct',
      to: 'internlm3-20b-instruct',
      pin: { approved: ['internlm3-8b-instruct'], state: 'broken' },
      evidence: { before: null, after: null, request_id: null },
      summary: 'internlm3-latest is off its pin',
    }),
    aMove(
      'internlm',
      'internlm3-latest',
      'internlm3-8b-instruct',
      'internlm3-20b-instruct',
      2 * kHour,
    ),
    anEvent('endpoint.down', 3 * kHour, {
      endpoint: 'gateway',
      reason: 'timeout',
      detail: 'no answer within 10 s',
      summary: 'gateway is down: timeout',
    }),
    aMove('mistral', 'mistral-large-latest', 'mistral-large-2411', 'mistral-large-2512', 9 * kDay),
    aMove(
      'internlm',
      'internlm3-latest',
      'internlm2.5-20b-chat',
      'internlm3-8b-instruct',
      25 * kDay,
    ),
    anEvent('endpoint.up', 30 * kDay, {
      endpoint: 'mistral',
      reason: 'http_5xx',
      lasted_seconds: 340,
      summary: 'mistral is up again after 5 min',
    }),
  ];
  return {
    status: {
      version: '0.1.0',
      instance: 'prod-a',
      started: iso(3 * kDay),
      uptime_seconds: 262_800,
      store: { ok: true, error: null, errors: 0 },
      reload: { ok: true, last_success: iso(3 * kDay), error: null },
      isolated: false,
      in_flight: { polls: 0, deliveries: 0 },
      counts: { endpoints: 3, aliases: 7, webhooks: 2 },
      webhooks: [
        {
          name: 'oncall',
          format: 'cloudevents',
          state: 'failing',
          delivered: 41,
          failures: {},
          pending: 1,
          oldest_pending: iso(2 * kHour),
          dead_letters: 1,
          last_error: 'the receiver answered 503',
        },
        {
          name: 'chat',
          format: 'slack',
          state: 'ok',
          delivered: 42,
          failures: {},
          pending: 0,
          oldest_pending: null,
          dead_letters: 0,
          last_error: null,
        },
      ],
    },
    endpoints: [
      anEndpoint('internlm', {
        labels: { team: 'search' },
        retirements: [{ model: 'internvl3-78b', at: iso(-12 * kDay), replacement: null }],
      }),
      anEndpoint('mistral', {
        provider: 'mistral',
        certificate_expiry: iso(-5 * kDay),
        last_poll: {
          time: iso(9000),
          ok: true,
          reason: null,
          error: null,
          http_status_code: 200,
          body_bytes: 88_211,
          phase_seconds: {
            resolve: 0.002,
            connect: 0.011,
            tls: 0.019,
            processing: 0.211,
            transfer: 0.048,
          },
        },
      }),
      anEndpoint('gateway', {
        provider: null,
        availability: 'down',
        down_since: iso(3 * kHour),
        failures: { dns: 0, timeout: 180 },
        last_good_poll: iso(3.1 * kHour),
        last_poll: {
          time: iso(30_000),
          ok: false,
          reason: 'timeout',
          error: 'no answer from gateway.example.com within 10 s',
          http_status_code: null,
          body_bytes: 0,
          phase_seconds: {
            resolve: 0.003,
            connect: 0.02,
            tls: 0.04,
            processing: 9.93,
            transfer: 0,
          },
        },
      }),
    ],
    aliases: [
      anAlias('internlm', 'internlm3-latest', 'internlm3-20b-instruct', {
        since: iso(2 * kHour),
        last_change: iso(2 * kHour),
        changes: 2,
        pin: { approved: ['internlm3-8b-instruct'], state: 'broken' },
        labels: { team: 'search' },
      }),
      anAlias('internlm', 'internlm-latest', 'internlm3-8b-instruct', {
        pin: { approved: ['internlm3-8b-instruct'], state: 'ok' },
      }),
      anAlias('internlm', 'internvl-latest', 'internvl3-78b', {
        pending: { target: 'internvl3.5-241b-a28b' },
      }),
      anAlias('internlm', 'internthinker-latest', null, {
        status: 'undisclosed',
        last_known_target: 'internthinker-beta',
        rule: null,
      }),
      anAlias('mistral', 'mistral-large-latest', 'mistral-large-2512', {
        since: iso(9 * kDay),
        last_change: iso(9 * kDay),
        changes: 1,
      }),
      anAlias('mistral', 'ministral-3b-latest', 'ministral-3b-2410', { unstable: true }),
      anAlias('gateway', 'acme-default', 'acme-large-2026-09'),
    ],
    events,
    deliveries: [
      {
        sequence: 7,
        event: events[0].id,
        type: 'alias.pin_broken',
        subject: 'internlm/internlm3-latest',
        webhook: 'oncall',
        state: 'pending',
        attempts: 3,
        created: iso(2 * kHour),
        next_attempt: iso(-600_000),
        last_error: 'the receiver answered 503',
      },
      {
        event: events[1].id,
        type: 'alias.moved',
        subject: 'internlm/internlm3-latest',
        webhook: 'chat',
        state: 'delivered',
        attempts: 1,
        created: iso(2 * kHour),
        next_attempt: null,
        last_error: null,
      },
      {
        event: events[2].id,
        type: 'endpoint.down',
        subject: 'gateway',
        webhook: 'oncall',
        state: 'dead',
        attempts: 1,
        created: iso(3 * kHour),
        next_attempt: null,
        last_error: 'the receiver answered 400: it refuses this event for good',
      },
    ],
    models: [
      { endpoint: 'internlm', model: 'internlm3-20b-instruct', aliases: ['internlm3-latest'] },
      { endpoint: 'internlm', model: 'internlm2.5-20b-chat', aliases: [] },
      { endpoint: 'mistral', model: 'mistral-large-2512', aliases: ['mistral-large-latest'] },
    ],
    polls: manyPolls(),
    retirements: [
      { model: 'internlm2.5-20b-chat', at: iso(-12 * kDay), replacement: 'internlm3-8b-instruct' },
    ],
  };
}

// As many as one process watches.
export function manyFacts(count) {
  const facts = sampleFacts();
  facts.endpoints = Array.from({ length: count }, (_, i) =>
    anEndpoint(`team-${i}`, { aliases: 2 }),
  );
  facts.aliases = facts.endpoints.flatMap(({ name }, i) =>
    ['chat-latest', 'vision-latest'].map((alias) => anAlias(name, alias, `model-${i % 97}`)),
  );
  return facts;
}

function matching(pattern, type) {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(
    type.replace('io.modelvane.', ''),
  );
}

export class FakeDaemon {
  constructor(facts) {
    this.facts = facts;
    this.streams = new Set();
    this.requests = [];
    this.acts = []; // what was asked for with POST and DELETE
    this.isBroken = false; // every answer of the API is a 503
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async start(port = 0) {
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    this.streams.clear();
    await new Promise((resolve) => this.server.close(resolve));
  }

  // Streams go, too, as when a daemon is restarted.
  breakOff() {
    this.isBroken = true;
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  happen(event) {
    this.facts.events.unshift(event);
    this.send(
      `id: ${event.sequence}\nevent: ${event.type.replace('io.modelvane.', '')}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  }

  // Resolves when the next stream ends.
  nextEnd() {
    return new Promise((resolve) => {
      this.ended = resolve;
    });
  }

  pulse() {
    this.send('event: snapshot\ndata: {}\n\n');
  }

  send(block) {
    for (const stream of this.streams) stream.write(block);
  }

  async answer(request, response) {
    const url = new URL(request.url, this.url);
    this.requests.push(request.url);
    if (request.method !== 'GET') {
      const act = `${request.method} ${url.pathname.slice(8)}`;
      this.acts.push({ act, token: request.headers['x-modelvane-token'] });
      response.writeHead(200, { 'Content-Type': 'application/json' });
      return response.end(JSON.stringify({ result: `done: ${act}`, event: null }));
    }
    if (url.pathname.startsWith('/api/v1/'))
      return this.api(url.pathname.slice(8), url.searchParams, response);
    const name = url.pathname === '/' ? 'index.html' : url.pathname.replace('/page/', '');
    try {
      const text = await readFile(new URL(name, kFolder));
      response.writeHead(200, {
        'Content-Type': kTypes[extname(name)],
        'Content-Security-Policy': kPolicy,
      });
      response.end(text);
    } catch {
      response.writeHead(404).end();
    }
    return undefined;
  }

  api(path, query, response) {
    if (this.isBroken) {
      response
        .writeHead(503, { 'Content-Type': 'application/problem+json' })
        .end('{"detail":"the daemon is starting"}');
    } else if (path === 'events/stream') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('retry: 200\n\n');
      this.streams.add(response);
      response.on('close', () => {
        this.streams.delete(response);
        this.ended?.();
      });
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(this.document(path, query)));
    }
  }

  document(path, query) {
    const { facts } = this;
    if (path === 'status') return facts.status;
    if (path === 'session')
      return facts.session ?? { user: null, may_act: false, token: null };
    if (path.endsWith('/history')) return { history: pastSteps(query) };
    let rows = facts[path];
    const endpoint = query.get('endpoint');
    if (path === 'endpoints' && endpoint) {
      rows = rows
        .filter((row) => row.name === endpoint)
        .map((row) => ({ ...row, polls: facts.polls, retirements: facts.retirements }));
    }
    if (path === 'events') {
      const since = query.get('since');
      const until = query.get('until');
      rows = rows.filter(
        (event) =>
          (!endpoint || event.data.endpoint === endpoint) &&
          (!query.get('alias') || event.data.alias === query.get('alias')) &&
          (!query.get('type') || matching(query.get('type'), event.type)) &&
          (!since || event.time >= since) &&
          (!until || event.time < until),
      );
    }
    if (path === 'deliveries') {
      rows = rows.filter((row) =>
        ['webhook', 'state', 'event'].every(
          (name) => !query.get(name) || row[name] === query.get(name),
        ),
      );
    }
    const begin = Number(query.get('cursor') ?? 0);
    const end = begin + Number(query.get('limit') ?? 100);
    return { [path]: rows.slice(begin, end), next: end < rows.length ? String(end) : null };
  }
}
