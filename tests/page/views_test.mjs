// The page in a real browser before a daemon whose facts are set here: views, filters, themes,
// sizes, keyboard, troubles.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccessible, expectNoSidewaysScroll, seeText } from './checks.mjs';
import { aMove, anAlias, anEndpoint, manyFacts, sampleFacts } from './fake_daemon.mjs';
import { closeCalmly, fake, open } from './stage.mjs';

const kEvil = '<img src=x onerror="document.title=1">';

const viewsOf = ({ facts }) => ({
  overview: '#/',
  alias: '#/alias/internlm/internlm3-latest',
  endpoint: '#/endpoint/gateway',
  events: '#/events',
  found: '#/events?q=moved&alias=internlm3-latest',
  event: `#/events/${facts.events[1].id}`,
  deliveries: '#/deliveries',
  models: '#/models',
  compare: '#/compare',
  grouped: '#/?group=team&sort=-alias',
});

test('the first line sums up what an operator asks first', async () => {
  const page = await open(await fake());
  const text = (await page.locator('h1').innerText()).replaceAll(/\s+/g, ' ');
  assert.equal(
    text,
    '2 of 3 endpoints up · 7 aliases · 1 moved in the last 24 h · 2 pending or unstable · 1 off its pin',
  );
  await page.getByRole('link', { name: '1 off its pin' }).click();
  assert.equal(await page.locator('.aliases tbody tr').count(), 1);
  assert.ok(page.url().endsWith('#/?show=off-pin'));
  await page.getByRole('button', { name: /show all/ }).click();
  assert.equal(await page.locator('.aliases tbody tr').count(), 7);
  await closeCalmly(page);
});

test('what needs a look stands above all else and is counted in the title', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  const look = page.locator('.look li');
  assert.equal(await look.count(), 6);
  for (const text of [
    /off its pin[\s\S]*internlm3-latest/,
    /down[\s\S]*gateway[\s\S]*timeout/,
    /unstable[\s\S]*ministral-3b-latest/,
    /undisclosed[\s\S]*internthinker-latest/,
    /failing[\s\S]*oncall[\s\S]*503/,
    /ends in 1\d d[\s\S]*internvl-latest/,
  ])
    await look.filter({ hasText: text }).first().waitFor();
  assert.match(await page.title(), /^\(6\) Overview/);
  daemon.facts.status.isolated = true;
  daemon.facts.status.webhooks[0].state = 'disabled';
  daemon.facts.endpoints[2].uptime = { day: 0, month: 1 };
  daemon.pulse();
  await seeText(page, '.look', 'Most hosts are out of reach at once');
  await seeText(page, '.look', 'switched off');
  await seeText(page, '.endpoints tr', /gateway[\s\S]*\D0 %\s*100 %/);
  await closeCalmly(page);
});

test('with 12 providers and 30 aliases every part begins above the fold', async () => {
  const facts = sampleFacts();
  for (let i = 0; i < 9; ++i) {
    facts.endpoints.push(anEndpoint(`provider-${i}`, { provider: `provider-${i}` }));
    for (const kind of ['chat', 'mini', 'vision'])
      facts.aliases.push(anAlias(`provider-${i}`, `${kind}-latest`, `${kind}-2026-0${i + 1}`));
  }
  const page = await open(await fake(facts));
  for (const part of ['Needs a look', 'Aliases', 'Endpoints', 'Latest events']) {
    const box = await page.locator('h2', { hasText: part }).boundingBox();
    assert.ok(box.y + box.height < 900, `${part} begins at ${box.y}`);
  }
  const last = await page.locator('.look li').last().boundingBox();
  assert.ok(last.y + last.height < 900);
  await closeCalmly(page);
});

test('what no provider ever names is one quiet row for each endpoint, until it is looked for', async () => {
  const facts = sampleFacts();
  for (let i = 0; i < 5; ++i) {
    const never = { status: 'undisclosed', last_known_target: null, rule: null, since: null };
    facts.aliases.push(anAlias('mistral', `opaque-${i}`, null, never));
  }
  const page = await open(await fake(facts));
  const row = page.locator('.aliases tbody tr').filter({ hasText: '5 more of mistral' });
  assert.equal(await page.locator('.aliases tbody tr').count(), 8);
  await row.getByRole('link').click();
  await seeText(page, '.aliases', 'opaque-4');
  await closeCalmly(page);
});

