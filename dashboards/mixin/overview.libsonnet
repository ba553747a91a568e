// First screen: what does each alias point to, did one move, is every endpoint up and how fast?
local panels = import 'panels.libsonnet';
local promql = import 'promql.libsonnet';
function(config)
  local p = panels(config);
  local q = promql(config);
  local day = 86400;
  local recorded = 'job=~"$job",endpoint=~"$endpoint"';
  local chosen = 'job=~"$job",instance=~"$instance"';
  local ofEndpoint(metric, wrap=function(selector) selector) = q.ofEndpoint(metric, chosen, wrap=wrap);
  local ofAlias(metric, wrap=function(selector) selector) = q.ofEndpoint(metric, chosen + ',alias=~"$alias"', wrap=wrap);
  local increase(selector) = 'increase(%s[$__rate_interval])' % selector;
  // Counts what matches, 0 when nothing does.
  local count(expr) = 'count(%s) or vector(0)' % expr;
  local upOrDown = { unit: 'short', mappings: p.valueMap([[0, 'down', p.bad], [1, 'up', p.good]]), thresholds: p.steps(p.bad, [[1, p.good]]) };
  local countOf(quiet, some) = { unit: 'short', decimals: 0, thresholds: p.steps(quiet, [[1, some]]) };

  local state = p.row(4, [p.wide(4, panel) for panel in [
    p.stat('Endpoints down', 'Endpoints whose last poll failed.',
           [p.now(count('min by (endpoint) (%s) == 0' % ofEndpoint('modelvane_endpoint_up')), 'down')],
           countOf(p.good, p.bad)) + p.runbooks(['ModelvaneEndpointDown', 'ModelvaneAllEndpointsDown', 'ModelvaneIsolated']),
    p.stat('Aliases off their pin',
           'Aliases that point to a model which was not approved for them (pins in the configuration).',
           [p.now(count('min by (endpoint, alias) (%s) == 0' % ofAlias('modelvane_alias_pinned_ok')), 'off')],
           countOf(p.good, p.bad)) + p.runbooks(['ModelvanePinBroken']),
    p.stat('Aliases moved in 24 h', 'Aliases whose last confirmed move is less than a day old.',
           [p.now(count('time() - max by (endpoint, alias) (%s) < 86400' % ofAlias('modelvane_alias_last_change_timestamp_seconds')), 'moved')],
           countOf(p.quiet, p.info)) + p.runbooks(['ModelvaneAliasMoved']),
    p.stat('Pending or unstable',
           'Aliases with a difference that waits for confirmation, or with targets that alternate.',
           [p.now(count('max by (endpoint, alias) (%s) + max by (endpoint, alias) (%s) > 0'
                        % [ofAlias('modelvane_alias_pending'), ofAlias('modelvane_alias_unstable')]), 'pending')],
           countOf(p.quiet, p.warn)) + p.runbooks(['ModelvaneAliasUnstable']),
    p.stat('Lists in quarantine',
           'Endpoints whose list has lost so many models at once that it is not believed yet.',
           [p.now('sum(max by (endpoint) (%s))' % ofEndpoint('modelvane_catalog_quarantined'), 'quarantined')],
           countOf(p.good, p.warn)) + p.runbooks(['ModelvaneCatalogQuarantined']),
    p.stat('Known aliases',
           'Known aliases: their target is named, hidden by the provider, or they have gone from the list.',
           [p.now('sum by (state) (max by (endpoint, state) (%s))' % ofEndpoint('modelvane_aliases'), '{{state}}')],
           { unit: 'short', decimals: 0, thresholds: p.steps(p.quiet) }),
  ]]);

  local info = ofAlias('modelvane_alias_info');
  local moves = '%s * on (job, instance, endpoint, alias) group_left (target, rule) %s'
                % [ofAlias('modelvane_alias_last_change_timestamp_seconds'), info];
  local aliases = p.row(10, [
    p.wide(12, p.table(
      'What each alias points to', 'The confirmed target of each alias, how it was learnt, and when it last moved.',
      [p.column('endpoint', 'Endpoint', p.toEndpoint), p.column('alias', 'Alias', p.toAlias), p.column('target', 'Target'), p.column('rule', 'Rule')],
      [{
        title: 'Last move',
        unit: 'dateTimeAsLocal',
        mappings: p.valueMap([[0, 'none seen', p.quiet]]),
        expr: '1000 * max by (endpoint, alias, target, rule) (%s or 0 * %s)' % [moves, info],
      }],
      '-Last move'
    )),
    p.wide(12, p.timeline(
      'Targets over time', 'Of the aliases that moved within the range: which model was behind each, and from when to when.',
      [p.query(
        'max by (endpoint, alias, target) (%s) and on (endpoint, alias) %s'
        % [info, q.movedInRange(function(wrap) ofAlias('modelvane_alias_info', wrap))],
        '{{endpoint}} {{alias}}: {{target}}'
      )],
      { unit: 'short', color: { mode: 'palette-classic-by-name' }, mappings: p.valueMap([[1, 'points there', p.info]]),
        noValue: 'No alias moved within this range' } + p.endpointOfSeries
    ) + p.runbooks(['ModelvaneAliasMoved'])),
  ]);

  local endpoints = [
    p.row(9, [p.wide(24, p.table(
      'Endpoints now',
      'Each endpoint now, and over 30 days against its objective (modelvane:availability:objective).',
      [p.column('endpoint', 'Endpoint', p.toEndpoint)],
      [
        upOrDown { title: 'State', expr: 'min by (endpoint) (%s)' % ofEndpoint('modelvane_endpoint_up') },
        { title: 'Up, 1 h', unit: 'percentunit', decimals: 1, thresholds: p.steps(p.bad, [[0.9, p.warn], [config.objective, p.good]]),
          expr: 'min by (endpoint) (endpoint:modelvane_availability:ratio_rate1h{%s})' % recorded },
        { title: 'Up, 30 d', unit: 'percentunit', decimals: 2, thresholds: p.steps(p.bad, [[0.95, p.warn], [config.objective, p.good]]),
          expr: 'min by (endpoint) (endpoint:modelvane_availability:ratio_rate30d{%s})' % recorded },
        { title: 'Error budget left', unit: 'percentunit', decimals: 0, thresholds: p.steps(p.bad, [[0, p.warn], [0.5, p.good]]),
          expr: 'min by (endpoint) (endpoint:modelvane_error_budget:remaining_ratio30d{%s})' % recorded },
        { title: 'Poll, 95 %', unit: 's', decimals: 2, thresholds: p.steps(p.good, [[config.slowSeconds * 0.4, p.warn], [config.slowSeconds, p.bad]]),
          expr: 'max by (endpoint) (endpoint:modelvane_poll_duration_seconds:p95_rate30m{%s})' % recorded },
        { title: 'Models', unit: 'short', decimals: 0, expr: 'max by (endpoint) (%s)' % ofEndpoint('modelvane_catalog_models') },
        { title: 'Last good poll', unit: 's', decimals: 0, thresholds: p.steps(p.good, [[900, p.warn], [3600, p.bad]]),
          expr: 'time() - max by (endpoint) (%s)' % ofEndpoint('modelvane_last_good_poll_timestamp_seconds') },
      ],
      'Up, 30 d'
    ) + p.runbooks(['ModelvaneErrorBudgetBurn', 'ModelvanePollStale']))]),
    p.row(8, [
      p.wide(12, p.timeline(
        'Endpoint state', 'Green while the last poll was good, red while it had failed.',
        [p.query('min by (endpoint) (%s)' % ofEndpoint('modelvane_endpoint_up'), '{{endpoint}}')],
        upOrDown + p.endpointOfSeries
      ) + p.runbooks(['ModelvaneEndpointDown'])),
      p.wide(12, p.timeseries(
        'Slow polls',
        'The time within which 95 %% of the polls of the last 30 minutes ended. The alert comes at %g s.' % config.slowSeconds,
        [p.query('max by (endpoint) (endpoint:modelvane_poll_duration_seconds:p95_rate30m{%s})' % recorded, '{{endpoint}}')],
        { unit: 's', thresholds: p.steps(p.good, [[config.slowSeconds, p.bad]]) } + p.endpointOfSeries
      ) + p.runbooks(['ModelvaneEndpointSlow'])),
    ]),
    p.row(8, [
      p.wide(12, p.timeseries(
        'Failed polls',
        'Polls that failed, by reason; where several daemons poll an endpoint, of the one that saw most. A failed poll never changes what is known.',
        [p.query('max by (endpoint, reason) (%s) > 0' % ofEndpoint('modelvane_poll_failures_total', increase), '{{endpoint}}: {{reason}}')],
        { unit: 'short', decimals: 0 } + p.endpointOfSeries, bars=true
      ) + p.runbooks(['ModelvanePollsFailing'])),
      p.wide(12, p.timeseries(
        'Events', 'Confirmed events, by type: what the webhooks are told. What several daemons tell of is counted once.',
        [p.query('sum by (type) (max by (endpoint, type) (%s)) > 0' % ofEndpoint('modelvane_events_total', increase), '{{type}}')],
        { unit: 'short', decimals: 0 }, bars=true
      )),
    ]),
  ];

  local ends = 'max by (endpoint, model, replacement) (%s)' % ofEndpoint('modelvane_model_retirement_timestamp_seconds');
  local model = [p.column('endpoint', 'Endpoint', p.toEndpoint), p.column('model', 'Model'), p.column('replacement', 'Replacement')];
  local dates = p.row(8, [
    p.wide(9, p.table(
      'Retirements', 'Models for which a list names an end, the nearest first, and what the provider proposes instead.',
      model,
      [{
        title: 'Ends in',
        unit: 's',
        decimals: 0,
        thresholds: p.steps(p.bad, [
          [config.retirementDays.critical * day, p.warn],
          [config.retirementDays.warning * day, p.good],
        ]),
        fill: true,
        expr: '%s - time() > 0' % ends,
      }],
      'Ends in'
    ) + p.runbooks(['ModelvaneRetirementNear'])),
    p.wide(8, p.table(
      'Ended', 'Models that lists still name although their end has passed, the latest first.',
      model,
      [{ title: 'Ended', unit: 's', decimals: 0, expr: 'time() - %s >= 0' % ends }],
      'Ended'
    )),
    p.wide(7, p.table(
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
        expr: 'min by (endpoint) (%s) - time()' % ofEndpoint('modelvane_tls_certificate_expiry_timestamp_seconds'),
      }],
      'Ends in'
    ) + p.runbooks(['ModelvaneCertificateExpiring'])),
  ]);

  p.dashboard(
    uid='modelvane-overview',
    title='modelvane: overview',
    description='What each model alias points to, what moved, and whether every endpoint is up. Needs modelvane.rules.yml in Prometheus.',
    moves=moves,
    variables=[
      p.variable('endpoint', 'Endpoint', 'Watched endpoints', 'endpoint:modelvane_endpoint_up:last5m{job=~"$job"}'),
      p.variableOf('alias', 'Alias', 'Aliases of these endpoints', ofEndpoint('modelvane_alias_changes_total')),
    ],
    rows=[state, p.section('Aliases'), aliases, p.section('Endpoints')] + endpoints + [p.section('Dates'), dates],
  )
