(import 'config.libsonnet') + (import 'rules.libsonnet') + (import 'alerts.libsonnet')
+ (import 'kubernetes.libsonnet') + (import 'dashboards.libsonnet')
