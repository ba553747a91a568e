// Where dashboards lead, and by whose word: node links.mjs MIXIN RUNBOOKS FILE... Pages and
// runbooks stand at the address that `_config` gives, every alert's runbook is a click away, rows
// lead on.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const [mixin, runbookFolder, ...files] = process.argv.slice(2);
const kOfEvery = ['datasource', 'job', 'instance'];
// Alerts of which no panel could tell more: of a cluster's database, or that there is nothing to see.
const kWithoutPanel = [
  'ModelvaneEndpointMaintenance',
  'ModelvaneReplicaWithoutDatabase',
  'ModelvaneShardUnowned',
];

const found = [];
const want = (condition, complaint) => condition || found.push(complaint);
const runbooks = readdirSync(runbookFolder).map((name) => name.replace('.md', ''));
const urlsOf = (value) =>
  typeof value !== 'object' || value === null
    ? []
    : [
        ...(typeof value.url === 'string' ? [value.url] : []),
        ...Object.values(value).flatMap(urlsOf),
      ];

const ofTable = ({ title, options, fieldConfig, transformations }) => {
  const columns = Object.values(
    transformations.find(({ id }) => id === 'organize').options.renameByName,
  );
  want(columns.includes(options.sortBy[0]?.displayName), `${title}: sorted by no column of it`);
  const linked = fieldConfig.overrides
    .filter(({ properties }) => properties.some(({ id }) => id === 'links'))
    .map(({ matcher }) => matcher.options);
  for (const column of ['Endpoint', 'Alias'].filter((name) => columns.includes(name)))
    want(linked.includes(column), `${title}: ${column} leads nowhere`);
};

const ofDashboard = ({ title, panels, templating, links }) => {
  const names = templating.list.map(({ name }) => name);
  want(
    kOfEvery.every((name, index) => names[index] === name),
    `${title}: does not begin with the variables ${kOfEvery}`,
  );
  want(
    links.some(({ url }) => url?.startsWith('http://${page}/')),
    `${title}: no link to the page`,
  );
  for (const panel of panels) {
    if (panel.type === 'table') ofTable(panel);
    if (panel.title === 'Targets over time')
      want(panel.targets[0].expr.includes('[$__range]'), `${title}: shows what never moved`);
    for (const { url } of panel.links ?? [])
      want(
        runbooks.some((name) => url === `http://\${page}/runbooks/${name}`),
        `${panel.title}: no runbook ${url}`,
      );
  }
};

const dashboards = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
dashboards.forEach(ofDashboard);
const urls = dashboards.flatMap(urlsOf);
for (const name of runbooks)
  want(
    kWithoutPanel.includes(name) || urls.some((url) => url.endsWith(`/runbooks/${name}`)),
    `no panel leads to the runbook ${name}`,
  );
for (const url of urls)
  want(/^(http:\/\/\$\{|\/d\/modelvane-endpoint\?)/.test(url), `a fixed address: ${url}`);

// One `_config` for all: another page, objective and limit stand wherever the usual ones stood.
const other = JSON.parse(
  execFileSync('jsonnet', [
    '--exec',
    `local made = (import '${mixin}/mixin.libsonnet') + {
      _config+:: {pageUrl: 'https://vane.test', objective: 0.875, slowSeconds: 7.5, job: 'vane'},
    };
    {dashboards: made.grafanaDashboards, rules: made.prometheusRules, alerts: made.prometheusAlerts}`,
  ]),
);
const texts = Object.fromEntries(
  Object.entries(other).map(([kind, value]) => [kind, JSON.stringify(value)]),
);
const moved = urlsOf(other.dashboards).filter((url) => url.startsWith('https://vane.test'));
want(
  moved.length === urls.filter((url) => url.startsWith('http://${')).length,
  'pageUrl does not move all links',
);
want(texts.alerts.includes('https://vane.test/runbooks/'), 'pageUrl does not move runbooks');
want(!texts.alerts.includes('$labels.instance }}/runbooks'), 'a runbook stayed at the instance');
want(texts.rules.includes('0.875') && texts.dashboards.includes('0.875'), 'two objectives');
want(texts.alerts.includes('> 7.5') && texts.dashboards.includes('7.5'), 'two limits of slowness');

for (const complaint of found) console.error(complaint);
process.exitCode = found.length > 0 || files.length === 0 ? 1 : 0;
