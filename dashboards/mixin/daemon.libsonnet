// Does the news get through, and is modelvane itself well?
local panels = import 'panels.libsonnet';
function(config)
  local p = panels(config);
  local instance = 'job=~"$job",instance=~"$instance"';
  local webhook = instance + ',webhook=~"$webhook"';
  local quantile(share, metric, labels, by) =
    'histogram_quantile(%g, sum by (%s, le) (rate(%s_bucket{%s}[$__rate_interval])))' % [share, by, metric, labels];
  local countOf(unit='short') = { unit: unit, decimals: 0 };

  local state = p.row(4, [p.wide(4, panel) for panel in [
    p.stat('Events that wait', 'Events that a webhook has not taken yet.',
           [p.now('sum(modelvane_outbox_pending{%s})' % webhook, 'pending')],
           countOf() { thresholds: p.steps(p.good, [[10, p.warn], [1000, p.bad]]) }),
    p.stat('Oldest wait',
           'Age of the oldest event that waits. Alerts come at 30 minutes and 6 hours; after max_age it is given up.',
           [p.now('max(modelvane_outbox_oldest_age_seconds{%s})' % webhook, 'oldest')],
           countOf('s') { thresholds: p.steps(p.good, [[300, p.warn], [1800, p.bad]]) }) + p.runbooks(['ModelvaneOutboxOld']),
    p.stat('Dead letters', 'Deliveries that were given up. They are kept and can be sent again.',
           [p.now('sum(modelvane_dead_letters{%s})' % webhook, 'dead')],
           countOf() { thresholds: p.steps(p.good, [[1, p.bad]]) }) + p.runbooks(['ModelvaneDeadLetters']),
    p.stat('Store', 'Whether changes can be made durable. While not, nothing is announced.',
           [p.now('min(modelvane_store_healthy{%s})' % instance, 'store')],
           { unit: 'short', mappings: p.valueMap([[0, 'failing', p.bad], [1, 'well', p.good]]), thresholds: p.steps(p.bad, [[1, p.good]]) })
    + p.runbooks(['ModelvaneStoreErrors', 'ModelvaneStoreRewound']),
    p.stat('Configuration',
           'Whether the last reload succeeded. If not, the configuration from before it is in use.',
           [p.now('min(modelvane_config_last_reload_successful{%s})' % instance, 'configuration')],
           { unit: 'short', mappings: p.valueMap([[0, 'refused', p.bad], [1, 'in use', p.good]]), thresholds: p.steps(p.bad, [[1, p.good]]) })
    + p.runbooks(['ModelvaneReloadFailed', 'ModelvaneConfigDiffers', 'ModelvaneDiscoveryFailing']),
    p.stat('Running since', 'Each instance, with its version.',
           [p.now('1000 * process_start_time_seconds{%s} * on (job, instance) group_left (version) modelvane_build_info' % instance, '{{instance}} {{version}}')],
           { unit: 'dateTimeFromNow', thresholds: p.steps(p.quiet) } + p.instanceOfSeries) + p.runbooks(['ModelvaneDown', 'ModelvaneAbsent']),
  ]]);

  // One number for the state, because a timeline has one colour per number.
  local states = std.join(' + ', std.mapWithIndex(
    function(index, name) '%d * max by (webhook) (modelvane_webhook_state{%s,state="%s"})' % [index + 1, webhook, name],
    ['failing', 'misconfigured', 'disabled', 'removed']
  ));

  local deliveries = [
    p.row(6, [p.wide(24, p.timeline(
      'State of webhooks',
      'failing: tried again by itself; misconfigured: an operator must mend it; disabled: the receiver wants no more, events wait; removed: it left the configuration, what waits for it expires.',
      [p.query(states, '{{webhook}}')],
      {
        unit: 'short',
        thresholds: p.steps(p.good, [[1, p.warn], [2, p.bad], [4, p.warn]]),
        mappings: p.valueMap([[0, 'ok', p.good], [1, 'failing', p.warn], [2, 'misconfigured', p.bad], [3, 'disabled', p.bad], [4, 'removed', p.warn]]),
      }
    ) + p.runbooks(['ModelvaneDeliveriesFailing', 'ModelvaneWebhookDisabled']))]),
    p.row(8, [
      p.wide(12, p.timeseries(
        'Delivered events', 'Events that each webhook has accepted.',
        [p.query('sum by (webhook) (increase(modelvane_deliveries_total{%s}[$__rate_interval]))' % webhook, '{{webhook}}')],
        countOf(), bars=true
      )),
      p.wide(12, p.timeseries(
        'Failed attempts', 'busy: tried again on schedule; config: an operator must mend it; payload, gone: given up.',
        [p.query('sum by (webhook, class) (increase(modelvane_delivery_failures_total{%s}[$__rate_interval])) > 0' % webhook,
                 '{{webhook}}: {{class}}')],
        countOf(), bars=true
      ) + p.runbooks(['ModelvaneDeliveriesFailing'])),
    ]),
    p.row(8, [p.wide(8, panel) for panel in [
      p.timeseries('Waiting by webhook', 'Events that each webhook has not taken yet.',
                   [p.query('sum by (webhook) (modelvane_outbox_pending{%s})' % webhook, '{{webhook}}')], countOf()),
      p.timeseries('Oldest wait by webhook', 'Age of the oldest event that waits. The first alert comes at 30 minutes.',
                   [p.query('max by (webhook) (modelvane_outbox_oldest_age_seconds{%s})' % webhook, '{{webhook}}')],
                   { unit: 's', thresholds: p.steps(p.good, [[1800, p.bad]]) }) + p.runbooks(['ModelvaneOutboxOld']),
      p.timeseries('Time of an attempt', 'Within which 95 % of the attempts ended, good and failed.',
                   [p.query(quantile(0.95, 'modelvane_delivery_duration_seconds', webhook, 'webhook'), '{{webhook}}')], { unit: 's' }),
    ]]),
  ];

  local work = [
    p.row(8, [p.wide(8, panel) for panel in [
      p.timeseries('Lateness of polls', 'How much later than scheduled polls start: 99 % of them start within this time.',
                   [p.query(quantile(0.99, 'modelvane_poll_lateness_seconds', instance, 'instance'), '{{instance}}')],
                   { unit: 's', thresholds: p.steps(p.good, [[1, p.warn]]) } + p.instanceOfSeries),
      p.timeseries('Turns of the loop', 'One turn of the engine without its waiting: 99 % end within this time.',
                   [p.query(quantile(0.99, 'modelvane_engine_loop_lag_seconds', instance, 'instance'), '{{instance}}')],
                   { unit: 's', thresholds: p.steps(p.good, [[0.1, p.warn]]) } + p.instanceOfSeries),
      p.timeseries('Commits to the store', '99 % end within this time. A slow disk delays announcements, never polls.',
                   [p.query(quantile(0.99, 'modelvane_store_commit_seconds', instance, 'instance'), '{{instance}}')],
                   { unit: 's', thresholds: p.steps(p.good, [[1, p.warn]]) } + p.instanceOfSeries),
    ]]),
    p.row(8, [p.wide(8, panel) for panel in [
      p.timeseries('Polls', 'Polls that ended, good or failed, per second.',
                   [p.query('sum by (instance) (rate(modelvane_polls_total{%s}[$__rate_interval]))' % instance, '{{instance}}')],
                   { unit: 'reqps' } + p.instanceOfSeries),
      p.timeseries('Under way', 'Polls and deliveries that have begun and not ended.',
                   [
                     p.query('modelvane_polls_in_flight{%s}' % instance, '{{instance}}: polls'),
                     p.query('modelvane_deliveries_in_flight{%s}' % instance, '{{instance}}: deliveries'),
                   ], countOf() + p.instanceOfSeries),
      p.timeseries('Errors of the store', 'Operations of the store that failed.',
                   [p.query('increase(modelvane_store_errors_total{%s}[$__rate_interval])' % instance, '{{instance}}')],
                   countOf() + p.instanceOfSeries, bars=true),
    ]]),
  ];

  // process_* is everybody's: only where modelvane runs.
  local own(expr) = expr + ' and on (job, instance) modelvane_build_info';
  local process = p.row(8, [p.wide(8, panel) for panel in [
    p.timeseries('CPU', 'Cores in use.',
                 [p.query(own('rate(process_cpu_seconds_total{%s}[$__rate_interval])' % instance), '{{instance}}')],
                 { unit: 'short', decimals: 2 } + p.instanceOfSeries),
    p.timeseries('Memory', 'Resident memory.',
                 [p.query(own('process_resident_memory_bytes{%s}' % instance), '{{instance}}')], { unit: 'bytes' } + p.instanceOfSeries),
    p.timeseries('File descriptors', 'Open ones, as a share of the most that may be open.',
                 [p.query(own('process_open_fds{%s} / process_max_fds{%s}' % [instance, instance]), '{{instance}}')],
                 { unit: 'percentunit', thresholds: p.steps(p.good, [[0.8, p.warn]]) } + p.instanceOfSeries),
  ]]);

  p.dashboard(
    uid='modelvane-daemon',
    title='modelvane: deliveries and daemon',
    description='Whether events reach their webhooks, and whether modelvane itself is well.',
    variables=[
      p.variable('webhook', 'Webhook', 'Configured receivers', 'modelvane_deliveries_total{%s}' % instance),
    ],
    path='#/deliveries',
    rows=[state, p.section('Deliveries')] + deliveries + [p.section('Work')] + work + [p.section('Process'), process],
  )
