// The files that are shipped, each with its path: jsonnet --string --multi . files.jsonnet (from the project's root).
local mixin = import 'mixin.libsonnet';
local json = import 'json.libsonnet';
local yaml = import 'yaml.libsonnet';
local made = 'Made from dashboards/mixin: change that, then run dashboards/mixin/generate.';
{
  'config/prometheus/modelvane.rules.yml': yaml.file(|||
    Recording rules: how available and how fast each endpoint is. modelvane.alerts.yml and the dashboards build on them.
    An endpoint of which nothing is known within a window has no value for it, rather than a good or a bad one.
    %s
  ||| % made, mixin.prometheusRules),
  'config/prometheus/modelvane.alerts.yml': yaml.file(|||
    Alerting rules. They need modelvane.rules.yml beside them (availability, latency) and, for the group modelvane-target, a scrape
    job called modelvane. Labels of an endpoint in modelvane's configuration (team: search) stand on its alerts: route by them.

    Severities: critical = somebody should look now; warning = within the day.
    %s
  ||| % made, mixin.prometheusAlerts),
  'config/kubernetes/prometheusrule.yaml': yaml.file(|||
    The rules and alerts of config/prometheus for the Prometheus operator. Your Prometheus must select it: mind its ruleSelector.
    %s
  ||| % made, mixin.prometheusRule),
  'config/kubernetes/servicemonitor.yaml': yaml.file(|||
    Has the Prometheus operator scrape modelvane. The Service that it selects needs these labels and a port of this name.
    %s
  ||| % made, mixin.serviceMonitor),
} + {
  ['dashboards/' + name]: json.file(mixin.grafanaDashboards[name])
  for name in std.objectFields(mixin.grafanaDashboards)
}
