// The dashboards, for who deploys them with the mixin. Their source is the .mjs files beside.
{
  grafanaDashboards+:: {
    'modelvane-overview.json': import '../modelvane-overview.json',
    'modelvane-endpoint.json': import '../modelvane-endpoint.json',
    'modelvane-daemon.json': import '../modelvane-daemon.json',
  },
}
