// First screen: what does each alias point to, did one move, is every endpoint up and how fast?
import {
  dashboard, kBad, kGood, kInfo, kQuiet, kWarn, now, query, row, section, stat, steps, table, timeline, timeseries, toEndpoint,
  valueMap, variable,
} from './panels.mjs';

const kEndpoint = 'job=~"$job",endpoint=~"$endpoint"';
const kAlias = `${kEndpoint},alias=~"$alias"`;
// Counts what matches, 0 when nothing does.
const count = (expr) => `count(${expr}) or vector(0)`;

const state = row(4,
  [4, stat('Endpoints down', 'Endpoints whose last poll failed.',
    [now(count(`modelvane_endpoint_up{${kEndpoint}} == 0`), 'down')],
    {unit: 'short', decimals: 0, thresholds: steps(kGood, [1, kBad])})],
  [4, stat('Aliases off their pin', 'Aliases that point to a model which was not approved for them (pins in the configuration).',
    [now(count(`modelvane_alias_pinned_ok{${kAlias}} == 0`), 'off')],
    {unit: 'short', decimals: 0, thresholds: steps(kGood, [1, kBad])})],
  [4, stat('Aliases moved in 24 h', 'Aliases whose last confirmed move is less than a day old.',
    [now(count(`time() - modelvane_alias_last_change_timestamp_seconds{${kAlias}} < 86400`), 'moved')],
    {unit: 'short', decimals: 0, thresholds: steps(kQuiet, [1, kInfo])})],
  [4, stat('Pending or unstable', 'Aliases with a difference that waits for confirmation, or with targets that alternate.',
    [now(count(`modelvane_alias_pending{${kAlias}} + modelvane_alias_unstable{${kAlias}} > 0`), 'pending')],
    {unit: 'short', decimals: 0, thresholds: steps(kQuiet, [1, kWarn])})],
  [4, stat('Lists in quarantine', 'Endpoints whose list has lost so many models at once that it is not believed yet.',
    [now(`sum(modelvane_catalog_quarantined{${kEndpoint}})`, 'quarantined')],
    {unit: 'short', decimals: 0, thresholds: steps(kGood, [1, kWarn])})],
  [4, stat('Known aliases', 'Known aliases: their target is named, hidden by the provider, or they have gone from the list.',
    [now(`sum by (state) (modelvane_aliases{${kEndpoint}})`, '{{state}}')],
    {unit: 'short', decimals: 0, thresholds: steps(kQuiet)})]);

const aliases = row(10,
  [12, table('What each alias points to', 'The confirmed target of each alias, how it was learnt, and when it last moved.',
    [['endpoint', 'Endpoint', toEndpoint], ['alias', 'Alias'], ['target', 'Target'], ['rule', 'Rule']],
    [{
      title: 'Last move', unit: 'dateTimeAsLocal', mappings: valueMap({0: ['none seen', kQuiet]}),
      expr: `1000 * (modelvane_alias_info{${kAlias}} * on (job, instance, endpoint, alias) group_left ()`
        + ` modelvane_alias_last_change_timestamp_seconds or 0 * modelvane_alias_info{${kAlias}})`,
    }], '-Last move')],
  [12, timeline('Targets over time', 'Which model was behind each alias, and from when to when: a row for each pair of the two.',
    [query(`max by (endpoint, alias, target) (modelvane_alias_info{${kAlias}})`, '{{endpoint}} {{alias}}: {{target}}')],
    {unit: 'short', color: {mode: 'palette-classic-by-name'}, mappings: valueMap({1: ['points there', kInfo]})})]);

