// Does the news get through, and is modelvane itself well?
import {
  dashboard, kBad, kGood, kQuiet, kWarn, now, query, row, section, stat, steps, timeline, timeseries, valueMap, variable,
} from './panels.mjs';

const kInstance = 'instance=~"$instance"';
const kWebhook = `${kInstance},webhook=~"$webhook"`;
const quantile = (share, metric, labels, by) =>
  `histogram_quantile(${share}, sum by (${by}, le) (rate(${metric}_bucket{${labels}}[$__rate_interval])))`;

const state = row(4,
  [4, stat('Events that wait', 'Events that a webhook has not taken yet.',
    [now(`sum(modelvane_outbox_pending{${kWebhook}})`, 'pending')],
    {unit: 'short', decimals: 0, thresholds: steps(kGood, [10, kWarn], [1000, kBad])})],
  [4, stat('Oldest wait',
    'Age of the oldest event that waits. Alerts come at 30 minutes and 6 hours; after max_age it is given up.',
    [now(`max(modelvane_outbox_oldest_age_seconds{${kWebhook}})`, 'oldest')],
    {unit: 's', decimals: 0, thresholds: steps(kGood, [300, kWarn], [1800, kBad])})],
  [4, stat('Dead letters', 'Deliveries that were given up. They are kept and can be sent again.',
    [now(`sum(modelvane_dead_letters{${kWebhook}})`, 'dead')],
    {unit: 'short', decimals: 0, thresholds: steps(kGood, [1, kBad])})],
  [4, stat('Store', 'Whether changes can be made durable. While not, nothing is announced.',
    [now(`min(modelvane_store_healthy{${kInstance}})`, 'store')],
    {unit: 'short', mappings: valueMap({0: ['failing', kBad], 1: ['well', kGood]}), thresholds: steps(kBad, [1, kGood])})],
  [4, stat('Configuration', 'Whether the last reload succeeded. If not, the configuration from before it is in use.',
    [now(`min(modelvane_config_last_reload_successful{${kInstance}})`, 'configuration')],
    {unit: 'short', mappings: valueMap({0: ['refused', kBad], 1: ['in use', kGood]}), thresholds: steps(kBad, [1, kGood])})],
  [4, stat('Running since', 'By version.',
    [now(`1000 * process_start_time_seconds{${kInstance}} * on (job, instance)`
      + ` group_left (version) modelvane_build_info`, '{{version}}')],
    {unit: 'dateTimeFromNow', thresholds: steps(kQuiet)})]);

// One number for the state, because a timeline has one colour per number.
const kStates = ['failing', 'misconfigured', 'disabled']
  .map((name, index) => `${index + 1} * max by (webhook) (modelvane_webhook_state{${kWebhook},state="${name}"})`).join(' + ');

const deliveries = [
  row(6, [24, timeline('State of webhooks',
    'failing: tried again by itself; misconfigured: an operator must mend it; disabled: the receiver wants no more, events wait.',
    [query(kStates, '{{webhook}}')],
    {
      unit: 'short', thresholds: steps(kGood, [1, kWarn], [2, kBad]),
      mappings: valueMap({0: ['ok', kGood], 1: ['failing', kWarn], 2: ['misconfigured', kBad], 3: ['disabled', kBad]}),
    })]),
  row(8,
    [12, timeseries('Delivered events', 'Events that each webhook has accepted.',
      [query(`sum by (webhook) (increase(modelvane_deliveries_total{${kWebhook}}[$__rate_interval]))`, '{{webhook}}')],
      {unit: 'short', decimals: 0, bars: true})],
    [12, timeseries('Failed attempts',
      'busy: tried again on schedule; config: an operator must mend it; payload, gone: given up.',
      [query(`sum by (webhook, class) (increase(modelvane_delivery_failures_total{${kWebhook}}[$__rate_interval])) > 0`,
        '{{webhook}}: {{class}}')], {unit: 'short', decimals: 0, bars: true})]),
  row(8,
    [8, timeseries('Waiting by webhook', 'Events that each webhook has not taken yet.',
      [query(`sum by (webhook) (modelvane_outbox_pending{${kWebhook}})`, '{{webhook}}')], {unit: 'short', decimals: 0})],
    [8, timeseries('Oldest wait by webhook', 'Age of the oldest event that waits. The first alert comes at 30 minutes.',
      [query(`max by (webhook) (modelvane_outbox_oldest_age_seconds{${kWebhook}})`, '{{webhook}}')],
      {unit: 's', thresholds: steps(kGood, [1800, kBad])})],
    [8, timeseries('Time of an attempt', 'Within which 95 % of the attempts ended, good and failed.',
      [query(quantile(0.95, 'modelvane_delivery_duration_seconds', kWebhook, 'webhook'), '{{webhook}}')], {unit: 's'})]),
];

