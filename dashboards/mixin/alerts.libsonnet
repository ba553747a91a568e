// Alerting rules. Labels of an endpoint in modelvane's configuration (team: search) stand on its alerts: route by them.
local promql = import 'promql.libsonnet';
{
  local config = $._config,
  local q = promql(config),
  local day = 86400,

  // Where the runbook is: at the daemon that the alert is about, or, where the rule leaves out which one, at any of its job.
  local runbook(name) = config.runbookUrl % { instance: '{{ $labels.instance }}', name: name },
  local runbookOfAny(name) =
    if std.length(std.findSubstr('%(instance)', config.runbookUrl)) == 0 then config.runbookUrl % { name: name }
    else '{{ with printf "modelvane_build_info{job=%%q}" $labels.job | query | sortByLabel "instance" }}%s{{ end }}'
         % (config.runbookUrl % { instance: '{{ . | first | label "instance" }}', name: name }),

  local alert(name, severity, expr, summary, description, wait='', keep='', labels={}, comment='', ofOne=false) = {
    alert: name,
    expr: expr,
    labels: { severity: severity } + labels,
    annotations: { summary: summary, description: description, runbook_url: if ofOne then runbook(name) else runbookOfAny(name) },
    [if wait != '' then 'for']: wait,
    [if keep != '' then 'keep_firing_for']: keep,
    [if comment != '' then 'comment']:: comment,
  },

  local key = 'on (job, instance, endpoint, alias)',
  local aliasInfo = q.own('modelvane_alias_info'),
  local aliasSeries(metric, range='') = q.ownSeries(metric, ['alias', 'endpoint'], range),
  local endpointSeries(metric, range='') = q.ownSeries(metric, ['endpoint'], range),
  local webhookSeries(metric) = q.ownSeries(metric, ['webhook']),

  local aliases = [
    alert('ModelvaneAliasMoved', 'warning',
          q.max('\n    (\n        %s\n      or\n        %s\n    )\n    * %s group_left (target) %s\n  ' % [
            q.own('increase(modelvane_alias_changes_total[15m])') + ' > 0',
            'time() - ' + q.own('modelvane_alias_last_change_timestamp_seconds') + ' < 15 * 60',
            key,
            aliasInfo,
          ]) + '\n',
          '{{ $labels.endpoint }}: {{ $labels.alias }} moved to {{ $labels.target }}',
          'The alias {{ $labels.alias }} of {{ $labels.endpoint }} now points to {{ $labels.target }}'
          + q.seenBy('%s', q.ownSeries('modelvane_alias_info', ['alias', 'target', 'endpoint'])) + '.'
          // Where two daemons told of two targets then, it is nobody's own.
          + '{{ with ' + q.ask('count by (target) (%s)', aliasSeries('modelvane_alias_info', ' offset 20m'))
          + ' }}{{ if eq (len .) 1 }} Twenty minutes ago it pointed to {{ . | first | label "target" }}.{{ end }}{{ end }}',
          comment='Firing for 15 minutes after each confirmed move. The counter sees every move while the series lives; the timestamp sees\nthe one that was found at a start, when the series is new (another instance label, a new Prometheus) and has no increase\nyet. A lost store sets the counter back to 0, which is no increase. The target is a label, so that a second move within\nthe time is a second alert; which daemon saw it is none, so that two of them tell of one move once.'),

    alert('ModelvaneAliasUnstable', 'warning', q.max(q.own('modelvane_alias_unstable') + ' == 1'),
          '{{ $labels.endpoint }}: {{ $labels.alias }} alternates between targets',
          'Polls of {{ $labels.endpoint }} show {{ $labels.alias }} with targets that alternate: requests may reach either model until it settles.'),

    local broken = q.own('modelvane_alias_pinned_ok') + ' == 0';
    alert('ModelvanePinBroken', 'critical',
          q.max('\n    (%s) + %s group_left (target) 0 * %s\n  or\n    (%s) unless %s %s\n' % [broken, key, aliasInfo, broken, key, aliasInfo]) + '\n',
          '{{ $labels.endpoint }}: {{ $labels.alias }} points to {{ with $labels.target }}{{ . }}, which was not approved{{ else }}a model that was not approved{{ end }}',
          '{{ $labels.alias }} of {{ $labels.endpoint }} {{ if $labels.target }}points to {{ $labels.target }}, which{{ else }}has a target that{{ end }} is not among the targets approved for it'
          + q.seenBy('%s == 0', aliasSeries('modelvane_alias_pinned_ok')) + '.',
          comment='With the target where it is known, so that whoever is paged reads it at once.'),
  ],

  // Only what is used: an alias points there. Lists name many ends, most of them of models that are long gone.
  local ends = q.own('modelvane_model_retirement_timestamp_seconds') + ' - time()',
  local used = 'and on (job, instance, endpoint, model)\n    label_replace(%s, "model", "$1", "target", "(.+)")' % aliasInfo,
  local pointing =
    local series = q.ownSeries('modelvane_alias_info', ['model', 'endpoint']);
    series { text: [std.strReplace(t, 'model=', 'target=') for t in series.text] },
  local retirement(severity, from, to) =
    alert('ModelvaneRetirementNear', severity,
          q.max('\n    %s < %d * 86400%s\n    %s\n' % [ends, to, if from == 0 then '' else ' > %d * 86400' % from, used]) + '\n',
          '{{ $labels.endpoint }}: {{ $labels.model }}, which an alias points to, will be retired',
          'The list of {{ $labels.endpoint }} names an end for {{ $labels.model }}, and '
          + '{{ with ' + q.ask('count by (alias) (%s)', pointing) + ' }}{{ range $i, $s := . }}{{ if $i }}, {{ end }}{{ $s.Labels.alias }}{{ end }}{{ else }}an alias{{ end }} points to it: '
          + '{{ if gt $value 0.0 }}it ends in {{ $value | humanizeDuration }}{{ else }}its end has passed{{ end }}.'
          + '{{ if $labels.replacement }} The provider names {{ $labels.replacement }} as its replacement.{{ end }}'),
  local retirements = [
    retirement('warning', config.retirementDays.critical, config.retirementDays.warning),
    retirement('critical', 0, config.retirementDays.critical),
  ],

  local up = 'endpoint:modelvane_endpoint_up:last5m',
  local allDown = 'count by (job) (%s == 0) == count by (job) (%s) > 1' % [up, up],
  // While a daemon takes its own network for the cause, ModelvaneIsolated tells of it, and of nothing else that follows from it.
  local isolated = 'max by (job) (modelvane_isolated) == 1',
  local endpoints = [
    alert('ModelvaneAllEndpointsDown', 'critical', '(\n  %s\n)\nunless on (job)\n  %s\n' % [allDown, isolated],
          'None of the {{ $value }} endpoints can be read',
          'Every poll of all {{ $value }} endpoints has failed for five minutes. That is more likely the network of modelvane than all of the providers. What is known of their aliases stays as it was.',
          wait='5m', keep='5m',
          comment='Instead of one alert for each.'),
    alert('ModelvaneEndpointDown', 'warning', 'endpoint:modelvane_endpoint_down:bool5m == 1\nunless on (job)\n  (%s)\nunless on (job)\n  %s\n' % [allDown, isolated],
          '{{ $labels.endpoint }} cannot be read',
          'Every poll of {{ $labels.endpoint }} has failed for five minutes'
          + q.seenBy('%s == 0', endpointSeries('modelvane_endpoint_up')) + '.'
          + '{{ with ' + q.ask('topk(1, sum by (reason) (increase(%s)) > 0)', endpointSeries('modelvane_poll_failures_total', '[15m]'))
          + ' }} The reason is mostly {{ . | first | label "reason" }}.{{ end }}'
          + ' What is known of its aliases stays as it was.',
          keep='5m',
          comment='After a failed poll the next ones come fast (recheck), so five minutes are several polls for any interval. They stand in the\nrecorded series, so that endpoints which fail one after the other are told as all of them, not one by one before.'),
    alert('ModelvaneEndpointMaintenance', 'none',
          q.max('%s == 1 or %s == 1' % [q.own('modelvane_endpoint_maintenance'), q.own('modelvane_endpoint_paused')]),
          '{{ $labels.endpoint }} is in maintenance, or paused',
          'A maintenance window of {{ $labels.endpoint }} is open in the configuration of modelvane, or it is paused there. Its alerts are muted.',
          comment='Tells nobody anything: Alertmanager mutes the other alerts of the endpoint while this one fires.'),
    alert('ModelvaneEndpointSlow', 'warning', 'endpoint:modelvane_poll_duration_seconds:p95_rate30m > %g' % config.slowSeconds,
          '{{ $labels.endpoint }} answers slowly',
          'One poll in twenty of {{ $labels.endpoint }} takes longer than {{ $value | humanizeDuration }} (over 30 minutes).',
          wait='15m', keep='30m'),
  ] + [
    alert('ModelvaneErrorBudgetBurn', 'warning',
          '1 - endpoint:modelvane_availability:ratio_rate%s\nand\n  endpoint:modelvane_budget_burn:bool%s == 1\n' % [b.window, b.window],
          '{{ $labels.endpoint }} uses up its error budget',
          'Over the last %s {{ $labels.endpoint }} could not be read {{ $value | humanizePercentage }} of the time. The objective for 30 days cannot bear that.' % b.words,
          wait=b.wait, keep=b.keep, labels={ window: b.window }, comment=b.comment)
    for b in [
      { window: '1h', words: 'hour', wait: '2m', keep: '30m', comment: 'Burn rates over two windows each: the long one says that it matters, the short one that it still goes on. At the fast rate\nthe budget of 30 days is gone in two days. Only for what neither ModelvaneEndpointDown nor a faster window tells of: many\nshort outages.' },
      { window: '6h', words: 'six hours', wait: '15m', keep: '3h', comment: '' },
      { window: '3d', words: 'three days', wait: '1h', keep: '1d', comment: '' },
    ]
  ] + [
    alert('ModelvanePollsFailing', 'warning',
          local polls(metric) = q.sum(q.own('increase(%s[1d])' % metric), ['reason']);
          local failed = polls('modelvane_poll_failures_total');
          |||
            %(failed)s / (%(all)s > 0)
            - (avg_over_time(endpoint:modelvane_endpoint_down:bool5m[1d]) or 0 * %(failed)s)
            > scalar(1 - modelvane:availability:objective)
            and
              %(failed)s > 20
          ||| % { failed: failed, all: polls('modelvane_polls_total') },
          'Polls of {{ $labels.endpoint }} fail now and then',
          '{{ $value | humanizePercentage }} of the polls of {{ $labels.endpoint }} failed within a day, outages left out'
          + '{{ with ' + q.ask('topk(1, sum by (reason) (increase(%s)) > 0)', endpointSeries('modelvane_poll_failures_total', '[1d]'))
          + ' }}, most of them as {{ . | first | label "reason" }}{{ end }}. It counts as up, but is worth a look.',
          wait='15m', keep='12h',
          comment='Single failures and refusals for being too many (429) are no outage, so no budget burns. Failed polls beyond what outages\nexplain are told once, in a day\'s time.'),
  ] + [
    alert('ModelvaneCertificateExpiring', c.severity,
          q.min('%s - time() < %d * 86400%s' % [q.own('modelvane_tls_certificate_expiry_timestamp_seconds'), c.to, if c.from == 0 then '' else ' > %d * 86400' % c.from]),
          'The certificate of {{ $labels.endpoint }} {{ if gt $value 0.0 }}ends soon{{ else }}has ended{{ end }}',
          'The TLS certificate that {{ $labels.endpoint }} shows {{ if gt $value 0.0 }}ends in {{ $value | humanizeDuration }}{{ else }}has ended{{ end }}.')
    for c in [
      { severity: 'warning', from: config.certificateDays.critical, to: config.certificateDays.warning },
      { severity: 'critical', from: 0, to: config.certificateDays.critical },
    ]
  ] + [
    alert('ModelvanePollStale', 'warning',
          q.max('time() - %s > 3 * %s + 600' % [q.own('modelvane_last_poll_timestamp_seconds'), q.own('modelvane_poll_interval_seconds')]),
          '{{ $labels.endpoint }} is not polled',
          'The last poll of {{ $labels.endpoint }}, good or failed, ended {{ $value | humanizeDuration }} ago, which is several times its interval. What is shown of it is that old.',
          wait='5m'),
    alert('ModelvaneCatalogQuarantined', 'warning', q.max(q.own('modelvane_catalog_quarantined') + ' == 1'),
          '{{ $labels.endpoint }}: many models left the list at once, and that is not believed yet',
          'Many models left the list of {{ $labels.endpoint }} together. Until they come back, or have stayed away for the configured hold, nothing is reported of them. The rest of the list is believed.'),
  ],

  local failures(classes, window) =
    q.sum('increase(modelvane_delivery_failures_total%s[%s])' % [if classes == '' then '' else '{class=~"%s"}' % classes, window], ['class']),
  local deliveries = [
    alert('ModelvaneDeliveriesFailing', 'warning',
          |||
            %s > 0
            or
            max without (state, %s) (modelvane_webhook_state{state=~"failing|misconfigured"} == 1)
            or
            (
              %s > 2.5
              unless
                %s > 0
              unless
                %s == 0
            )
          ||| % [
            failures('config|payload|gone', '30m'),
            std.join(', ', config.scrapeLabels),
            failures('', '6h'),
            q.sum('increase(modelvane_deliveries_total[30m])'),
            q.max('modelvane_outbox_oldest_age_seconds'),
          ],
          'Deliveries to {{ $labels.webhook }} fail',
          'The webhook {{ $labels.webhook }} does not take what is sent to it'
          + q.seenBy('%s == 1', { text: ['modelvane_webhook_state{job=%q,webhook=%q,state!=\\"ok\\"}'], args: ['$labels.job', '$labels.webhook'] }) + '.'
          + '{{ with ' + q.ask('sum(increase(%s)) > 0.5', { text: ['modelvane_delivery_failures_total{job=%q,webhook=%q}[30m]'], args: ['$labels.job', '$labels.webhook'] })
          + ' }} {{ . | first | value | printf "%.0f" }} attempts failed within 30 minutes.{{ end }}',
          wait='5m', keep='15m',
          comment='Refused for a reason that time will not mend; or in a state of failing; or, where nothing tells the state, nothing but\nfailures. Attempts come up to an hour apart, hence the long window: the alert stays between two of them.'),
    alert('ModelvaneWebhookDisabled', 'warning', q.max('modelvane_webhook_state{state="disabled"} == 1'),
          'The webhook {{ $labels.webhook }} is switched off',
          'The receiver of the webhook {{ $labels.webhook }} answered that it wants no more events. They wait until its URL is changed or a delivery is tried again by hand.'),
  ] + [
    alert('ModelvaneOutboxOld', o.severity, o.expr,
          'Events for {{ $labels.webhook }} wait',
          'The oldest event for the webhook {{ $labels.webhook }} has waited {{ $value | humanizeDuration }}. After max_age (a day, if not configured) it becomes a dead letter.',
          keep='5m', comment=o.comment)
    for o in [
      { severity: 'warning',
        expr: '%s > 30 * 60 < 6 * 3600\nunless on (job, webhook)\n  (\n    modelvane_webhook_state{state!="ok"} == 1\n    or\n    %s > 0\n  )\n' % [q.max('modelvane_outbox_oldest_age_seconds'), failures('', '6h')],
        comment: 'Where attempts fail, ModelvaneDeliveriesFailing has told of it: this is a receiver that takes events too slowly. After six\nhours it is told whatever the cause, since events will be lost.' },
      { severity: 'critical', expr: q.max('modelvane_outbox_oldest_age_seconds') + ' >= 6 * 3600', comment: '' },
    ]
  ] + [
    alert('ModelvaneDeadLetters', 'warning', q.max('modelvane_dead_letters') + ' > 0',
          '{{ $labels.webhook }} has missed {{ $value }} event{{ if ne $value 1.0 }}s{{ end }}',
          '{{ $value }} {{ if eq $value 1.0 }}delivery to the webhook {{ $labels.webhook }} was given up. It is kept and can be sent again.{{ else }}deliveries to the webhook {{ $labels.webhook }} were given up. They are kept and can be sent again.{{ end }}'),
  ],

  local daemon = [
    alert('ModelvaneIsolated', 'critical', 'modelvane_isolated == 1',
          'modelvane at {{ $labels.instance }} reaches almost nobody',
          'More than half of the hosts that modelvane at {{ $labels.instance }} polls are out of reach at once: it takes that for its own network and tells no outage for at most 15 minutes. What is really down is told afterwards.',
          wait='2m', keep='5m', ofOne=true),
    alert('ModelvaneStoreErrors', 'critical', 'increase(modelvane_store_errors_total[15m]) > 0 or modelvane_store_healthy == 0',
          'The store of {{ $labels.instance }} fails',
          'modelvane at {{ $labels.instance }} cannot make changes durable. It goes on polling, but announces nothing until it can.', ofOne=true),
    alert('ModelvaneShardUnowned', 'critical', 'max without (instance) (modelvane_cluster_shards{state="unowned"}) > 0',
          '{{ $value }} shard{{ if ne $value 1.0 }}s{{ end }} of {{ $labels.job }} belong to nobody',
          'Endpoints and webhooks of {{ $value }} shards are looked after by no replica: they are not polled, and their events wait.',
          wait='2m'),
    alert('ModelvaneReplicaWithoutDatabase', 'warning', 'modelvane_session_trusted_seconds == 0',
          '{{ $labels.instance }} does not reach the database',
          'The replica at {{ $labels.instance }} could not renew its session: it decides and sends nothing until the database answers.',
          wait='1m', ofOne=true),
    alert('ModelvaneConfigDiffers', 'warning', 'max without (instance) (modelvane_cluster_config_differs) == 1',
          'The replicas of {{ $labels.job }} have different configurations',
          'What is watched and who is told depends on which replica owns it.',
          wait='15m'),
    alert('ModelvaneStoreRewound', 'critical', 'increase(modelvane_store_rewound_total[15m]) > 0',
          'The database of {{ $labels.instance }} has forgotten commits',
          'After a reconnect the database no longer had what it had acknowledged: events may be told once more, and the history may lack some.', keep='15m', ofOne=true),
    alert('ModelvaneReloadFailed', 'warning', 'modelvane_config_last_reload_successful == 0',
          'The configuration of {{ $labels.instance }} was refused',
          'The last reload of modelvane at {{ $labels.instance }} failed: the configuration from before it is in use.', ofOne=true),
    alert('ModelvaneDiscoveryFailing', 'warning', 'modelvane_service_discovery_up == 0',
          'The source {{ $labels.source }} of endpoints gives no list',
          'For half an hour modelvane at {{ $labels.instance }} has had no usable list of endpoints from {{ $labels.source }}: the last good one counts, and what came or went since is not known.',
          wait='30m', ofOne=true),
  ],

  local target = [
    alert('ModelvaneDown', 'critical', 'up{job="%s"} == 0' % config.job,
          'modelvane at {{ $labels.instance }} cannot be scraped',
          'Prometheus has not reached modelvane at {{ $labels.instance }} for five minutes. Nobody watches its aliases, unless only the way between the two is broken.',
          wait='5m', ofOne=true),
    // There is no daemon to show a runbook.
    alert('ModelvaneAbsent', 'critical', 'absent(up{job="%s"})' % config.job,
          'Prometheus knows no modelvane',
          'No target belongs to the scrape job %s: none of the other alerts can fire. The runbook is docs/runbooks/ModelvaneAbsent.md.' % config.job,
          wait='5m') + { annotations+: if std.length(std.findSubstr('%(instance)', config.runbookUrl)) == 0 then {} else { runbook_url:: null } },
  ],

  prometheusAlerts+:: {
    groups+: [
      { name: 'modelvane-aliases', rules: aliases + retirements },
      { name: 'modelvane-endpoints', rules: endpoints },
      { name: 'modelvane-deliveries', rules: deliveries },
      { name: 'modelvane-daemon', rules: daemon },
      { name: 'modelvane-target', rules: target },
    ],
  },
}
