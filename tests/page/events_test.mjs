// Events in the page: how one is found, by link, by filter and by words, and what it tells.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeText } from './checks.mjs';
import { aMove, anEvent, sampleFacts } from './fake_daemon.mjs';
import { closeCalmly, fake, open } from './stage.mjs';

test('an event of a burst is found, however many came in its second', async () => {
  const facts = sampleFacts();
  facts.events = Array.from({ length: 1500 }, (_, i) =>
    aMove('mistral', `m${i}`, 'a', 'b', 5000, { summary: `m${i} moved` }),
  );
  const daemon = await fake(facts);
  const page = await open(daemon, `#/events/${facts.events[1400].id}`);
  await seeText(page, 'h1', 'm1400 moved');
  await closeCalmly(page);
});

test('filters of events live in the link', async () => {
  const page = await open(await fake(), '#/events');
  await page.getByLabel('Type').selectOption('alias.*');
  await page.waitForURL(/#\/events\?type=alias/);
  await page.getByLabel('Since').selectOption('24h');
  await page.waitForURL(/since=24h/);
  await page.getByRole('combobox', { name: 'Endpoint', exact: true }).fill('internlm');
  await page.keyboard.press('Enter');
  await page.waitForURL(/endpoint=internlm/);
  await page.locator('tbody tr').nth(2).waitFor({ state: 'detached' });
  assert.equal(await page.locator('tbody tr').count(), 2);
  await page.goBack();
  await page.goBack();
  await page.goBack();
  await page.locator('tbody tr').nth(5).waitFor();
  await closeCalmly(page);
});

test('events are found by alias and by words, however far back', async () => {
  const facts = sampleFacts();
  const old = Array.from({ length: 1200 }, (_, i) =>
    anEvent('model.added', (40 + i) * 86_400_000, {
      endpoint: 'mistral',
      model: i === 1150 ? 'needle-1' : `hay-${i}`,
      summary: `mistral lists ${i === 1150 ? 'needle-1' : `hay-${i}`}`,
    }),
  );
  facts.events = [...facts.events, ...old];
  const page = await open(await fake(facts), '#/events');
  await page.getByRole('combobox', { name: 'Alias', exact: true }).fill('mistral-large-latest');
  await page.keyboard.press('Enter');
  await page.waitForURL(/alias=mistral-large-latest/);
  await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });
  await seeText(page, 'tbody', 'mistral-large-latest moved');
  await page.goto(`${page.url().split('#')[0]}#/events?q=Needle+model.added`);
  await seeText(page, 'tbody', 'mistral lists needle-1');
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.equal(await page.getByLabel('Words').inputValue(), 'Needle model.added');
  await page.getByLabel('Words').fill('no such word');
  await page.keyboard.press('Enter');
  await seeText(page, 'main', 'No event matches this filter');
  await closeCalmly(page);
});

test('an event tells what it knows in words, and of the daemon itself names no endpoint', async () => {
  const facts = sampleFacts();
  const acted = anEvent('operator.acted', 1000, {
    operator: 'ann',
    action: 'accept',
    summary: 'ann acted',
  });
  facts.events[1].data.labels = { team: 'search' };
  facts.events.unshift(acted);
  const daemon = await fake(facts);
  const page = await open(daemon, `#/events/${encodeURIComponent(facts.events[2].id)}`);
  await seeText(page, '.facts', 'its row names it');
  await seeText(page, '.facts', 'team: search');
  const names = await page.locator('.facts dt').allInnerTexts();
  assert.deepEqual(
    names.filter((name) => name[0] !== name[0].toUpperCase()),
    [],
  );
  await page.goto(`${daemon.url}#/events/${encodeURIComponent(acted.id)}`);
  await seeText(page, '.facts', 'ann');
  assert.doesNotMatch(await page.locator('.facts').innerText(), /undefined|Endpoint/);
  await closeCalmly(page);
});

test('an event’s link leads to it, also when it is no longer among the latest', async () => {
  const daemon = await fake();
  const { id } = daemon.facts.events[4];
  for (let i = 0; i < 15; ++i)
    daemon.facts.events.unshift(aMove('mistral', 'm', 'a', 'b', 1000 * i));
  const page = await open(daemon, `#/events/${id}`);
  await seeText(
    page,
    'h1',
    'internlm3-latest moved from internlm2.5-20b-chat to internlm3-8b-instruct',
  );
  await closeCalmly(page);
});
