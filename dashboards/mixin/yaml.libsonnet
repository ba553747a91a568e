// YAML as people write it: comments, and blocks for expressions of several lines. The standard library's has neither.
// Texts are looked at as arrays of characters: jsonnet searches and splits a text so slowly that a document took minutes.
local characters(text) = std.stringChars(text);
local has(text, character) = std.length([c for c in characters(text) if c == character]) > 0;
local replaced(text, character, by) = std.join('', [if c == character then by else c for c in characters(text)]);

local plainCharacters = {
  [c]: true
  for c in characters('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:./-')
};
local plain(text) =
  std.length(text) > 0
  && std.length([c for c in characters(text) if !std.objectHas(plainCharacters, c)]) == 0
  && text[0] != '-' && text[0] != ':' && text[std.length(text) - 1] != ':'
  // 5m is a text; 5 and 1e5 would be numbers.
  && (!std.member('0123456789', text[0]) || std.member('smhdw', text[std.length(text) - 1]));
local quoted(text) = "'" + replaced(text, "'", "''") + "'";
local key(text) = if plain(text) && !std.member(['true', 'false', 'null', 'on', 'off', 'yes', 'no'], text) then text else quoted(text);

local stripped(text) = std.rstripChars(text, '\n');
local comment(text, by) =
  if text == '' then '' else std.join('', [by + '#' + (if line == '' then '' else ' ' + line) + '\n' for line in std.split(stripped(text), '\n')]);

// The order in which rules are read; everything else stands by the alphabet behind it.
local first = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'interval', 'alert', 'record', 'expr', 'for', 'keep_firing_for'];
local ordered(fields) = [f for f in first if std.member(fields, f)] + [f for f in fields if !std.member(first, f)];

// What stands behind a key or a dash; what goes on below is indented by `by`.
local scalar(value, by) =
  if std.type(value) != 'string' then ' %s\n' % std.toString(value)
  else if has(value, '\n') then ' |\n' + by + replaced(stripped(value), '\n', '\n' + by) + '\n'
  else if has(value, '"') then ' >-\n' + by + value + '\n'
  else ' ' + (if plain(value) then key(value) else quoted(value)) + '\n';

// Lines indented by `by`; the first one, behind a dash, by `begin`.
local fields(value, by, begin) =
  local names = ordered(std.objectFields(value));
  std.join('', [
    (if i == 0 then begin else by) + key(names[i]) + ':' + inner(value[names[i]], by + '  ')
    for i in std.range(0, std.length(names) - 1)
  ]),
      inner(value, by) =
  if std.type(value) == 'object' then (if value == {} then ' {}\n' else '\n' + fields(value, by, by))
  else if std.type(value) == 'array' then (if value == [] then ' []\n' else '\n' + std.join('', [
    if std.type(item) == 'object' then
      (if std.objectHasAll(item, 'comment') then comment(item.comment, by) else '') + fields(item, by + '  ', by + '- ')
    else by + '-' + inner(item, by + '  ')
    for item in value
  ]))
  else scalar(value, by);
{
  file(about, value):: comment(about, '') + fields(value, '', ''),
}
