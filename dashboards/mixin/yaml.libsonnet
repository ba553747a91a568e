// YAML as people write it: comments, and blocks for expressions of several lines. The standard library's has neither.
local quoted(text) = "'" + std.strReplace(text, "'", "''") + "'";
local indented(text, by) =
  std.join('\n', [if line == '' then '' else by + line for line in std.split(text, '\n')]);
local plain(text) =
  std.length(text) > 0 && std.length([c for c in std.stringChars(text)
                                      if !std.member('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:./-', c)]) == 0
  && text[0] != '-' && text[0] != ':' && text[std.length(text) - 1] != ':'
  // 5m is a text; 5 and 1e5 would be numbers.
  && (!std.member('0123456789', text[0]) || std.member('smhdw', text[std.length(text) - 1]));
local key(text) = if plain(text) && !std.member(['true', 'false', 'null', 'on', 'off', 'yes', 'no'], text) then text else quoted(text);
{
  comment(text)::
    if text == '' then ''
    else std.join('', ['#%s\n' % (if line == '' then '' else ' ' + line) for line in std.split(std.rstripChars(text, '\n'), '\n')]),
  local document(value, by) =
    if std.type(value) == 'string' then
      if std.length(std.findSubstr('\n', value)) > 0 then ' |\n' + std.rstripChars(indented(std.rstripChars(value, '\n'), by), '\n') + '\n'
      else if std.length(std.findSubstr('"', value)) > 0 then ' >-\n' + by + value + '\n'
      else ' ' + (if plain(value) then key(value) else quoted(value)) + '\n'
    else if std.type(value) == 'array' then
      if value == [] then ' []\n' else '\n' + std.join('', [
        local inner = document(item, by + '  ');
        (if std.type(item) == 'object' && std.objectHasAll(item, 'comment') then indented($.comment(item.comment), by) else '')
        + by + '-' + (if std.type(item) == 'object' then ' ' + std.lstripChars(inner, ' \n') else inner)
        for item in value
      ])
    else if std.type(value) == 'object' then
      if value == {} then ' {}\n' else '\n' + std.join('', [
        by + key(k) + ':' + document(value[k], by + '  ')
        for k in $.order(std.objectFields(value))
      ])
    else ' %s\n' % std.toString(value),
  // The order in which rules are read; everything else stands by the alphabet behind it.
  local first = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'interval', 'alert', 'record', 'expr', 'for', 'keep_firing_for'],
  order(fields):: [f for f in first if std.member(fields, f)] + [f for f in fields if !std.member(first, f)],
  file(comment, value):: $.comment(comment) + std.lstripChars(document(value, ''), '\n'),
}
