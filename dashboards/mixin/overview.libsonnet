// First screen: what does each alias point to, did one move, is every endpoint up and how fast?
local p = import 'panels.libsonnet';
function(config)
  local day = 86400;
  local endpoint = 'job=~"$job",endpoint=~"$endpoint"';
  local alias = endpoint + ',alias=~"$alias"';
  // Counts what matches, 0 when nothing does.
  local count(expr) = 'count(%s) or vector(0)' % expr;
  local upOrDown = p.valueMap([[0, 'down', p.bad], [1, 'up', p.good]]);
  local badUntilUp = p.steps(p.bad, [[1, p.good]]);

  local state = p.row(4, [
    p.wide(4, p.stat(
      'Endpoints down', 'Endpoints whose last poll failed.',
      [p.now(count('modelvane_endpoint_up{%s} == 0' % endpoint), 'down')],
      { unit: 'short', decimals: 0, thresholds: p.steps(p.good, [[1, p.bad]]) }
    )),
    p.wide(4, p.stat(
      'Aliases off their pin',
      'Aliases that point to a model which was not approved for them (pins in the configuration).',
      [p.now(count('modelvane_alias_pinned_ok{%s} == 0' % alias), 'off')],
      { unit: 'short', decimals: 0, thresholds: p.steps(p.good, [[1, p.bad]]) }
    )),
    p.wide(4, p.stat(
      'Aliases moved in 24 h', 'Aliases whose last confirmed move is less than a day old.',
      [p.now(count('time() - modelvane_alias_last_change_timestamp_seconds{%s} < 86400' % alias), 'moved')],
      { unit: 'short', decimals: 0, thresholds: p.steps(p.quiet, [[1, p.info]]) }
    )),
    p.wide(4, p.stat(
      'Pending or unstable',
      'Aliases with a difference that waits for confirmation, or with targets that alternate.',
      [p.now(count('modelvane_alias_pending{%s} + modelvane_alias_unstable{%s} > 0' % [alias, alias]), 'pending')],
      { unit: 'short', decimals: 0, thresholds: p.steps(p.quiet, [[1, p.warn]]) }
    )),
    p.wide(4, p.stat(
      'Lists in quarantine',
      'Endpoints whose list has lost so many models at once that it is not believed yet.',
      [p.now('sum(modelvane_catalog_quarantined{%s})' % endpoint, 'quarantined')],
      { unit: 'short', decimals: 0, thresholds: p.steps(p.good, [[1, p.warn]]) }
    )),
    p.wide(4, p.stat(
      'Known aliases',
      'Known aliases: their target is named, hidden by the provider, or they have gone from the list.',
      [p.now('sum by (state) (modelvane_aliases{%s})' % endpoint, '{{state}}')],
      { unit: 'short', decimals: 0, thresholds: p.steps(p.quiet) }
    )),
  ]);

  local aliases = p.row(10, [
    p.wide(12, p.table(
      'What each alias points to', 'The confirmed target of each alias, how it was learnt, and when it last moved.',
      [p.column('endpoint', 'Endpoint', p.toEndpoint), p.column('alias', 'Alias'), p.column('target', 'Target'), p.column('rule', 'Rule')],
      [{
        title: 'Last move',
        unit: 'dateTimeAsLocal',
        mappings: p.valueMap([[0, 'none seen', p.quiet]]),
        expr: '1000 * (modelvane_alias_info{%s} * on (job, instance, endpoint, alias) group_left () modelvane_alias_last_change_timestamp_seconds or 0 * modelvane_alias_info{%s})'
              % [alias, alias],
      }],
      '-Last move'
    )),
    p.wide(12, p.timeline(
      'Targets over time', 'Which model was behind each alias, and from when to when: a row for each pair of the two.',
      [p.query('max by (endpoint, alias, target) (modelvane_alias_info{%s})' % alias, '{{endpoint}} {{alias}}: {{target}}')],
      { unit: 'short', color: { mode: 'palette-classic-by-name' }, mappings: p.valueMap([[1, 'points there', p.info]]) }
    )),
  ]);

  local endpoints = [
    p.row(9, [p.wide(24, p.table(
      'Endpoints now',
      'Each endpoint now, and over 30 days against its objective (modelvane:availability:objective).',
      [p.column('endpoint', 'Endpoint', p.toEndpoint)],
      [
        { title: 'State', unit: 'short', mappings: upOrDown, thresholds: badUntilUp,
          expr: 'min by (endpoint) (modelvane_endpoint_up{%s})' % endpoint },
        { title: 'Up, 1 h', unit: 'percentunit', decimals: 1, thresholds: p.steps(p.bad, [[0.9, p.warn], [config.objective, p.good]]),
          expr: 'min by (endpoint) (endpoint:modelvane_availability:ratio_rate1h{%s})' % endpoint },
        { title: 'Up, 30 d', unit: 'percentunit', decimals: 2, thresholds: p.steps(p.bad, [[0.95, p.warn], [config.objective, p.good]]),
          expr: 'min by (endpoint) (endpoint:modelvane_availability:ratio_rate30d{%s})' % endpoint },
        { title: 'Error budget left', unit: 'percentunit', decimals: 0, thresholds: p.steps(p.bad, [[0, p.warn], [0.5, p.good]]),
          expr: 'min by (endpoint) (endpoint:modelvane_error_budget:remaining_ratio30d{%s})' % endpoint },
        { title: 'Poll, 95 %', unit: 's', decimals: 2, thresholds: p.steps(p.good, [[2, p.warn], [config.slowSeconds, p.bad]]),
          expr: 'max by (endpoint) (endpoint:modelvane_poll_duration_seconds:p95_rate30m{%s})' % endpoint },
        { title: 'Models', unit: 'short', decimals: 0, expr: 'max by (endpoint) (modelvane_catalog_models{%s})' % endpoint },
        { title: 'Last good poll', unit: 's', decimals: 0, thresholds: p.steps(p.good, [[900, p.warn], [3600, p.bad]]),
          expr: 'max by (endpoint) (time() - modelvane_last_good_poll_timestamp_seconds{%s})' % endpoint },
      ],
      'Up, 30 d'
    ))]),
    p.row(8, [
      p.wide(12, p.timeline(
        'Endpoint state', 'Green while the last poll was good, red while it had failed.',
        [p.query('min by (endpoint) (modelvane_endpoint_up{%s})' % endpoint, '{{endpoint}}')],
        { unit: 'short', mappings: upOrDown, thresholds: badUntilUp }
      )),
      p.wide(12, p.timeseries(
        'Slow polls',
        'The time within which 95 %% of the polls of the last 30 minutes ended. The alert comes at %g s.' % config.slowSeconds,
        [p.query('max by (endpoint) (endpoint:modelvane_poll_duration_seconds:p95_rate30m{%s})' % endpoint, '{{endpoint}}')],
        { unit: 's', thresholds: p.steps(p.good, [[config.slowSeconds, p.bad]]) }
      )),
    ]),
    p.row(8, [
      p.wide(12, p.timeseries(
        'Failed polls', 'Polls that failed, by reason. A failed poll never changes what is known.',
        [p.query('sum by (endpoint, reason) (increase(modelvane_poll_failures_total{%s}[$__rate_interval])) > 0' % endpoint,
                 '{{endpoint}}: {{reason}}')],
        { unit: 'short', decimals: 0 }, bars=true
      )),
      p.wide(12, p.timeseries(
        'Events', 'Confirmed events, by type: what the webhooks are told.',
        [p.query('sum by (type) (increase(modelvane_events_total{%s}[$__rate_interval])) > 0' % endpoint, '{{type}}')],
        { unit: 'short', decimals: 0 }, bars=true
      )),
    ]),
  ];

  local dates = p.row(8, [
    p.wide(12, p.table(
      'Retirements', 'Models for which a list names an end, and what the provider proposes instead.',
      [p.column('endpoint', 'Endpoint', p.toEndpoint), p.column('model', 'Model'), p.column('replacement', 'Replacement')],
      [{
        title: 'Ends in',
        unit: 's',
        decimals: 0,
        thresholds: p.steps(p.quiet, [
          [0, p.bad],
          [config.retirementDays.critical * day, p.warn],
          [config.retirementDays.warning * day, p.good],
        ]),
        expr: 'modelvane_model_retirement_timestamp_seconds{%s} - time()' % endpoint,
      }],
      'Ends in'
    )),
    p.wide(12, p.table(
      'Certificates',
      'When the certificate of each endpoint ends. Alerts come %d and %d days before.'
      % [config.certificateDays.warning, config.certificateDays.critical],
      [p.column('endpoint', 'Endpoint', p.toEndpoint)],
      [{
        title: 'Ends in',
        unit: 's',
        decimals: 0,
        thresholds: p.steps(p.bad, [
          [config.certificateDays.critical * day, p.warn],
          [config.certificateDays.warning * day, p.good],
        ]),
        expr: 'min by (endpoint) (modelvane_tls_certificate_expiry_timestamp_seconds{%s}) - time()' % endpoint,
      }],
      'Ends in'
    )),
  ]);

  p.dashboard(
    uid='modelvane-overview',
    title='modelvane: overview',
    description='What each model alias points to, what moved, and whether every endpoint is up. Needs modelvane.rules.yml in Prometheus.',
    moves=alias,
    variables=[
      p.variable('job', 'Job', 'Scrape jobs of modelvane', 'modelvane_build_info'),
      p.variable('endpoint', 'Endpoint', 'Watched endpoints', 'modelvane_polls_total'),
      p.variable('alias', 'Alias', 'Aliases of these endpoints', 'modelvane_alias_changes_total{%s}' % endpoint),
    ],
    rows=[state, p.section('Aliases'), aliases, p.section('Endpoints')] + endpoints + [p.section('Dates'), dates],
  )
