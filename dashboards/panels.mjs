// The few shapes of panel that the dashboards are made of, and their layout. A dashboard is a list of rows; panels of a row stand
// side by side and share its height, so that nothing overlaps and nothing is placed by hand.

const kGridWidth = 24;
const kDatasource = {type: 'prometheus', uid: '${datasource}'};
const kGrafana = {type: 'grafana', uid: '-- Grafana --'};

export const kGood = 'green', kWarn = 'orange', kBad = 'red', kQuiet = 'text', kInfo = 'blue';

// steps('green', [80, 'orange'], [90, 'red']): the colour from each value on.
export const steps = (base, ...later) => [{color: base, value: null}, ...later.map(([value, color]) => ({color, value}))];

// A query; `legend` names its series.
export const query = (expr, legend, extra = {}) => ({expr, legend, ...extra});
// One value per series, now.
export const now = (expr, legend) => query(expr, legend, {instant: true});

const targets = (queries) => queries.map(({expr, legend, instant, format}, index) => ({
  datasource: kDatasource,
  editorMode: 'code',
  expr,
  format: format ?? 'time_series',
  instant: instant ?? false,
  legendFormat: legend,
  range: !instant,
  refId: String.fromCharCode('A'.charCodeAt(0) + index),
}));

const panel = (type, title, description, queries, field, options) => {
  const {unit, decimals, min, max, thresholds, mappings, custom, overrides, color} = field;
  return {
    type,
    title,
    description,
    datasource: kDatasource,
    fieldConfig: {
      defaults: {
        color: color ?? {mode: 'thresholds'},
        ...(custom && {custom}),
        ...(decimals !== undefined && {decimals}),
        mappings: mappings ?? [],
        ...(max !== undefined && {max}),
        ...(min !== undefined && {min}),
        thresholds: {mode: 'absolute', steps: thresholds ?? steps(kGood)},
        unit,
      },
      overrides: overrides ?? [],
    },
    options,
    targets: targets(queries),
  };
};

// valueMap({0: ['down', 'red'], 1: ['up', 'green']})
export const valueMap = (texts) => [{
  type: 'value',
  options: Object.fromEntries(Object.entries(texts).map(([value, [text, color]], index) => [value, {color, index, text}])),
}];

// One number (or one per series) that is read from across the room.
export const stat = (title, description, queries, field) => panel('stat', title, description, queries, field, {
  colorMode: 'value',
  graphMode: 'none',
  justifyMode: 'auto',
  orientation: 'auto',
  reduceOptions: {calcs: ['lastNotNull'], fields: '', values: false},
  showPercentChange: false,
  textMode: 'auto',
  wideLayout: true,
});

const axis = {axisBorderShow: false, axisCenteredZero: false, axisColorMode: 'text', axisLabel: '', axisPlacement: 'auto'};

// Lines over time. `stack` piles them up, `bars` draws counts.
export const timeseries = (title, description, queries, {stack = false, bars = false, ...field}) => {
  const hasLimit = (field.thresholds ?? []).length > 1;
  return panel('timeseries', title, description, queries, {
    color: {mode: 'palette-classic-by-name'},
    min: 0,
    ...field,
    custom: {
      ...axis,
      drawStyle: bars ? 'bars' : 'line',
      fillOpacity: bars ? 80 : stack ? 40 : 5,
      lineInterpolation: 'linear',
      lineWidth: bars ? 0 : 1,
      showPoints: 'never',
      spanNulls: false,
      stacking: {group: 'A', mode: stack || bars ? 'normal' : 'none'},
      thresholdsStyle: {mode: hasLimit ? 'dashed' : 'off'},
    },
  }, {
    legend: {calcs: bars ? ['sum'] : ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true},
    tooltip: {mode: 'multi', sort: 'desc'},
  });
};

// States over time, a bar per series.
export const timeline = (title, description, queries, field) => panel('state-timeline', title, description, queries, {
  ...field,
  custom: {fillOpacity: 75, lineWidth: 0},
}, {
  alignValue: 'left',
  legend: {calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false},
  mergeValues: true,
  rowHeight: 0.85,
  showValue: 'never',
  tooltip: {mode: 'single', sort: 'none'},
});

export const heatmap = (title, description, expr, field) => panel('heatmap', title, description,
  [query(expr, '{{le}}', {format: 'heatmap'})], {...field, custom: {scaleDistribution: {type: 'linear'}}}, {
    calculate: false,
    cellGap: 1,
    color: {exponent: 0.5, fill: 'dark-blue', mode: 'scheme', reverse: false, scale: 'exponential', scheme: 'Blues', steps: 32},
    exemplars: {color: 'rgba(255,0,255,0.7)'},
    filterValues: {le: 1e-9},
    legend: {show: false},
    rowsFrame: {layout: 'auto'},
    tooltip: {mode: 'single', showColorScale: false, yHistogram: false},
    yAxis: {axisPlacement: 'left', reverse: false, unit: field.unit},
  });

// From a name to the dashboard that tells more of it; the time and the data source go along.
export const toEndpoint = {
  title: 'More of ${__value.text}',
  url: '/d/modelvane-endpoint?var-endpoint=${__value.raw:percentencode}&var-datasource=${datasource}&${__url_time_range}',
};

