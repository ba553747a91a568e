// The few shapes of panel that the dashboards are made of, and their layout. A dashboard is a list of rows; panels of a row stand
// side by side and share its height, so that nothing overlaps and nothing is placed by hand.
local gridWidth = 24;
local datasource = { type: 'prometheus', uid: '${datasource}' };
local grafana = { type: 'grafana', uid: '-- Grafana --' };
local quoted(value) = '${%s:percentencode}' % value;
local letter(index) = std.char(std.codepoint('A') + index);
local optional(object) = { [name]: object[name] for name in std.objectFields(object) if object[name] != null };

function(config) {
  local panels = self,

  good:: 'green',
  warn:: 'orange',
  bad:: 'red',
  quiet:: 'text',
  info:: 'blue',

  // steps('green', [[80, 'orange'], [90, 'red']]): the colour from each value on.
  steps(base, later=[]):: [{ color: base, value: null }] + [{ color: step[1], value: step[0] } for step in later],

  // valueMap([[0, 'down', 'red'], [1, 'up', 'green']])
  valueMap(texts):: [{
    type: 'value',
    options: {
      ['%d' % texts[i][0]]: { color: texts[i][2], index: i, text: texts[i][1] }
      for i in std.range(0, std.length(texts) - 1)
    },
  }],

  // A query; `legend` names its series.
  query(expr, legend):: { expr: expr, legend: legend, instant: false, format: 'time_series' },
  // One value per series, now.
  now(expr, legend):: panels.query(expr, legend) { instant: true },

  local targets(queries) = std.mapWithIndex(function(index, query) {
    datasource: datasource,
    editorMode: 'code',
    expr: query.expr,
    format: query.format,
    instant: query.instant,
    legendFormat: query.legend,
    range: !query.instant,
    refId: letter(index),
  }, queries),

  // `field`: unit, decimals, min, max, thresholds, mappings, custom, links, noValue, overrides and color, as far as they are not
  // the usual.
  local panel(type, title, description, queries, field, options) = {
    local given = { decimals: null, max: null, min: null, custom: null, links: null, noValue: null, mappings: [], overrides: [],
                    color: { mode: 'thresholds' }, thresholds: panels.steps(panels.good) } + field,
    type: type,
    title: title,
    description: description,
    datasource: datasource,
    fieldConfig: {
      defaults: {
        color: given.color,
        mappings: given.mappings,
        thresholds: { mode: 'absolute', steps: given.thresholds },
        unit: given.unit,
      } + optional({ decimals: given.decimals, max: given.max, min: given.min, custom: given.custom, links: given.links, noValue: given.noValue }),
      overrides: given.overrides,
    },
    options: options,
    targets: targets(queries),
  },

  // One number (or one per series) that is read from across the room.
  stat(title, description, queries, field):: panel('stat', title, description, queries, field, {
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    orientation: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    showPercentChange: false,
    textMode: 'auto',
    wideLayout: true,
  }),

  // Lines over time. `stack` piles them up, `bars` draws counts.
  timeseries(title, description, queries, field, stack=false, bars=false)::
    local hasLimit = std.objectHas(field, 'thresholds') && std.length(field.thresholds) > 1;
    panel('timeseries', title, description, queries, { color: { mode: 'palette-classic-by-name' }, min: 0 } + field + {
      custom: {
        axisBorderShow: false,
        axisCenteredZero: false,
        axisColorMode: 'text',
        axisLabel: '',
        axisPlacement: 'auto',
        drawStyle: if bars then 'bars' else 'line',
        fillOpacity: if bars then 80 else if stack then 40 else 5,
        lineInterpolation: 'linear',
        lineWidth: if bars then 0 else 1,
        showPoints: 'never',
        spanNulls: false,
        stacking: { group: 'A', mode: if stack || bars then 'normal' else 'none' },
        thresholdsStyle: { mode: if hasLimit then 'dashed' else 'off' },
      },
    }, {
      legend: { calcs: if bars then ['sum'] else ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    }),

  // States over time, a bar per series.
  timeline(title, description, queries, field):: panel('state-timeline', title, description, queries, field {
    custom: { fillOpacity: 75, lineWidth: 0 },
  }, {
    alignValue: 'left',
    legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false },
    mergeValues: true,
    rowHeight: 0.85,
    showValue: 'never',
    tooltip: { mode: 'single', sort: 'none' },
  }),

  heatmap(title, description, expr, field):: panel('heatmap', title, description, [
    panels.query(expr, '{{le}}') { format: 'heatmap' },
  ], field { custom: { scaleDistribution: { type: 'linear' } } }, {
    calculate: false,
    cellGap: 1,
    color: { exponent: 0.5, fill: 'dark-blue', mode: 'scheme', reverse: false, scale: 'exponential', scheme: 'Blues', steps: 32 },
    exemplars: { color: 'rgba(255,0,255,0.7)' },
    filterValues: { le: 1e-9 },
    legend: { show: false },
    rowsFrame: { layout: 'auto' },
    tooltip: { mode: 'single', showColorScale: false, yHistogram: false },
    yAxis: { axisPlacement: 'left', reverse: false, unit: field.unit },
  }),

  // A table, sorted by the column `by` ("Ends", or "-Ends" for the largest first). `columns` are label names, each with its title
  // and maybe links, in order; `values` are the queries' values, each with its title and field configuration (`fill`: its
  // colour fills the cell). All queries must
  // have the same labels, as far as they have them.
  table(title, description, columns, values, by)::
    local several = std.length(values) > 1;
    local names = [column.label for column in columns]
                  + [if several then 'Value #' + letter(i) else 'Value' for i in std.range(0, std.length(values) - 1)];
    local titles = [column.title for column in columns] + [value.title for value in values];
    local property(id, value) = { id: id, value: value };
    local properties(value) =
      [property('unit', value.unit)]
      + [property(id, value[id]) for id in ['decimals', 'mappings'] if std.objectHas(value, id)]
      + (if std.objectHas(value, 'thresholds') then [
           property('thresholds', { mode: 'absolute', steps: value.thresholds }),
           property('custom.cellOptions', { type: if std.objectHas(value, 'fill') then 'color-background' else 'color-text' }),
         ] else []);
    local override(column, properties) = { matcher: { id: 'byName', options: column }, properties: properties };
    local descending = by[0] == '-';
    panel('table', title, description, [panels.now(value.expr, '') { format: 'table' } for value in values], {
      unit: 'short',
      custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
      overrides:
        [override(column.title, [property('links', column.links)]) for column in columns if column.links != []]
        + [override(value.title, properties(value)) for value in values],
    }, {
      cellHeight: 'sm',
      showHeader: true,
      sortBy: [{ desc: descending, displayName: if descending then by[1:] else by }],
    }) + {
      transformations: (if several then [{ id: 'merge', options: {} }] else []) + [
        { id: 'filterFieldsByName', options: { include: { names: names } } },
        {
          id: 'organize',
          options: {
            excludeByName: {},
            indexByName: { [names[i]]: i for i in std.range(0, std.length(names) - 1) },
            renameByName: { [names[i]]: titles[i] for i in std.range(0, std.length(names) - 1) },
          },
        },
      ],
    },
  // A column of a table: a label, and maybe where a click on it leads.
  column(label, title, links=[]):: { label: label, title: title, links: links },

  local pageAt(instance) = config.pageUrl % { instance: instance },
  local link(title, url, elsewhere) = { title: title, url: url, targetBlank: elsewhere },
  local more(endpoint) = link(
    'More of ${%s}' % endpoint,
    '/d/modelvane-endpoint?var-endpoint=%s&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}'
    % quoted(endpoint), false
  ),
  // From an endpoint or an alias in a row (columns Endpoint and Alias) to the dashboard that tells more of it, with the time and what
  // was chosen; and to modelvane's page.
  toEndpoint:: [
    more('__data.fields.Endpoint'),
    link('On the page of modelvane', '%s/#/endpoint/%s' % [pageAt('${page}'), quoted('__data.fields.Endpoint')], true),
  ],
  toAlias:: [link('On the page of modelvane', '%s/#/alias/%s/%s' % [
    pageAt('${page}'), quoted('__data.fields.Endpoint'), quoted('__data.fields.Alias'),
  ], true)],
  // The same from a line or a bar, by the label of its series.
  endpointOfSeries:: { links: [more('__field.labels.endpoint')] },
  instanceOfSeries:: { links: [link('Page of ${__field.labels.instance}', pageAt('${__field.labels.instance}') + '/', true)] },

  // As a dashboard or a panel has them beside its title.
  local headerLink = {
    type: 'link',
    asDropdown: false,
    icon: 'external link',
    includeVars: false,
    keepTime: false,
    tags: [],
    targetBlank: true,
    tooltip: '',
  },

  // What to do about what a panel shows: the runbooks of its alerts.
  runbooks(names):: {
    links: [
      headerLink { title: 'Runbook: ' + name, url: config.runbookUrl % { instance: '${page}', name: name } }
      for name in names
    ],
  },

  // A heading over the rows below it.
  section(title):: { height: 1, panels: [panels.wide(gridWidth, { type: 'row', title: title, collapsed: false, panels: [] })] },
  // Panels side by side, each so wide; they fill the grid.
  row(height, placed):: { height: height, panels: placed },
  wide(width, panel):: { width: width, panel: panel },

  local sum(numbers) = std.foldl(function(all, number) all + number, numbers, 0),
  local laidOut(rows) =
    local flat = std.flattenArrays([
      [
        {
          panel: rows[r].panels[p].panel,
          gridPos: {
            h: rows[r].height,
            w: rows[r].panels[p].width,
            x: sum([before.width for before in rows[r].panels[:p]]),
            y: sum([before.height for before in rows[:r]]),
          },
        }
        for p in std.range(0, std.length(rows[r].panels) - 1)
      ]
      for r in std.range(0, std.length(rows) - 1)
    ]);
    local wrong = [row.panels[0].panel.title for row in rows if sum([placed.width for placed in row.panels]) != gridWidth];
    if wrong != [] then error 'not as wide as the grid: the rows of ' + std.join(', ', wrong)
    else [flat[i].panel { id: i + 1, gridPos: flat[i].gridPos } for i in std.range(0, std.length(flat) - 1)],

  local datasourceVariable = {
    type: 'datasource',
    name: 'datasource',
    label: 'Data source',
    description: 'The Prometheus that scrapes modelvane',
    query: 'prometheus',
    regex: '',
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    refresh: 1,
    skipUrlSync: false,
  },

  local query(name, label, description, values, type, regex='', multi=true) = {
    type: 'query',
    name: name,
    label: label,
    description: description,
    datasource: datasource,
    definition: values,
    query: { qryType: type, query: values, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    regex: regex,
    hide: 0,
    includeAll: multi,
    multi: multi,
    [if multi then 'allValue']: '.*',
    options: [],
    refresh: 2,
    skipUrlSync: false,
    sort: 1,
  },
  // The values of a label: of a selector, or of any expression, which Grafana answers as {alias="a"} 1 1700000000.
  variable(name, label, description, selector, multi=true)::
    query(name, label, description, 'label_values(%s, %s)' % [selector, name], 1, multi=multi),
  variableOf(name, label, description, expr)::
    query(name, label, description, 'query_result(group by (%s) (%s))' % [name, expr], 3, regex='/%s="(.*)"}/' % name),

  // On all dashboards: which of several modelvanes, and whose page links open.
  local which = [
    panels.variable('job', 'Job', 'Scrape jobs of modelvane', 'modelvane_build_info'),
    panels.variable('instance', 'Instance', 'Scraped instances of modelvane', 'modelvane_build_info{job=~"$job"}'),
  ],
  local page = query('page', 'Page', 'The instance whose page and runbooks links lead to',
                     'label_values(modelvane_build_info{job=~"$job",instance=~"$instance"}, instance)', 1, multi=false),

  // Alias moves, from the exact time that the metric holds, the earliest where several daemons tell of one; and, off at first, what
  // the grafana_annotation webhook wrote.
  local annotations(moves) = [
    {
      name: 'Alias moves',
      datasource: datasource,
      enable: true,
      hide: false,
      iconColor: 'purple',
      useValueForTime: true,
      expr: '1000 * min by (endpoint, alias, target) (%s)' % moves,
      step: '60s',
      tagKeys: 'endpoint,alias',
      textFormat: '{{alias}} points to {{target}}',
      titleFormat: '{{endpoint}}',
    },
    {
      name: 'Events of the grafana_annotation webhook',
      datasource: grafana,
      enable: false,
      hide: false,
      iconColor: 'blue',
      target: { limit: 100, matchAny: false, tags: ['modelvane'], type: 'tags' },
    },
  ],

  // `path`: of modelvane's page, where it shows the same.
  dashboard(uid, title, description, variables, rows, path='', moves=null):: {
    annotations: { list: if moves == null then [] else annotations(moves) },
    description: description,
    editable: true,
    fiscalYearStartMonth: 0,
    graphTooltip: 1,
    id: null,
    links: [
      headerLink {
        type: 'dashboards',
        title: 'modelvane',
        tags: ['modelvane'],
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
      headerLink { title: 'Page of modelvane', tooltip: 'What modelvane itself shows now', url: pageAt('${page}') + '/' + path },
    ],
    panels: laidOut(rows),
    refresh: '1m',
    schemaVersion: 42,
    tags: ['modelvane'],
    templating: { list: [datasourceVariable] + which + variables + [page] },
    time: { from: 'now-24h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    title: title,
    uid: uid,
    version: 1,
    weekStart: '',
  },
}
