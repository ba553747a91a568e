// A week of eight endpoints with the troubles that a week brings, and how often on-call would be
// told: promtool judges, this makes its series and counts. node week.mjs RULES ALERTS.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const kMinutes = 7 * 24 * 60; // one sample a minute
const kFiringsMax = 20;
const kJob = 'job="modelvane",instance="vane:10178"';
const at = (day, hour, minute = 0) => day * 1440 + hour * 60 + minute;

// Numbers that look random and are the same each time (a linear congruential generator).
let seed = 7;
const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;

// ---- the story: what happens, and which alerts must tell of it
const outages = [
  { endpoint: 'ep1', from: at(0, 3, 10), minutes: 2, reason: 'connect' }, // nobody wants to hear of it
  { endpoint: 'ep1', from: at(1, 3, 10), minutes: 6, reason: 'http_5xx' },
  { endpoint: 'ep2', from: at(1, 14), minutes: 40, reason: 'http_5xx' },
  { endpoint: 'ep3', from: at(2, 2), minutes: 12, reason: 'timeout' },
  { endpoint: 'ep4', from: at(4, 9), minutes: 240, reason: 'auth' },
];
const moves = ['a0', 'a1', 'a2', 'a3', 'a4']
  .map((alias) => ({ endpoint: 'ep0', alias, when: at(1, 10) }))
  .concat([
    { endpoint: 'ep1', alias: 'a0', when: at(4, 1) },
    { endpoint: 'ep3', alias: 'a0', when: at(5, 5) },
  ]);
const restart = at(2, 12);
const webhookAway = { from: at(4, 10), minutes: 180, attempts: [0, 1, 3, 13, 43, 103, 163] };
const expected = {
  ModelvaneEndpointDown: 4,
  ModelvaneAliasMoved: 7,
  ModelvanePinBroken: 1,
  ModelvanePollsFailing: 2, // 15 % of the polls refused for four hours; 2 % failing all week
  ModelvaneEndpointSlow: 1,
  ModelvaneCatalogQuarantined: 1,
  ModelvaneAliasUnstable: 1,
  ModelvaneCertificateExpiring: 1,
  ModelvaneRetirementNear: 1,
  ModelvaneDeliveriesFailing: 1,
};

// ---- the series
const series = [];
const add = (name, labels, value) => {
  const values = Array.from({ length: kMinutes }, (_, minute) => {
    const number = value(minute);
    if (number !== undefined) return String(number);
    return minute > 0 && value(minute - 1) !== undefined ? 'stale' : '_';
  });
  series.push(
    `      - series: '${name}{${[kJob, ...labels].join(',')}}'\n        values: '${values.join(' ')}'\n`,
  );
};
const during = (minute, from, minutes) => minute >= from && minute < from + minutes;

