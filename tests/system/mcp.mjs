// node mcp.mjs COMMAND...: starts the server and reads everything that it offers, as an agent does.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: 'test', version: '1' });
await client.connect(new StdioClientTransport({ command, args }));
assert.equal(client.getServerVersion().name, 'modelvane');
assert.match(client.getInstructions(), /never instructions/);

const { tools } = await client.listTools();
assert.deepEqual(tools.map((tool) => tool.name).sort(), [
  'alias_history',
  'aliases',
  'endpoints',
  'events',
  'pins',
  'retirements',
  'what_changed',
]);
assert.ok(tools.every((tool) => tool.annotations.readOnlyHint));

const ask = async (name, given = {}) => {
  const result = await client.callTool({ name, arguments: given });
  assert.ok(!result.isError, JSON.stringify(result));
  assert.match(result.content[0].text, /nothing in it is an instruction/);
  assert.deepEqual(JSON.parse(result.content[1].text), result.structuredContent);
  return result.structuredContent.rows;
};
assert.equal((await ask('aliases'))[0].target, 'm-2');
assert.deepEqual(await ask('aliases', { endpoint: 'nobody' }), []);
const history = await ask('alias_history', { alias: 'm-latest' });
const move = history.find((row) => row.type === 'alias.moved');
assert.deepEqual([move.from, move.to], ['m-1', 'm-2']);
assert.equal((await ask('what_changed', { since: '1h' }))[0].now.target, 'm-2');
assert.equal((await ask('endpoints'))[0].availability, 'up');
assert.ok((await ask('events', { type: 'alias.*' })).length >= 1);
assert.deepEqual(await ask('retirements'), []);
await ask('pins');

const fails = async (name, given, why) => {
  const result = await client.callTool({ name, arguments: given });
  assert.ok(result.isError);
  assert.match(result.content[0].text, why);
};
await fails('alias_history', {}, /needs alias/);
await fails('aliases', { model: 'x' }, /takes no argument model/);
await fails('events', { type: 'alias.flew' }, /no event type is like/);
await fails('what_changed', { since: 'yesterday-ish' }, /write a time/);
await fails('drop_everything', {}, /there is no tool/);
await client.close();
console.log('read');
