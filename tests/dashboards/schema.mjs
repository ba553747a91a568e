// Grafana's published types on the dashboards: node schema.mjs FILE... The JSON is put into
// TypeScript as literals, so that the compiler also finds keys that Grafana does not know.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import ts from 'typescript';

const kRaw = createRequire(import.meta.url)
  .resolve('@grafana/schema/package.json')
  .replace('package.json', 'dist/types/raw');
const kOptionTypes = {
  heatmap: 'heatmap',
  'state-timeline': 'statetimeline',
  stat: 'stat',
  table: 'table',
  timeseries: 'timeseries',
};
const kCustomTypes = ['heatmap', 'state-timeline', 'table', 'timeseries'];

const imported = (name) =>
  `import type * as ${name} from '${kRaw}/composable/${name}/panelcfg/x/types.gen';`;

// Wire<T>: T as it stands in JSON, with an enum's values instead of its names. The last two
// interfaces are the Prometheus plugin's own, which the package does not have.
const kPreamble = `
import type * as grafana from '${kRaw}/dashboard/x/types.gen';
${Object.values(kOptionTypes).map(imported).join('\n')}
type Wire<T> = T extends string ? \`\${T}\`
  : T extends number ? (number extends T ? number : \`\${T}\` extends \`\${infer N extends number}\` ? N : never)
  : T extends (infer U)[] ? Wire<U>[]
  : T extends object ? {[K in keyof T]: Wire<T[K]>}
  : T;
interface PrometheusAnnotation {
  expr?: string; step?: string; tagKeys?: string; textFormat?: string; titleFormat?: string;
  useValueForTime?: boolean;
}
interface PrometheusVariable {definition?: string}
type Dashboard = Omit<Wire<grafana.Dashboard>, 'annotations' | 'templating' | 'panels'> & {
  annotations: {list: (Wire<grafana.AnnotationQuery> & PrometheusAnnotation)[]};
  templating: {list: (Wire<grafana.VariableModel> & PrometheusVariable)[]};
  panels: (Wire<grafana.Panel> | Wire<grafana.RowPanel>)[];
};
`;

const literals = (dashboard) => {
  const lines = [kPreamble, `export const dashboard: Dashboard = ${JSON.stringify(dashboard)};`];
  for (const { id, type, options, fieldConfig } of dashboard.panels.filter(
    ({ type: t }) => t !== 'row',
  )) {
    if (!(type in kOptionTypes))
      throw new Error(`panel ${id}: no schema for panels of type ${type}`);
    lines.push(
      `export const options${id}: Wire<Partial<${kOptionTypes[type]}.Options>> = ${JSON.stringify(options)};`,
    );
    if (kCustomTypes.includes(type) && fieldConfig.defaults.custom) {
      const custom = JSON.stringify(fieldConfig.defaults.custom);
      lines.push(
        `export const custom${id}: Wire<Partial<${kOptionTypes[type]}.FieldConfig>> = ${custom};`,
      );
    }
  }
  return lines.join('\n');
};

const complaints = (sources) => {
  const options = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    sources.has(name)
      ? ts.createSourceFile(name, sources.get(name), ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file ? basename(file.fileName) : ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
};

const sources = new Map(
  process.argv
    .slice(2)
    .map((file) => [
      `${process.cwd()}/${basename(file)}.ts`,
      literals(JSON.parse(readFileSync(file, 'utf8'))),
    ]),
);
const found = complaints(sources);
for (const complaint of found) console.error(complaint);
process.exitCode = found.length > 0 || sources.size === 0 ? 1 : 0;