test('headings sort, groups gather, and both live in the link', async () => {
  const page = await open(await fake());
  const names = () => page.locator('.aliases tbody th a:not(.sub a)').allInnerTexts();
  await page.locator('.aliases').getByRole('button', { name: 'Alias' }).click();
  const sorted = await names();
  assert.deepEqual(sorted, [...sorted].sort());
  await page.locator('.aliases').getByRole('button', { name: 'Alias' }).click();
  assert.deepEqual(await names(), sorted.reverse());
  assert.equal(await page.locator('.aliases [aria-sort]').getAttribute('aria-sort'), 'descending');
  await page.getByLabel('Group by').selectOption('provider');
  await seeText(page, '.aliases .group', 'no provider');
  assert.ok(page.url().includes('sort=-alias') && page.url().includes('group=provider'));
  await closeCalmly(page);
});

test('the past of an endpoint has a band, days, and a figure for each step', async () => {
  const page = await open(await fake(), '#/endpoint/mistral');
  await page.locator('.chart .band').first().waitFor();
  assert.equal(await page.locator('.past').nth(1).locator('.cell').count(), 90);
  await page.locator('.past .cell.failed').first().hover();
  await seeText(page, '.past .readout', /75.00 % up, down for 15 min; 60 polls, half within \d+ ms/);
  await page.locator('.past .cell').nth(9).hover();
  await seeText(page, '.past .readout', /99.73 % up, down for 9 s;/);
  await page.getByRole('link', { name: '30d' }).click();
  await seeText(page, '.past .note', /down for 1 h 30 min/);
  assert.equal(await page.locator('.past').first().locator('.cell').count(), 120);
  await closeCalmly(page);
});

test('endpoints and providers stand side by side, with uptime, latency and moves', async () => {
  const page = await open(await fake(), '#/compare');
  const row = page.locator('.compare tbody tr').filter({ hasText: 'internlm' });
  assert.match(await row.innerText(), /1\d\d ms\s+98.76 %\s+99.91 %\s+4\s+2/);
  await page.getByLabel('Compare').selectOption('provider');
  await seeText(page, '.compare', 'no provider');
  await closeCalmly(page);
});

test('models that will end stand first, with the aliases that point to them', async () => {
  const page = await open(await fake(), '#/models');
  const rows = page.locator('.models tbody tr');
  assert.match(await rows.first().innerText(), /internvl3-78b[\s\S]*ends in 1\d d/);
  assert.match(await rows.nth(1).innerText(), /internlm3-20b-instruct[\s\S]*internlm3-latest/);
  await closeCalmly(page);
});

