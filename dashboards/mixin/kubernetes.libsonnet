// What the Prometheus operator wants: the rules as one object, and how to scrape.
{
  local kubernetes = $._config.kubernetes,
  local object(kind, spec) = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: kind,
    metadata: { name: 'modelvane', namespace: kubernetes.namespace, labels: kubernetes.labels },
    spec: spec,
  },

  prometheusRule:: object('PrometheusRule', { groups: $.prometheusRules.groups + $.prometheusAlerts.groups }),
  serviceMonitor:: object('ServiceMonitor', {
    selector: { matchLabels: kubernetes.labels },
    // The job is called after this label of the Service: rules look for it.
    jobLabel: 'app.kubernetes.io/name',
    endpoints: [{
      port: kubernetes.port,
      interval: '30s',
      // modelvane's own label `endpoint` is a provider; without this it would be called exported_endpoint.
      honorLabels: true,
    }],
  }),
}
