// What an installation may want otherwise. Import mixin.libsonnet and override `_config`:
//   (import 'modelvane/mixin.libsonnet') + {_config+:: {job: 'vane', objective: 0.995}}
{
  _config:: {
    // The scrape job of modelvane: ModelvaneDown and ModelvaneAbsent look for it.
    job: 'modelvane',
    // The share of time that an endpoint shall be up, over 30 days.
    objective: 0.99,
    // Labels that tell by whom something was seen. Rules about endpoints, aliases and webhooks leave them out: when another
    // daemon takes over, or a pod gets a new name, the alert is still the same one.
    scrapeLabels: ['instance', 'pod', 'container', 'node', 'exported_endpoint'],
    // Where modelvane's page is; %(instance)s is filled in, as Prometheus scrapes it. Behind a proxy: 'https://vane.example.org'.
    pageUrl: 'http://%(instance)s',
    // Where runbooks are read; %(name)s is filled in, too. The daemon serves its own.
    runbookUrl: self.pageUrl + '/runbooks/%(name)s',
    // An endpoint is slow when one poll in twenty takes longer than so many seconds.
    slowSeconds: 5,
    // Before a certificate or a model ends, in days: when to warn, and when somebody must act.
    certificateDays: { warning: 14, critical: 3 },
    retirementDays: { warning: 30, critical: 7 },
    // Of the Kubernetes objects.
    kubernetes: {
      namespace: 'monitoring',
      labels: { 'app.kubernetes.io/name': 'modelvane' },
      port: 'http',
    },
  },
}