test('an alias is copied with one press, and so is the command that approves its target', async () => {
  const page = await open(await fake(), '#/alias/internlm/internlm3-latest', {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  // Its sign is drawn: a letter that a reader's fonts lack would be an empty box.
  const button = page.getByRole('button', { name: 'Copy the command' });
  assert.equal(await button.innerText(), '');
  await button.click();
  await seeText(page, '#announcer', 'Copied the command');
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    'modelvane pin accept internlm internlm3-latest',
  );
  await closeCalmly(page);
});

test('whoever may act approves a target and sends a delivery again, with the token', async () => {
  const daemon = await fake();
  const calm = await open(daemon, '#/deliveries');
  assert.equal(await calm.getByRole('button', { name: 'Send now' }).count(), 0);
  await closeCalmly(calm);
  daemon.facts.session = { user: 'alice', may_act: true, token: 't0k3n' };
  const page = await open(daemon, '#/alias/internlm/internlm3-latest');
  await page.getByRole('button', { name: 'Approve this target' }).click();
  await seeText(page, '.act', 'done: POST pins');
  await page.goto(`${daemon.url}#/deliveries`);
  await page.getByRole('button', { name: 'Send now' }).first().click();
  await seeText(page, '.act', 'done: POST deliveries/7/oncall/retry');
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Drop' }).first().click();
  await seeText(page, '.act', 'done: POST deliveries/7/oncall/drop');
  assert.ok(daemon.acts.every(({ token }) => token === 't0k3n'));
  await closeCalmly(page);
});

test('characters that nobody sees, or that turn text around, are shown by their number', async () => {
  const facts = sampleFacts();
  facts.aliases.push(anAlias('mistral', 'evil', 'good-\u202e57-b\u202c'));
  const page = await open(await fake(facts));
  await seeText(page, '.aliases', 'good-<U+202E>57-b<U+202C>');
  assert.doesNotMatch(await page.locator('main').innerHTML(), /[\u202c\u202e]/);
  await closeCalmly(page);
});

test('trouble stands first, with words and not only colours', async () => {
  const page = await open(await fake());
  const first = page.locator('.aliases tbody tr').first();
  assert.match(
    await first.innerText(),
    /internlm3-latest[\s\S]*internlm3-20b-instruct[\s\S]*off its pin/,
  );
  assert.match(
    await page.locator('.endpoints tbody tr').first().innerText(),
    /gateway[\s\S]*down[\s\S]*timeout/,
  );
  await closeCalmly(page);
});

test('a target that the provider hides is shown as unknown, with the last known one named so', async () => {
  const page = await open(await fake());
  const row = page.locator('.aliases tbody tr').filter({ hasText: 'internthinker-latest' });
  assert.match(await row.innerText(), /last known internthinker-beta[\s\S]*undisclosed/);
  await closeCalmly(page);
});

test('a move appears without a reload, and is told to screen readers', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  await seeText(page, '#live', 'live');
  await page.evaluate(() => (globalThis.isSamePage = true));
  daemon.facts.aliases[4] = anAlias('mistral', 'mistral-large-latest', 'mistral-large-2701');
  daemon.happen(
    aMove('mistral', 'mistral-large-latest', 'mistral-large-2512', 'mistral-large-2701', 0),
  );
  await seeText(page, '.aliases', 'mistral-large-2701');
  await seeText(
    page,
    '#announcer',
    'mistral-large-latest moved from mistral-large-2512 to mistral-large-2701',
  );
  assert.equal(await page.evaluate(() => globalThis.isSamePage), true);
  await closeCalmly(page);
});

test('a snapshot event alone renews the figures', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  await seeText(page, '#live', 'live');
  daemon.facts.endpoints[2] = anEndpoint('gateway');
  daemon.pulse();
  await seeText(page, 'h1', '3 of 3 endpoints up');
  await closeCalmly(page);
});

test('the filter narrows both lists, lives in the link, and / goes to it', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  await page.keyboard.press('/');
  await page.keyboard.type('mistral');
  await seeText(page, '.found', '2 aliases, 1 endpoint');
  assert.ok(page.url().endsWith('#/?q=mistral'));
  const again = await open(daemon, '#/?q=mistral');
  assert.equal(await again.locator('.aliases tbody tr').count(), 2);
  assert.equal(await again.locator('#filter').inputValue(), 'mistral');
  await closeCalmly(again);
  await closeCalmly(page);
});

test('filters of deliveries live in the link, and the last error is shown', async () => {
  const page = await open(await fake(), '#/deliveries?state=dead');
  await seeText(page, 'tbody', 'the receiver answered 400: it refuses this event for good');
  assert.equal(await page.getByLabel('State').inputValue(), 'dead');
  assert.equal(await page.locator('section').last().locator('tbody tr').count(), 1);
  await closeCalmly(page);
});

