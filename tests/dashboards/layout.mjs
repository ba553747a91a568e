// What a careful person would look for in a dashboard: node layout.mjs FILE... Panels that overlap
// or stick out, that lack a title, a description, a unit or a legend; variables that are not there.
import { readFileSync } from 'node:fs';

const kGridWidth = 24;
const kBuiltIn = ['__rate_interval', 'datasource'];
const kMinDescription = 10;

const overlap = ({ gridPos: a }, { gridPos: b }) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
const isDuplicate = (value, index, all) => all.indexOf(value) !== index;

const ofPanel = (panel, others) => {
  const {
    type,
    title,
    gridPos,
    description,
    fieldConfig,
    targets,
    options,
    overrides = fieldConfig?.overrides,
  } = panel;
  const found = [];
  const want = (condition, complaint) => condition || found.push(`${title}: ${complaint}`);
  want(title, 'no title');
  want(gridPos.x >= 0 && gridPos.x + gridPos.w <= kGridWidth, 'sticks out of the grid');
  for (const other of others) want(!overlap(panel, other), `overlaps ${other.title}`);
  if (type === 'row') return found;
  want(description?.length >= kMinDescription && description.endsWith('.'), 'no description');
  want(fieldConfig.defaults.unit, 'no unit');
  want(fieldConfig.defaults.thresholds.steps[0].value === null, 'thresholds without a base');
  want(panel.datasource.uid === '${datasource}', 'a fixed data source');
  want(targets.length > 0, 'no query');
  for (const { refId, expr, legendFormat, datasource } of targets) {
    want(expr, `query ${refId} is empty`);
    want(datasource.uid === '${datasource}', `query ${refId} has a fixed data source`);
    want(type === 'table' || legendFormat, `query ${refId} has no legend`);
  }
  want(!targets.map(({ refId }) => refId).some(isDuplicate), 'two queries of one name');
  if (type === 'table') {
    want(
      overrides.every(({ properties }) =>
        properties.some(({ id, value }) => id === 'links' || (id === 'unit' && value)),
      ),
      'a column without a unit',
    );
  }
  if (type === 'timeseries') want(options.legend.showLegend, 'no legend');
  return found;
};

const variablesUsed = (dashboard) =>
  [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)]
    .map(([, name]) => name)
    // $1 is a group of a regular expression.
    .filter((name) => !kBuiltIn.includes(name) && !/^\d+$/.test(name));

const ofDashboard = (dashboard) => {
  const {
    uid,
    title,
    description,
    tags,
    panels,
    templating: { list: variables },
  } = dashboard;
  const found = panels.flatMap((panel, index) => ofPanel(panel, panels.slice(0, index)));
  const want = (condition, complaint) => condition || found.push(complaint);
  want(
    uid && title && description && tags.includes('modelvane'),
    'no uid, title, description or tag',
  );
  want(!panels.map(({ id }) => id).some(isDuplicate), 'two panels of one id');
  want(!panels.map((panel) => panel.title).some(isDuplicate), 'two panels of one title');
  want(variables[0]?.type === 'datasource', 'no variable for the data source');
  for (const { name, label, description: text } of variables)
    want(label && text, `variable ${name} is not explained`);
  const known = variables.map(({ name }) => name);
  // Two underlines begin Grafana's own.
  for (const name of variablesUsed(dashboard))
    want(name.startsWith('__') || known.includes(name), `no variable ${name}`);
  return found.map((complaint) => `${title}: ${complaint}`);
};

const files = process.argv.slice(2);
const found = files.flatMap((file) => ofDashboard(JSON.parse(readFileSync(file, 'utf8'))));
for (const complaint of found) console.error(complaint);
process.exitCode = found.length > 0 || files.length === 0 ? 1 : 0;