// A table, sorted by the column `by` ("Ends", or "-Ends" for the largest first). `columns` are label names, each with its title
// and maybe a link, in order; `values` are the queries' values, each with its title and
// field configuration. All queries must have the same labels, as far as they have them.
export const table = (title, description, columns, values, by) => {
  const valueName = (index) => (values.length === 1 ? 'Value' : `Value #${String.fromCharCode('A'.charCodeAt(0) + index)}`);
  const names = [...columns.map(([label]) => label), ...values.map((_, index) => valueName(index))];
  const titles = [...columns.map(([, shown]) => shown), ...values.map(({title: shown}) => shown)];
  const properties = ({unit, decimals, thresholds, mappings}) => [
    {id: 'unit', value: unit},
    ...(decimals === undefined ? [] : [{id: 'decimals', value: decimals}]),
    ...(mappings ? [{id: 'mappings', value: mappings}] : []),
    ...(thresholds
      ? [{id: 'thresholds', value: {mode: 'absolute', steps: thresholds}},
          {id: 'custom.cellOptions', value: {type: 'color-text'}}]
      : []),
  ];
  return {
    ...panel('table', title, description, values.map(({expr}) => query(expr, '', {instant: true, format: 'table'})), {
      unit: 'short',
      custom: {align: 'auto', cellOptions: {type: 'auto'}, inspect: false},
      overrides: [
        ...columns.filter(([, , link]) => link).map(([, shown, link]) => (
          {matcher: {id: 'byName', options: shown}, properties: [{id: 'links', value: [{targetBlank: false, ...link}]}]})),
        ...values.map((value, index) => (
          {matcher: {id: 'byName', options: titles[columns.length + index]}, properties: properties(value)})),
      ],
    }, {
      cellHeight: 'sm', showHeader: true,
      sortBy: by === undefined ? [] : [{desc: by.startsWith('-'), displayName: by.replace(/^-/, '')}],
    }),
    transformations: [
      ...(values.length > 1 ? [{id: 'merge', options: {}}] : []),
      {id: 'filterFieldsByName', options: {include: {names}}},
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
          renameByName: Object.fromEntries(names.map((name, index) => [name, titles[index]])),
        },
      },
    ],
  };
};

// A heading over the rows below it.
export const section = (title) => ({section: title});
// Panels side by side, as wide as [width, panel] says; they fill the grid.
export const row = (height, ...panels) => ({height, panels});

const laidOut = (rows) => {
  const placed = [];
  let y = 0;
  const place = (what, gridPos) => placed.push({id: placed.length + 1, gridPos, ...what});
  for (const {section: title, height, panels} of rows) {
    if (title !== undefined) {
      place({type: 'row', title, collapsed: false, panels: []}, {h: 1, w: kGridWidth, x: 0, y});
      y += 1;
      continue;
    }
    let x = 0;
    for (const [width, what] of panels) {
      place(what, {h: height, w: width, x, y});
      x += width;
    }
    if (x !== kGridWidth) throw new Error(`the row of ${panels[0][1].title} is ${x} wide, not ${kGridWidth}`);
    y += height;
  }
  return placed;
};

const datasourceVariable = {
  type: 'datasource', name: 'datasource', label: 'Data source', description: 'The Prometheus that scrapes modelvane',
  query: 'prometheus', regex: '', hide: 0, includeAll: false, multi: false, options: [], refresh: 1, skipUrlSync: false,
};

// The values of a label.
export const variable = (name, label, description, expr, {multi = true} = {}) => ({
  type: 'query', name, label, description, datasource: kDatasource, definition: `label_values(${expr}, ${name})`,
  query: {qryType: 1, query: `label_values(${expr}, ${name})`, refId: 'PrometheusVariableQueryEditor-VariableQuery'},
  regex: '', hide: 0, includeAll: multi, multi, ...(multi && {allValue: '.*'}), options: [], refresh: 2,
  skipUrlSync: false, sort: 1,
});

// Alias moves, from the exact time that the metric holds; and, off at first, what the grafana_annotation webhook wrote.
const annotations = (selector) => [
  {
    name: 'Alias moves', datasource: kDatasource, enable: true, hide: false, iconColor: 'purple', useValueForTime: true,
    expr: `1000 * modelvane_alias_last_change_timestamp_seconds{${selector}}`
      + ' * on (job, instance, endpoint, alias) group_left (target) modelvane_alias_info',
    step: '60s', tagKeys: 'endpoint,alias', textFormat: '{{alias}} points to {{target}}', titleFormat: '{{endpoint}}',
  },
  {
    name: 'Events of the grafana_annotation webhook', datasource: kGrafana, enable: false, hide: false, iconColor: 'blue',
    target: {limit: 100, matchAny: false, tags: ['modelvane'], type: 'tags'},
  },
];

export const dashboard = ({uid, title, description, variables, moves, rows, from = 'now-24h'}) => ({
  annotations: {list: moves === undefined ? [] : annotations(moves)},
  description,
  editable: true,
  fiscalYearStartMonth: 0,
  graphTooltip: 1,
  id: null,
  links: [{
    asDropdown: false, icon: 'external link', includeVars: true, keepTime: true, tags: ['modelvane'], targetBlank: false,
    title: 'modelvane', tooltip: '', type: 'dashboards',
  }],
  panels: laidOut(rows),
  refresh: '1m',
  schemaVersion: 42,
  tags: ['modelvane'],
  templating: {list: [datasourceVariable, ...variables]},
  time: {from, to: 'now'},
  timepicker: {},
  timezone: 'browser',
  title,
  uid,
  version: 1,
  weekStart: '',
});