test('the timeline has a bar per stay, with exact bounds on hover and by the keyboard', async () => {
  const page = await open(await fake(), '#/alias/internlm/internlm3-latest');
  await page.locator('.stay').nth(2).waitFor();
  assert.equal(await page.locator('.stay').count(), 3);
  await page.locator('.stay').nth(1).hover();
  await seeText(
    page,
    '.readout',
    /^internlm3-8b-instruct: from .*it changed between .*until .*UTC .*Z to .*Z/,
  );
  await page.locator('.stay[tabindex="0"]').focus();
  await page.keyboard.press('End');
  await seeText(page, '.readout', /^internlm2\.5-20b-chat: from before the history until/);
  assert.equal(await page.locator('.stay[tabindex="0"]').count(), 1);
  await closeCalmly(page);
});

test('evidence stands side by side with its differing lines marked', async () => {
  const page = await open(await fake(), '#/alias/internlm/internlm3-latest');
  await page.locator('.diff').waitFor();
  assert.match(
    await page.locator('.diff .gone').first().innerText(),
    /ref_model.*internlm3-8b-instruct/,
  );
  assert.match(
    await page.locator('.diff .come').first().innerText(),
    /ref_model.*internlm3-20b-instruct/,
  );
  assert.equal(await page.locator('.diff .gone').count(), 2);
  await closeCalmly(page);
});

test('each poll is a cell that tells its reason, and a sentence tells them all', async () => {
  const page = await open(await fake(), '#/endpoint/gateway');
  await page.locator('.polls .cell').nth(95).waitFor();
  assert.equal(await page.locator('.polls .cell.failed').count(), 4);
  await page.locator('.polls .cell.failed').first().hover();
  await seeText(page, '.polls .readout', /failed, timeout after 10.0 s/);
  await seeText(page, '.polls .note', /92 of the last 96 polls were good/);
  await seeText(page, 'section', /processing[\s\S]*9930 ms/);
  await seeText(page, '.facts', /Certificate ends/);
  await seeText(page, 'section', /internlm2.5-20b-chat[\s\S]*in 11 d[\s\S]*internlm3-8b-instruct/);
  await closeCalmly(page);
});

test('what a list has not as the configuration expects it stands with its endpoint', async () => {
  const warnings = ['hint /versoin finds nothing in any of the 3 rows', 'field <b>/ref</b>'];
  const daemon = await fake({ ...sampleFacts(), endpoints: [anEndpoint('plain', { warnings })] });
  const page = await open(daemon, '#/endpoint/plain');
  await seeText(page, '.facts', /Not as configured[\s\S]*versoin[\s\S]*field <b>/);
  await closeCalmly(page);
});

test('a lost connection is told with the time of what is shown, and ends by itself', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  await seeText(page, '#live', 'live');
  daemon.breakOff();
  await seeText(page, '#live', /connection lost, showing data of \d\d:\d\d/);
  assert.equal(await page.locator('.aliases tbody tr').count(), 7);
  assert.equal(await page.locator('[role=alert]').count(), 0);
  daemon.isBroken = false;
  await seeText(page, '#live', /^(live|current every 10 s)$/);
  await seeText(page, '#live', /^live$/);
  await closeCalmly(page);
});

test('a page in the background holds no connection, and is current when it is looked at again', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  await seeText(page, '#live', /^live$/);
  const look = (isHidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  const gone = daemon.nextEnd();
  await look(true);
  await gone;
  daemon.facts.endpoints[2] = anEndpoint('gateway');
  await look(false);
  await seeText(page, 'h1', '3 of 3 endpoints up');
  await seeText(page, '#live', /^live$/);
  await closeCalmly(page);
});

test('a daemon that does not answer from the start is told, and the page comes when it does', async () => {
  const daemon = await fake();
  daemon.isBroken = true;
  const page = await open(daemon);
  await seeText(page, 'main', /modelvane does not answer.*the daemon is starting/s);
  daemon.isBroken = false;
  await seeText(page, 'h1', 'endpoints up');
  await closeCalmly(page);
});

test('without an endpoint the page says what to do', async () => {
  const facts = sampleFacts();
  Object.assign(facts, { endpoints: [], aliases: [], events: [] });
  const page = await open(await fake(facts));
  await seeText(page, 'main', /No endpoint is configured yet.*provider: internlm/s);
  await closeCalmly(page);
});

