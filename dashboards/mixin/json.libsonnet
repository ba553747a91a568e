// JSON as files hold it. The standard library's writes 0.99 as 0.98999999999999999, and differs between versions.
// A text comes out of a list of one, which is much quicker than std.escapeStringJson.
local quoted(text) =
  local list = std.toString([text]);
  std.substr(list, 1, std.length(list) - 2);
local written(value, by) =
  local inner = by + '  ';
  local block(open, lines, close) =
    if lines == [] then open + close else open + '\n' + std.join(',\n', [inner + line for line in lines]) + '\n' + by + close;
  local kind = std.type(value);
  if kind == 'object' then
    block('{', [quoted(name) + ': ' + written(value[name], inner) for name in std.objectFields(value)], '}')
  else if kind == 'array' then block('[', [written(item, inner) for item in value], ']')
  else if kind == 'string' then quoted(value)
  else if kind == 'number' then (if value == std.floor(value) then '%d' else '%g') % value
  else std.toString(value);
{
  file(value):: written(value, '') + '\n',
}
