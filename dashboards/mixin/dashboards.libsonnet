{
  local dashboards = [
    (import 'overview.libsonnet')($._config),
    (import 'endpoint.libsonnet')($._config),
    (import 'daemon.libsonnet')($._config),
  ],
  grafanaDashboards+:: { [dashboard.uid + '.json']: dashboard for dashboard in dashboards },
}