const work = [
  row(8,
    [8, timeseries('Lateness of polls', 'How much later than scheduled polls start: 99 % of them start within this time.',
      [query(quantile(0.99, 'modelvane_poll_lateness_seconds', kInstance, 'instance'), '{{instance}}')],
      {unit: 's', thresholds: steps(kGood, [1, kWarn])})],
    [8, timeseries('Turns of the loop', 'One turn of the engine without its waiting: 99 % end within this time.',
      [query(quantile(0.99, 'modelvane_engine_loop_lag_seconds', kInstance, 'instance'), '{{instance}}')],
      {unit: 's', thresholds: steps(kGood, [0.1, kWarn])})],
    [8, timeseries('Commits to the store', '99 % end within this time. A slow disk delays announcements, never polls.',
      [query(quantile(0.99, 'modelvane_store_commit_seconds', kInstance, 'instance'), '{{instance}}')],
      {unit: 's', thresholds: steps(kGood, [1, kWarn])})]),
  row(8,
    [8, timeseries('Polls', 'Polls that ended, good or failed, per second.',
      [query(`sum by (instance) (rate(modelvane_polls_total{${kInstance}}[$__rate_interval]))`, '{{instance}}')],
      {unit: 'reqps'})],
    [8, timeseries('Under way', 'Polls and deliveries that have begun and not ended.',
      [
        query(`modelvane_polls_in_flight{${kInstance}}`, '{{instance}}: polls'),
        query(`modelvane_deliveries_in_flight{${kInstance}}`, '{{instance}}: deliveries'),
      ], {unit: 'short', decimals: 0})],
    [8, timeseries('Errors of the store', 'Operations of the store that failed.',
      [query(`increase(modelvane_store_errors_total{${kInstance}}[$__rate_interval])`, '{{instance}}')],
      {unit: 'short', decimals: 0, bars: true})]),
];

// process_* is everybody's: only where modelvane runs.
const own = (expr) => `${expr} and on (job, instance) modelvane_build_info`;
const process = row(8,
  [8, timeseries('CPU', 'Cores in use.',
    [query(own(`rate(process_cpu_seconds_total{${kInstance}}[$__rate_interval])`), '{{instance}}')],
    {unit: 'short', decimals: 2})],
  [8, timeseries('Memory', 'Resident memory.',
    [query(own(`process_resident_memory_bytes{${kInstance}}`), '{{instance}}')], {unit: 'bytes'})],
  [8, timeseries('File descriptors', 'Open ones, as a share of the most that may be open.',
    [query(own(`process_open_fds{${kInstance}} / process_max_fds{${kInstance}}`), '{{instance}}')],
    {unit: 'percentunit', thresholds: steps(kGood, [0.8, kWarn])})]);

export default dashboard({
  uid: 'modelvane-daemon',
  title: 'modelvane: deliveries and daemon',
  description: 'Whether events reach their webhooks, and whether modelvane itself is well.',
  variables: [
    variable('instance', 'Instance', 'Scraped instances of modelvane', 'modelvane_build_info'),
    variable('webhook', 'Webhook', 'Configured receivers', `modelvane_deliveries_total{${kInstance}}`),
  ],
  rows: [state, section('Deliveries'), ...deliveries, section('Work'), ...work, section('Process'), process],
});