test('troubles of the daemon stand on top', async () => {
  const facts = sampleFacts();
  facts.status.store = { ok: false, error: 'the disk is full: make room', errors: 3 };
  facts.status.reload = { ok: false, last_success: null, error: 'x.yml:1:1: one\nx.yml:2:1: two' };
  const page = await open(await fake(facts));
  await seeText(page, '[role=alert]', 'the disk is full: make room');
  await seeText(page, '[role=alert]', /x.yml:1:1: onex.yml:2:1: two/);
  await closeCalmly(page);
});

test('links to what is not there lead back', async () => {
  const daemon = await fake();
  for (const [hash, text] of [
    ['#/alias/internlm/none', 'No such alias'],
    ['#/endpoint/none', 'No endpoint of this name'],
    ['#/events/evt_0', 'There is no event evt_0'],
    ['#/what', 'There is nothing at this link'],
    ['#/alias/%/%', 'No such alias'],
  ]) {
    const page = await open(daemon, hash);
    await seeText(page, 'main', text);
    await closeCalmly(page);
  }
});

test('names that are markup stay text in every view', async () => {
  const facts = sampleFacts();
  facts.endpoints[0] = anEndpoint(kEvil, {
    provider: kEvil,
    url: kEvil,
    labels: { [kEvil]: kEvil },
  });
  facts.aliases = [
    anAlias(kEvil, kEvil, kEvil, {
      pending: { target: kEvil },
      pin: { approved: [kEvil], state: 'broken' },
    }),
  ];
  facts.events = [aMove(kEvil, kEvil, kEvil, `${kEvil}2`, 1000)];
  facts.deliveries[0] = {
    ...facts.deliveries[0],
    subject: kEvil,
    webhook: kEvil,
    last_error: kEvil,
  };
  facts.status.instance = kEvil;
  const daemon = await fake(facts);
  const part = encodeURIComponent(kEvil);
  for (const hash of [
    '#/',
    `#/alias/${part}/${part}`,
    `#/endpoint/${part}`,
    '#/events',
    `#/events/${facts.events[0].id}`,
    '#/deliveries',
  ]) {
    const page = await open(daemon, hash);
    await seeText(page, 'main', kEvil);
    assert.equal(await page.locator('main img, footer img, #instance img').count(), 0, hash);
    await closeCalmly(page);
  }
});

test('times are in the reader’s zone, with UTC in the title', async () => {
  const daemon = await fake();
  const page = await open(daemon, `#/events/${daemon.facts.events[1].id}`, {
    timezoneId: 'Asia/Kolkata',
  });
  const time = page.locator('.facts time').first();
  const iso = await time.getAttribute('datetime');
  assert.equal(iso, daemon.facts.events[1].time);
  assert.match(
    await time.getAttribute('title'),
    new RegExp(`(GMT\\+5:30|IST|India)[\\s\\S]*UTC ${iso}`),
  );
  await closeCalmly(page);
});

test('the theme follows the system, then the reader, and is kept', async () => {
  const daemon = await fake();
  const page = await open(daemon, '', { colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await ground(), 'rgb(15, 20, 24)');
  await page.getByRole('button', { name: /Theme: auto/ }).click();
  assert.equal(await ground(), 'rgb(243, 245, 246)');
  await page.reload();
  await page.getByRole('button', { name: /Theme: light/ }).click();
  assert.equal(await ground(), 'rgb(15, 20, 24)');
  await closeCalmly(page);
});

test('everything is reached by the keyboard alone', async () => {
  const page = await open(await fake());
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement.textContent),
    'Skip to the content',
  );
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  let text = '';
  for (let i = 0; i < 30 && text !== 'internlm3-latest'; ++i) {
    await page.keyboard.press('Tab');
    text = await page.evaluate(() => document.activeElement.textContent);
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement).outlineStyle,
    );
    assert.notEqual(outline, 'none', `focus cannot be seen on "${text}"`);
  }
  await page.keyboard.press('Enter');
  await seeText(page, 'h1', 'internlm3-latest');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  await closeCalmly(page);
});

