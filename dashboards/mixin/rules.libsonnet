// Recording rules: how available and how fast each endpoint is.
local promql = import 'promql.libsonnet';
{
  local q = promql($._config),
  // Time, not polls: an outage is polled more often than a good hour.
  local seconds(states, window) = q.sum(q.own('increase(modelvane_endpoint_state_seconds_total{state=~"%s"}[%s])' % [states, window]), ['state']),
  // What was scraped before the daemon told of seconds.
  local polls(metric, window) = q.sum(q.own('increase(%s[%s])' % [metric, window]), ['reason']),
  local byPolls(window) = '1 - %s / (%s > 0)' % [polls('modelvane_poll_failures_total', window), polls('modelvane_polls_total', window)],
  local availability(window) = {
    record: 'endpoint:modelvane_availability:ratio_rate' + window,
    expr: '1 - %s\n/ (%s > 0)\nor\n  (%s)\n  unless %s\n'
          % [seconds('down', window), seconds('up|down', window), byPolls(window), seconds('up|down', window)],
  },
  local rule(record, expr, comment='') = { record: record, expr: expr, [if comment != '' then 'comment']:: comment },

  // Whether the budget of 30 days burns at `rate` over the long window, and still does over a short one. An interval longer than
  // the short window leaves that without a value at times: then the next longer one speaks. What ModelvaneEndpointDown told of is
  // not told a second time, nor what a faster burn told of.
  local burn(long, shorts, rate, faster) = {
    record: 'endpoint:modelvane_budget_burn:bool' + long,
    expr: |||
      (
        1 - endpoint:modelvane_availability:ratio_rate%(long)s > %(rate)g * scalar(1 - modelvane:availability:objective)
        and
        1 - (%(short)s) > %(rate)g * scalar(1 - modelvane:availability:objective)
      ) > bool 0
      unless
        max_over_time(endpoint:modelvane_endpoint_down:bool5m[%(long)s]) == 1
    ||| % {
      long: long,
      rate: rate,
      short: std.join(' or ', ['endpoint:modelvane_availability:ratio_rate' + w for w in shorts]),
    } + std.join('', ['unless\n  max_over_time(endpoint:modelvane_budget_burn:bool%s[%s])\n' % [f, long] for f in faster]),
  },

  prometheusRules+:: {
    groups+: [
      {
        name: 'modelvane-objective',
        rules: [
          { comment:: 'The share of time that shall be good, over 30 days. The one place to change it.',
            record: 'modelvane:availability:objective',
            expr: 'vector(%g)' % $._config.objective },
          rule('endpoint:modelvane_endpoint_up:last5m',
               q.min(q.own('last_over_time(modelvane_endpoint_up[5m])')),
               'The last poll was good, for every daemon that looks. A gap of less than five minutes (a restart, a failed scrape)\nis bridged: what was known before it counts.'),
          rule('endpoint:modelvane_endpoint_down:bool5m',
               '(max_over_time(endpoint:modelvane_endpoint_up:last5m[5m]) == bool 0)\nand\n  endpoint:modelvane_endpoint_up:last5m offset 5m\n',
               'Down for five minutes on end, which ModelvaneEndpointDown tells of.'),
        ],
      },
      { name: 'modelvane-availability', rules: [availability(w) for w in ['5m', '30m', '1h']] + [burn('1h', ['5m', '30m', '1h'], 14.4, [])] },
      {
        comment:: |||
          Long windows change slowly. Those beyond six hours are means of the six-hour ones: time goes evenly, so that is the same
          number, and 30 days of every endpoint's counters need not be read each time. Of 30 days one value an hour is enough.
        |||,
        name: 'modelvane-availability-long',
        interval: '5m',
        rules: [
          availability('6h'),
          { record: 'endpoint:modelvane_availability:ratio_rate3d', expr: 'avg_over_time(endpoint:modelvane_availability:ratio_rate6h[3d])' },
          { record: 'endpoint:modelvane_availability:ratio_rate30d', expr: 'avg_over_time(endpoint:modelvane_availability:ratio_rate6h[30d:1h])' },
          { comment:: '1 = untouched, 0 = used up, below 0 = overspent.',
            record: 'endpoint:modelvane_error_budget:remaining_ratio30d',
            expr: '1 - (1 - endpoint:modelvane_availability:ratio_rate30d) / on () group_left () (1 - modelvane:availability:objective)' },
          burn('6h', ['30m', '1h', '6h'], 6, ['1h']),
          burn('3d', ['6h'], 1, ['1h', '6h']),
        ],
      },
      {
        name: 'modelvane-latency',
        rules: [
          { record: 'endpoint:modelvane_poll_duration_seconds:p%d_rate30m' % (share * 100),
            expr: q.max(q.own('histogram_quantile(%g, rate(modelvane_poll_duration_seconds_bucket[30m]))' % share)) }
          for share in [0.5, 0.95]
        ],
      },
    ],
  },
}