const endpoints = [
  row(9, [24, table('Endpoints now',
    'Each endpoint now, and over 30 days against its objective (modelvane:availability:objective).',
    [['endpoint', 'Endpoint', toEndpoint]],
    [
      {
        title: 'State', unit: 'short',
        mappings: valueMap({0: ['down', kBad], 1: ['up', kGood]}), thresholds: steps(kBad, [1, kGood]),
        expr: `min by (endpoint) (modelvane_endpoint_up{${kEndpoint}})`,
      },
      {
        title: 'Up, 1 h', unit: 'percentunit', decimals: 1, thresholds: steps(kBad, [0.9, kWarn], [0.99, kGood]),
        expr: `min by (endpoint) (endpoint:modelvane_availability:ratio_rate1h{${kEndpoint}})`,
      },
      {
        title: 'Up, 30 d', unit: 'percentunit', decimals: 2, thresholds: steps(kBad, [0.95, kWarn], [0.99, kGood]),
        expr: `min by (endpoint) (endpoint:modelvane_availability:ratio_rate30d{${kEndpoint}})`,
      },
      {
        title: 'Error budget left', unit: 'percentunit', decimals: 0, thresholds: steps(kBad, [0, kWarn], [0.5, kGood]),
        expr: `min by (endpoint) (endpoint:modelvane_error_budget:remaining_ratio30d{${kEndpoint}})`,
      },
      {
        title: 'Poll, 95 %', unit: 's', decimals: 2, thresholds: steps(kGood, [2, kWarn], [5, kBad]),
        expr: `max by (endpoint) (endpoint:modelvane_poll_duration_seconds:p95_rate30m{${kEndpoint}})`,
      },
      {title: 'Models', unit: 'short', decimals: 0, expr: `max by (endpoint) (modelvane_catalog_models{${kEndpoint}})`},
      {
        title: 'Last good poll', unit: 's', decimals: 0, thresholds: steps(kGood, [900, kWarn], [3600, kBad]),
        expr: `max by (endpoint) (time() - modelvane_last_good_poll_timestamp_seconds{${kEndpoint}})`,
      },
    ], 'Up, 30 d')]),
  row(8,
    [12, timeline('Endpoint state', 'Green while the last poll was good, red while it had failed.',
      [query(`min by (endpoint) (modelvane_endpoint_up{${kEndpoint}})`, '{{endpoint}}')],
      {unit: 'short', mappings: valueMap({0: ['down', kBad], 1: ['up', kGood]}), thresholds: steps(kBad, [1, kGood])})],
    [12, timeseries('Slow polls', 'The time within which 95 % of the polls of the last 30 minutes ended. The alert comes at 5 s.',
      [query(`max by (endpoint) (endpoint:modelvane_poll_duration_seconds:p95_rate30m{${kEndpoint}})`, '{{endpoint}}')],
      {unit: 's', thresholds: steps(kGood, [5, kBad])})]),
  row(8,
    [12, timeseries('Failed polls', 'Polls that failed, by reason. A failed poll never changes what is known.',
      [query(`sum by (endpoint, reason) (increase(modelvane_poll_failures_total{${kEndpoint}}[$__rate_interval])) > 0`,
        '{{endpoint}}: {{reason}}')], {unit: 'short', decimals: 0, bars: true})],
    [12, timeseries('Events', 'Confirmed events, by type: what the webhooks are told.',
      [query(`sum by (type) (increase(modelvane_events_total{${kEndpoint}}[$__rate_interval])) > 0`, '{{type}}')],
      {unit: 'short', decimals: 0, bars: true})]),
];

const dates = row(8,
  [12, table('Retirements', 'Models for which a list names an end, and what the provider proposes instead.',
    [['endpoint', 'Endpoint', toEndpoint], ['model', 'Model'], ['replacement', 'Replacement']],
    [{
      title: 'Ends in', unit: 's', decimals: 0, thresholds: steps(kQuiet, [0, kBad], [7 * 86400, kWarn], [30 * 86400, kGood]),
      expr: `modelvane_model_retirement_timestamp_seconds{${kEndpoint}} - time()`,
    }], 'Ends in')],
  [12, table('Certificates', 'When the certificate of each endpoint ends. Alerts come 14 and 3 days before.',
    [['endpoint', 'Endpoint', toEndpoint]],
    [{
      title: 'Ends in', unit: 's', decimals: 0, thresholds: steps(kBad, [3 * 86400, kWarn], [14 * 86400, kGood]),
      expr: `min by (endpoint) (modelvane_tls_certificate_expiry_timestamp_seconds{${kEndpoint}}) - time()`,
    }], 'Ends in')]);

export default dashboard({
  uid: 'modelvane-overview',
  title: 'modelvane: overview',
  description: 'What each model alias points to, what moved, and whether every endpoint is up.'
    + ' Needs modelvane.rules.yml in Prometheus.',
  moves: kAlias,
  variables: [
    variable('job', 'Job', 'Scrape jobs of modelvane', 'modelvane_build_info'),
    variable('endpoint', 'Endpoint', 'Watched endpoints', 'modelvane_polls_total'),
    variable('alias', 'Alias', 'Aliases of these endpoints', `modelvane_alias_changes_total{${kEndpoint}}`),
  ],
  rows: [state, section('Aliases'), aliases, section('Endpoints'), ...endpoints, section('Dates'), dates],
});
