// One endpoint: is it up, where does its time go, why do polls fail, and what do its aliases do?
import {
  dashboard, heatmap, kBad, kGood, kInfo, kQuiet, kWarn, now, query, row, section, stat, steps, timeline, timeseries, valueMap,
  variable,
} from './panels.mjs';

const kEndpoint = 'endpoint="$endpoint"';
const kAlias = `${kEndpoint},alias=~"$alias"`;

const state = row(4,
  [3, stat('State', 'Up when the last poll was good.', [now(`min(modelvane_endpoint_up{${kEndpoint}})`, 'state')],
    {unit: 'short', mappings: valueMap({0: ['down', kBad], 1: ['up', kGood]}), thresholds: steps(kBad, [1, kGood])})],
  [3, stat('Last status', 'HTTP status of the last poll; 0 when there was no answer.',
    [now(`max(modelvane_poll_http_status_code{${kEndpoint}})`, 'status')],
    {unit: 'none', decimals: 0, thresholds: steps(kBad, [200, kGood], [300, kWarn], [400, kBad])})],
  [3, stat('Last good poll', 'Time since the last poll that was believed.',
    [now(`max(time() - modelvane_last_good_poll_timestamp_seconds{${kEndpoint}})`, 'age')],
    {unit: 's', decimals: 0, thresholds: steps(kGood, [900, kWarn], [3600, kBad])})],
  [3, stat('Up, 1 h', 'Share of the known time of an hour in which it was up.',
    [now(`min(endpoint:modelvane_availability:ratio_rate1h{${kEndpoint}})`, '1 h')],
    {unit: 'percentunit', decimals: 1, thresholds: steps(kBad, [0.9, kWarn], [0.99, kGood])})],
  [3, stat('Up, 30 d', 'Share of the known time of 30 days in which it was up.',
    [now(`min(endpoint:modelvane_availability:ratio_rate30d{${kEndpoint}})`, '30 d')],
    {unit: 'percentunit', decimals: 2, thresholds: steps(kBad, [0.95, kWarn], [0.99, kGood])})],
  [3, stat('Error budget left',
    'Of what the objective (modelvane:availability:objective) allows in 30 days; below zero it is overspent.',
    [now(`min(endpoint:modelvane_error_budget:remaining_ratio30d{${kEndpoint}})`, 'left')],
    {unit: 'percentunit', decimals: 0, thresholds: steps(kBad, [0, kWarn], [0.5, kGood])})],
  [3, stat('Certificate ends in', 'Of the certificate that the server showed last.',
    [now(`min(modelvane_tls_certificate_expiry_timestamp_seconds{${kEndpoint}} - time())`, 'certificate')],
    {unit: 's', decimals: 0, thresholds: steps(kBad, [3 * 86400, kWarn], [14 * 86400, kGood])})],
  [3, stat('Models', 'Watched models in the last list that was believed.',
    [now(`max(modelvane_catalog_models{${kEndpoint}})`, 'models')],
    {unit: 'short', decimals: 0, thresholds: steps(kQuiet)})]);

const latency = [
  row(9,
    [12, timeseries('Where the time of a poll goes',
      'Phases of the last poll: name resolution, TCP, TLS, the server (until its first byte), the transfer.',
      [query(`max by (phase) (modelvane_poll_phase_seconds{${kEndpoint}})`, '{{phase}}')], {unit: 's', stack: true})],
    [12, timeseries('Duration of polls',
      'Half and 95 % of the polls of the last 30 minutes ended within these times. The alert comes at 5 s.',
      [
        query(`max(endpoint:modelvane_poll_duration_seconds:p50_rate30m{${kEndpoint}})`, '50 %'),
        query(`max(endpoint:modelvane_poll_duration_seconds:p95_rate30m{${kEndpoint}})`, '95 %'),
      ], {unit: 's', thresholds: steps(kGood, [5, kBad])})]),
  row(9, [24, heatmap('All polls', 'How many polls took how long, good and failed.',
    `sum by (le) (increase(modelvane_poll_duration_seconds_bucket{${kEndpoint}}[$__rate_interval]))`, {unit: 's'})]),
];

const availability = [
  row(4, [24, timeline('State over time', 'Green while the last poll was good, red while it had failed.',
    [query(`min(modelvane_endpoint_up{${kEndpoint}})`, 'state')],
    {unit: 'short', mappings: valueMap({0: ['down', kBad], 1: ['up', kGood]}), thresholds: steps(kBad, [1, kGood])})]),
  row(9,
    [12, timeseries('Availability over windows', 'Share of known time, over windows. The burn-rate alerts compare a long one with a short one.',
      [
        query(`min(endpoint:modelvane_availability:ratio_rate5m{${kEndpoint}})`, '5 m'),
        query(`min(endpoint:modelvane_availability:ratio_rate1h{${kEndpoint}})`, '1 h'),
        query(`min(endpoint:modelvane_availability:ratio_rate6h{${kEndpoint}})`, '6 h'),
        query(`min(endpoint:modelvane_availability:ratio_rate3d{${kEndpoint}})`, '3 d'),
      ], {unit: 'percentunit', max: 1})],
    [12, timeseries('Failed polls',
      'Polls that failed, by reason. docs/runbooks/ModelvaneEndpointDown.md tells what to look at for each.',
      [query(`sum by (reason) (increase(modelvane_poll_failures_total{${kEndpoint}}[$__rate_interval])) > 0`, '{{reason}}')],
      {unit: 'short', decimals: 0, bars: true})]),
];

const list = [
  row(8, [24, timeline('Targets over time',
    'Which model was behind each alias, and from when to when: a row for each pair of the two.',
    [query(`max by (alias, target) (modelvane_alias_info{${kAlias}})`, '{{alias}}: {{target}}')],
    {unit: 'short', color: {mode: 'palette-classic-by-name'}, mappings: valueMap({1: ['points there', kInfo]})})]),
  row(8,
    [8, timeseries('Moves', 'Confirmed moves of each alias since it is watched.',
      [query(`max by (alias) (modelvane_alias_changes_total{${kAlias}})`, '{{alias}}')], {unit: 'short', decimals: 0})],
    [8, timeseries('Models in the list',
      'Watched models; and 1 while the list is in quarantine, because it has lost too many at once.',
      [
        query(`max(modelvane_catalog_models{${kEndpoint}})`, 'models'),
        query(`max(modelvane_catalog_quarantined{${kEndpoint}})`, 'in quarantine'),
      ], {unit: 'short', decimals: 0})],
    [8, timeseries('Size of the answer', 'The body of the last poll after decompression.',
      [query(`max(modelvane_poll_body_bytes{${kEndpoint}})`, 'body')], {unit: 'bytes'})]),
];

export default dashboard({
  uid: 'modelvane-endpoint',
  title: 'modelvane: endpoint',
  description: 'One endpoint: availability, latency by phase, reasons of failed polls, its aliases and its list.',
  moves: kAlias,
  variables: [
    variable('endpoint', 'Endpoint', 'The endpoint to look at', 'modelvane_polls_total', {multi: false}),
    variable('alias', 'Alias', 'Aliases of this endpoint', `modelvane_alias_changes_total{${kEndpoint}}`),
  ],
  rows: [state, section('Latency'), ...latency, section('Availability'), ...availability, section('Aliases and list'), ...list],
});