for (let index = 0; index < 8; ++index) {
  const endpoint = `ep${index}`;
  const own = [`endpoint="${endpoint}"`];
  const reasonAt = Array.from({ length: kMinutes }, (_, minute) => {
    const blip = random() < (endpoint === 'ep6' ? 0.02 : 0.003) ? 'timeout' : undefined;
    const refused =
      endpoint === 'ep5' && during(minute, at(3, 10), 240) && random() < 0.15
        ? 'rate_limited'
        : undefined;
    const outage = outages.find(
      (one) => one.endpoint === endpoint && during(minute, one.from, one.minutes),
    );
    return outage?.reason ?? refused ?? blip;
  });
  const counter = (counts) => {
    let total = 0;
    const values = Array.from({ length: kMinutes }, (_, minute) => {
      if (minute === restart) total = 0; // as after every start
      return (total += counts(minute));
    });
    return (minute) => (minute === restart ? undefined : values[minute]);
  };
  add('modelvane_polls_total', own, counter(() => 1));
  for (const reason of new Set(reasonAt.filter(Boolean)))
    add(
      'modelvane_poll_failures_total',
      [...own, `reason="${reason}"`],
      counter((minute) => +(reasonAt[minute] === reason)),
    );
  const isUp = (minute) => (reasonAt[minute] ? 0 : 1);
  add('modelvane_endpoint_up', own, (minute) => (minute === restart ? undefined : isUp(minute)));
  // Seconds: single failures and 429s are no outage. They go on over the restart.
  const isOut = (minute) =>
    outages.some((one) => one.endpoint === endpoint && during(minute, one.from, one.minutes));
  let up = 0;
  const ups = Array.from({ length: kMinutes }, (_, minute) => (up += isOut(minute) ? 0 : 60));
  const kSeconds = 'modelvane_endpoint_state_seconds_total';
  add(kSeconds, [...own, 'state="up"'], (minute) => ups[minute]);
  add(kSeconds, [...own, 'state="down"'], (minute) => (minute + 1) * 60 - ups[minute]);
  const isSlow = Array.from(
    { length: kMinutes },
    (_, minute) => endpoint === 'ep7' && during(minute, at(5, 18), 180) && random() < 0.2,
  );
  const kBucket = 'modelvane_poll_duration_seconds_bucket';
  add(kBucket, [...own, 'le="1"'], counter((minute) => +!isSlow[minute]));
  for (const le of ['10', '+Inf']) add(kBucket, [...own, `le="${le}"`], counter(() => 1));
  add('modelvane_poll_interval_seconds', own, () => 60);
  const polledAt = (minute) => (minute === restart ? undefined : minute * 60);
  add('modelvane_last_poll_timestamp_seconds', own, polledAt);
  const isDoubted = (minute) => +(endpoint === 'ep2' && during(minute, at(3, 0), 180));
  add('modelvane_catalog_quarantined', own, isDoubted);
  const certificateEnds = () => (endpoint === 'ep3' ? 17 : 90) * 86400;
  add('modelvane_tls_certificate_expiry_timestamp_seconds', own, certificateEnds);
  for (let n = 0; n < 5; ++n) {
    const alias = `a${n}`;
    const labels = [...own, `alias="${alias}"`];
    const own_ = moves.find((one) => one.endpoint === endpoint && one.alias === alias);
    const move = own_?.when ?? Infinity;
    const stands = (minute, target) => (minute < move === (target === 'old') ? 1 : undefined);
    for (const target of ['old', 'new']) {
      const info = [...labels, `target="m${n}-${target}"`, 'rule="field"'];
      add('modelvane_alias_info', info, (minute) => stands(minute, target));
    }
    add('modelvane_alias_changes_total', labels, (minute) => +(minute >= move));
    const movedAt = (minute) => (minute >= move ? move * 60 : undefined);
    add('modelvane_alias_last_change_timestamp_seconds', labels, movedAt);
    const alternates = (minute) => +(endpoint === 'ep5' && n === 2 && during(minute, at(6, 0), 40));
    add('modelvane_alias_unstable', labels, alternates);
  }
}
// Off its pin until it was accepted five hours later.
const isOnPin = (minute) => +!during(minute, at(1, 10), 300);
add('modelvane_alias_pinned_ok', ['endpoint="ep0"', 'alias="a0"'], isOnPin);
// A model that an alias uses ends in a month; twelve that nobody uses ended long ago.
const kUsed = ['endpoint="ep0"', 'alias="a9"', 'target="m9"', 'rule="field"'];
add('modelvane_alias_info', kUsed, () => 1);
const kEnds = 'modelvane_model_retirement_timestamp_seconds';
add(kEnds, ['endpoint="ep0"', 'model="m9"', 'replacement="m10"'], () => 32 * 86400);
for (let n = 0; n < 12; ++n) {
  const labels = ['endpoint="ep2"', `model="old${n}"`, 'replacement=""'];
  add(kEnds, labels, () => -(n + 1) * 30 * 86400);
}
const chat = ['webhook="chat"'];
const isAway = (minute) => during(minute, webhookAway.from, webhookAway.minutes);
const waits = (minute) => (isAway(minute) ? (minute - webhookAway.from) * 60 : 0);
add('modelvane_outbox_oldest_age_seconds', chat, waits);
add('modelvane_webhook_state', [...chat, 'state="failing"'], (minute) => +isAway(minute));
add('modelvane_webhook_state', [...chat, 'state="disabled"'], () => 0);
add('modelvane_dead_letters', chat, () => 0);
const delivered = (minute) => (minute < webhookAway.from + webhookAway.minutes ? 3 : 12);
add('modelvane_deliveries_total', chat, delivered);
const failed = (minute) =>
  webhookAway.attempts.filter((after) => webhookAway.from + after <= minute).length;
add('modelvane_delivery_failures_total', [...chat, 'class="busy"'], failed);
add('modelvane_store_errors_total', [], () => 0);
add('modelvane_store_healthy', [], () => 1);
add('modelvane_config_last_reload_successful', [], () => 1);
add('up', [], (minute) => +(minute !== restart));

// ---- the count: an alert fires anew where it did not a minute before. In parts: promtool reads at
// most 10,000 samples a query. Both ends of a range count, hence a minute less.
const folder = mkdtempSync(join(tmpdir(), 'week-'));
const [rules, alerts] = process.argv.slice(2).map((file) => resolve(file));
const kPart = 6 * 60;
const kFiring = 'ALERTS{alertstate="firing"}';
const kBegins = `(${kFiring} unless ${kFiring} offset 1m)`;
const kFirings = `sum by (alertname) (count_over_time(${kBegins}[${kPart - 1}m:1m]))`;
const kParts = Array.from({ length: kMinutes / kPart }, (_, i) => (i + 1) * kPart);
const kGroups =
  'modelvane-objective, modelvane-availability, modelvane-availability-long, modelvane-latency';
writeFileSync(
  join(folder, 'week.test.yml'),
  `rule_files: ['${rules}', '${alerts}']
evaluation_interval: 1m
group_eval_order: [${kGroups}]
tests:
  - interval: 1m
    input_series:
${series.join('')}    promql_expr_test:
${kParts
  .map((end) => `      - {expr: '${kFirings}', eval_time: ${end}m, exp_samples: []}\n`)
  .join('')}`,
);
// Nothing is expected there, so promtool says what it got, a line for each day.
let said = '';
try {
  const file = join(folder, 'week.test.yml');
  said = execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
} catch (error) {
  said = `${error.stdout}${error.stderr}`;
} finally {
  rmSync(folder, { recursive: true });
}
const firings = {};
for (const [, name, value] of said.matchAll(/alertname=\\?"(\w+)\\?"\}?"?,? (?:Value:)?([\dE+.]+)/g))
  firings[name] = (firings[name] ?? 0) + Number(value);
const sum = Object.values(firings).reduce((a, b) => a + b, 0);
console.log(`${sum} firings in the week`, firings);
const inOrder = (counts) => JSON.stringify(Object.entries(counts).sort());
const isAsTold = inOrder(firings) === inOrder(expected);
if (!isAsTold || sum > kFiringsMax) {
  console.error('expected', expected, `\n${said}`);
  process.exitCode = 1;
}
