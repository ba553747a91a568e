// One endpoint: is it up, where does its time go, why do polls fail, and what do its aliases do?
local panels = import 'panels.libsonnet';
local promql = import 'promql.libsonnet';
function(config)
  local p = panels(config);
  local q = promql(config);
  local day = 86400;
  local recorded = 'job=~"$job",endpoint="$endpoint"';
  local chosen = 'job=~"$job",instance=~"$instance"';
  local ofEndpoint(metric, wrap=function(selector) selector) = q.ofEndpoint(metric, chosen, is='=', wrap=wrap);
  local ofAlias(metric, wrap=function(selector) selector) = q.ofEndpoint(metric, chosen + ',alias=~"$alias"', is='=', wrap=wrap);
  local increase(selector) = 'increase(%s[$__rate_interval])' % selector;
  local upOrDown = { unit: 'short', mappings: p.valueMap([[0, 'down', p.bad], [1, 'up', p.good]]), thresholds: p.steps(p.bad, [[1, p.good]]) };
  local availability(window) = 'min(endpoint:modelvane_availability:ratio_rate%s{%s})' % [window, recorded];

  local state = p.row(4, [p.wide(3, panel) for panel in [
    p.stat('State', 'Up when the last poll was good.',
           [p.now('min(%s)' % ofEndpoint('modelvane_endpoint_up'), 'state')], upOrDown) + p.runbooks(['ModelvaneEndpointDown']),
    p.stat('Last status', 'HTTP status of the last poll; 0 when there was no answer.',
           [p.now('max(%s)' % ofEndpoint('modelvane_poll_http_status_code'), 'status')],
           { unit: 'none', decimals: 0, thresholds: p.steps(p.bad, [[200, p.good], [300, p.warn], [400, p.bad]]) }),
    p.stat('Last good poll', 'Time since the last poll that was believed.',
           [p.now('time() - max(%s)' % ofEndpoint('modelvane_last_good_poll_timestamp_seconds'), 'age')],
           { unit: 's', decimals: 0, thresholds: p.steps(p.good, [[900, p.warn], [3600, p.bad]]) }) + p.runbooks(['ModelvanePollStale']),
    p.stat('Up, 1 h', 'Share of the known time of an hour in which it was up.',
           [p.now(availability('1h'), '1 h')],
           { unit: 'percentunit', decimals: 1, thresholds: p.steps(p.bad, [[0.9, p.warn], [config.objective, p.good]]) }),
    p.stat('Up, 30 d', 'Share of the known time of 30 days in which it was up.',
           [p.now(availability('30d'), '30 d')],
           { unit: 'percentunit', decimals: 2, thresholds: p.steps(p.bad, [[0.95, p.warn], [config.objective, p.good]]) }),
    p.stat('Error budget left',
           'Of what the objective (modelvane:availability:objective) allows in 30 days; below zero it is overspent.',
           [p.now('min(endpoint:modelvane_error_budget:remaining_ratio30d{%s})' % recorded, 'left')],
           { unit: 'percentunit', decimals: 0, thresholds: p.steps(p.bad, [[0, p.warn], [0.5, p.good]]) }) + p.runbooks(['ModelvaneErrorBudgetBurn']),
    p.stat('Certificate ends in', 'Of the certificate that the server showed last.',
           [p.now('min(%s - time())' % ofEndpoint('modelvane_tls_certificate_expiry_timestamp_seconds'), 'certificate')],
           { unit: 's', decimals: 0, thresholds: p.steps(p.bad, [
             [config.certificateDays.critical * day, p.warn],
             [config.certificateDays.warning * day, p.good],
           ]) }) + p.runbooks(['ModelvaneCertificateExpiring']),
    p.stat('Models', 'Watched models in the last list that was believed.',
           [p.now('max(%s)' % ofEndpoint('modelvane_catalog_models'), 'models')],
           { unit: 'short', decimals: 0, thresholds: p.steps(p.quiet) }),
  ]]);

  local latency = [
    p.row(9, [
      p.wide(12, p.timeseries(
        'Where the time of a poll goes',
        'Phases of the last poll: name resolution, TCP, TLS, the server (until its first byte), the transfer.',
        [p.query('max by (phase) (%s)' % ofEndpoint('modelvane_poll_phase_seconds'), '{{phase}}')], { unit: 's' }, stack=true
      )),
      p.wide(12, p.timeseries(
        'Duration of polls',
        'Half and 95 %% of the polls of the last 30 minutes ended within these times. The alert comes at %g s.' % config.slowSeconds,
        [
          p.query('max(endpoint:modelvane_poll_duration_seconds:p50_rate30m{%s})' % recorded, '50 %'),
          p.query('max(endpoint:modelvane_poll_duration_seconds:p95_rate30m{%s})' % recorded, '95 %'),
        ],
        { unit: 's', thresholds: p.steps(p.good, [[config.slowSeconds, p.bad]]) }
      ) + p.runbooks(['ModelvaneEndpointSlow'])),
    ]),
    p.row(9, [p.wide(24, p.heatmap(
      'All polls', 'How many polls took how long, good and failed; where several daemons poll, of the one that saw most.',
      'max by (le) (%s)' % ofEndpoint('modelvane_poll_duration_seconds_bucket', increase), { unit: 's' }
    ))]),
  ];

  local overTime = [
    p.row(4, [p.wide(24, p.timeline(
      'State over time', 'Green while the last poll was good, red while it had failed.',
      [p.query('min(%s)' % ofEndpoint('modelvane_endpoint_up'), 'state')], upOrDown
    ))]),
    p.row(9, [
      p.wide(12, p.timeseries(
        'Availability over windows',
        'Share of known time, over windows. The burn-rate alerts compare a long one with a short one.',
        [
          p.query(availability('5m'), '5 m'),
          p.query(availability('1h'), '1 h'),
          p.query(availability('6h'), '6 h'),
          p.query(availability('3d'), '3 d'),
        ],
        { unit: 'percentunit', max: 1 }
      ) + p.runbooks(['ModelvaneErrorBudgetBurn'])),
      p.wide(12, p.timeseries(
        'Failed polls',
        'Polls that failed, by reason; where several daemons poll, of the one that saw most. The runbook tells what to look at for each.',
        [p.query('max by (reason) (%s) > 0' % ofEndpoint('modelvane_poll_failures_total', increase), '{{reason}}')],
        { unit: 'short', decimals: 0 }, bars=true
      ) + p.runbooks(['ModelvaneEndpointDown', 'ModelvanePollsFailing'])),
    ]),
  ];

  local list = [
    p.row(8, [p.wide(24, p.timeline(
      'Targets over time', 'Of the aliases that moved within the range: which model was behind each, and from when to when.',
      [p.query(
        'max by (endpoint, alias, target) (%s) and on (endpoint, alias) %s'
        % [ofAlias('modelvane_alias_info'), q.movedInRange(function(wrap) ofAlias('modelvane_alias_info', wrap))],
        '{{alias}}: {{target}}'
      )],
      { unit: 'short', color: { mode: 'palette-classic-by-name' }, mappings: p.valueMap([[1, 'points there', p.info]]),
        noValue: 'No alias moved within this range' }
    ) + p.runbooks(['ModelvaneAliasMoved']))]),
    p.row(8, [
      p.wide(8, p.timeseries(
        'Moves', 'Confirmed moves of each alias since it is watched.',
        [p.query('max by (alias) (%s)' % ofAlias('modelvane_alias_changes_total'), '{{alias}}')], { unit: 'short', decimals: 0 }
      )),
      p.wide(8, p.timeseries(
        'Models in the list',
        'Watched models; and 1 while the list is in quarantine, because it has lost too many at once.',
        [
          p.query('max(%s)' % ofEndpoint('modelvane_catalog_models'), 'models'),
          p.query('max(%s)' % ofEndpoint('modelvane_catalog_quarantined'), 'in quarantine'),
        ],
        { unit: 'short', decimals: 0 }
      ) + p.runbooks(['ModelvaneCatalogQuarantined'])),
      p.wide(8, p.timeseries(
        'Size of the answer', 'The body of the last poll after decompression.',
        [p.query('max(%s)' % ofEndpoint('modelvane_poll_body_bytes'), 'body')], { unit: 'bytes' }
      )),
    ]),
  ];

  p.dashboard(
    uid='modelvane-endpoint',
    title='modelvane: endpoint',
    description='One endpoint: availability, latency by phase, reasons of failed polls, its aliases and its list.',
    path='#/endpoint/${endpoint:percentencode}',
    moves='%s * on (job, instance, endpoint, alias) group_left (target) %s'
          % [ofAlias('modelvane_alias_last_change_timestamp_seconds'), ofAlias('modelvane_alias_info')],
    variables=[
      p.variable('endpoint', 'Endpoint', 'The endpoint to look at', 'endpoint:modelvane_endpoint_up:last5m{job=~"$job"}', multi=false),
      p.variableOf('alias', 'Alias', 'Aliases of this endpoint', ofEndpoint('modelvane_alias_changes_total')),
    ],
    rows=[state, p.section('Latency')] + latency + [p.section('Availability')] + overTime + [p.section('Aliases and list')] + list,
  )