test('a new drawing leaves focus and scrolling where they are', async () => {
  const daemon = await fake();
  const page = await open(daemon);
  await seeText(page, '#live', 'live');
  const link = page.locator('.aliases tbody a').nth(4);
  await link.focus();
  const before = await page.evaluate(() => document.activeElement.textContent);
  daemon.facts.endpoints[2] = anEndpoint('gateway');
  daemon.pulse();
  await seeText(page, 'h1', '3 of 3 endpoints up');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), before);
  await closeCalmly(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`no view has a fault that axe finds, ${colorScheme}`, async () => {
    const daemon = await fake();
    for (const [name, hash] of Object.entries(viewsOf(daemon))) {
      const page = await open(daemon, hash, { colorScheme, bypassCSP: true });
      await page.locator('table').first().waitFor();
      await expectAccessible(page, `${name}, ${colorScheme}`);
      await closeCalmly(page);
    }
  });
}

test('every view fits into 320 pixels', async () => {
  const daemon = await fake();
  for (const [name, hash] of Object.entries(viewsOf(daemon))) {
    const page = await open(daemon, hash, { viewport: { width: 320, height: 640 } });
    await page.locator('table').first().waitFor();
    await expectNoSidewaysScroll(page, name);
    await closeCalmly(page);
  }
});

test('with 10,000 endpoints a key in the filter is answered within 200 ms', async () => {
  const page = await open(await fake(manyFacts(10_000)), '', { bypassCSP: true });
  await seeText(page, 'h1', '10,000 of 10,000 endpoints up');
  assert.ok((await page.locator('tbody tr').count()) < 150, 'only rows in sight are drawn');
  // Of the page's own thread, drawing included: how long the machine lets it wait is not the page's
  // doing.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => {
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))),
    );
    const { metrics } = await devtools.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  await page.locator('#filter').focus();
  for (const key of 'team-777') {
    const start = await busy();
    await page.keyboard.press(key);
    const spent = (await busy()) - start;
    assert.ok(spent > 0 && spent < 200, `${key} took ${Math.round(spent)} ms`);
  }
  await seeText(page, '.found', '22 aliases, 11 endpoints');
  await expectAccessible(page, 'a long list, filtered');
  await closeCalmly(page);
});

test('a name in a long list never loses its end', async () => {
  const facts = manyFacts(300);
  for (const endpoint of facts.endpoints) endpoint.name = `acme-production-${endpoint.name}`;
  for (const alias of facts.aliases) {
    alias.endpoint = `acme-production-${alias.endpoint}`;
    alias.alias = `acme-large-instruct-${alias.alias}`;
    alias.target = `acme-large-instruct-2026-01-${alias.target}`;
  }
  const daemon = await fake(facts);
  for (const width of [390, 700, 1000, 1440, 1920]) {
    const page = await open(daemon, '', { viewport: { width, height: 900 } });
    await page.locator('#pane-endpoints').waitFor();
    // The last letter of each name lies within its cell.
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('.pane tbody th > a, .pane tbody td > .strong')]
        .filter((name) => {
          const range = document.createRange();
          const last = (name.lastElementChild ?? name).lastChild;
          range.setStart(last, last.length - 1);
          range.setEnd(last, last.length);
          const cell = name.closest('th, td').getBoundingClientRect();
          return range.getBoundingClientRect().right > cell.right + 0.5;
        })
        .map((name) => name.textContent),
    );
    assert.deepEqual(cut.slice(0, 5), [], `${width} pixels wide`);
    await closeCalmly(page);
  }
});

test('a long list scrolls to its end, and says how long it is', async () => {
  const page = await open(await fake(manyFacts(3_000)));
  const pane = page.locator('#pane-endpoints');
  await pane.waitFor();
  assert.equal(await pane.locator('table').getAttribute('aria-rowcount'), '3001');
  await pane.evaluate((node) => (node.scrollTop = node.scrollHeight));
  await seeText(page, '#pane-endpoints tbody tr[aria-rowindex="3001"]', 'team-2999');
  await closeCalmly(page);
});
