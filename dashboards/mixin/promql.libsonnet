// Parts of expressions that rules and dashboards share.
function(config) {
  local scrape = std.join(', ', config.scrapeLabels),

  // A target label called endpoint (the Prometheus operator sets one: the port's name) pushes ours to exported_endpoint, unless
  // the job honours our labels. Either way `endpoint` names the endpoint after this.
  own(expr):: 'label_replace(%s, "endpoint", "$1", "exported_endpoint", "(.+)")' % expr,

  // Of a dashboard: the series of `metric` that match, of the endpoints that its variable `endpoint` holds (`is`: = or =~), under
  // either scrape configuration. `wrap` makes a function of time of a selector.
  ofEndpoint(metric, matchers, is='=~', wrap=function(selector) selector)::
    local selector(name, rest) = wrap('%s{%s,%s%s"$endpoint"%s}' % [metric, matchers, name, is, rest]);
    self.own('%s or %s' % [selector('endpoint', ',exported_endpoint=""'), selector('exported_endpoint', '')]),

  // Of a dashboard: which aliases had more than one target within its range. `info` makes the series of modelvane_alias_info.
  movedInRange(info)::
    '(count by (endpoint, alias) (count by (endpoint, alias, target) (%s)) > 1)'
    % info(function(selector) 'present_over_time(%s[$__range] @ end())' % selector),

  // One series where several daemons, or one under several names, tell of the same thing.
  max(expr):: 'max without (%s) (%s)' % [scrape, expr],
  min(expr):: 'min without (%s) (%s)' % [scrape, expr],
  sum(expr, and_without=[]):: 'sum without (%s) (%s)' % [std.join(', ', config.scrapeLabels + and_without), expr],

  // In a template: a selector for the alert's own `labels` of `metric`, under either scrape configuration.
  ownSeries(metric, labels=['endpoint'], range='')::
    local given = ['job=%q'] + ['%s=%%q' % l for l in labels if l != 'endpoint'];
    local rest = std.join(',', given);
    if std.member(labels, 'endpoint') then
      local both(name) = '%s{%s,%s}%s' % [metric, rest, name, range];
      { text: [both('endpoint=%q,exported_endpoint=\\"\\"'), both('exported_endpoint=%q')],
        args: ['$labels.' + l for l in ['job'] + [l for l in labels if l != 'endpoint'] + ['endpoint']] }
    else { text: ['%s{%s}%s' % [metric, rest, range]], args: ['$labels.' + l for l in ['job'] + labels] },

  // The template action that asks for wrap(selector) of each selector, joined by `or`. `wrap` holds one %s.
  ask(wrap, series)::
    'printf "%s" %s | query' % [
      std.join(' or ', [std.strReplace(wrap, '%s', t) for t in series.text]),
      std.join(' ', std.flattenArrays([series.args for t in series.text])),
    ],

  // " (seen by a:10178, b:10178)", where more than one daemon is scraped. `wrap` chooses those that see it.
  seenBy(wrap, series)::
    local several = ' and on () count(modelvane_build_info) > 1';
    local parts = std.join(' or ', [std.strReplace(wrap, '%s', t) for t in series.text]);
    '{{ with printf "(%s)%s" %s | query }} (seen by{{ range $i, $s := . }}{{ if $i }},{{ end }} {{ $s.Labels.instance }}{{ end }}){{ end }}'
    % [parts, several, std.join(' ', std.flattenArrays([series.args for t in series.text]))],
}
