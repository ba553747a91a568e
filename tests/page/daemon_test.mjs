// The page of the real binary: what a reader sees while the provider moves an alias and while the
// daemon is away.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { openBrowser, openPage } from './browser.mjs';
import { expectAccessible, expectNoSidewaysScroll, seeText } from './checks.mjs';
import { RealDaemon, Upstream } from './real_daemon.mjs';

const kEvil = '<img src=x onerror="document.title=1">';

let chrome;
let upstream;
let daemon;

const config = () => `instance: page-test
defaults: {interval: 1s, timeout: 950ms, recheck: 1s, confirm: {moved: {polls: 2}, down: {polls: 3}}}
endpoints:
  - name: internlm
    provider: internlm
    url: ${upstream.url}
    authorization: {credentials: test}
`;

before(async () => {
  chrome = await openBrowser();
  upstream = await new Upstream({
    'internlm3-latest': 'internlm3-8b-instruct',
    'evil-latest': kEvil,
  }).start();
  daemon = await new RealDaemon(config()).start();
});
after(async () => {
  await Promise.all([chrome?.close(), daemon?.stop(), upstream?.stop()]);
});

async function open(hash = '', options = {}) {
  return openPage(chrome.browser, daemon.url + hash, options);
}

async function closeCalmly(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

test('the whole page is loaded from the daemon, in less than 130 kB', async () => {
  const page = await openPage(chrome.browser, 'about:blank');
  const files = [];
  page.removeAllListeners('request');
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname === '/' || pathname.startsWith('/page/')) files.push(response.body());
  });
  await page.goto(daemon.url);
  await seeText(page, 'h1', '1 of 1 endpoint up');
  const sum = (await Promise.all(files)).reduce((all, body) => all + body.length, 0);
  assert.ok(files.length > 10 && sum < 130_000, `${files.length} files, ${sum} bytes`);
  await page.context().close();
});

test('a name that is markup stays text', async () => {
  const page = await open();
  await seeText(page, '.aliases', kEvil);
  assert.equal(await page.locator('main img').count(), 0);
  await page.getByRole('link', { name: 'evil-latest' }).click();
  await seeText(page, '.points', kEvil);
  assert.equal(await page.locator('main img').count(), 0);
  await closeCalmly(page);
});

test('a move appears without a reload: in the list, as an event, in the timeline, with evidence', async () => {
  const page = await open();
  await seeText(page, '#live', 'live');
  await seeText(page, '.aliases', 'internlm3-8b-instruct');
  await page.evaluate(() => (globalThis.isSamePage = true));
  upstream.targets = { ...upstream.targets, 'internlm3-latest': 'internlm3-20b-instruct' };
  await seeText(page, '.aliases', 'internlm3-20b-instruct');
  await seeText(
    page,
    '#announcer',
    'internlm3-latest moved from internlm3-8b-instruct to internlm3-20b-instruct',
  );
  await seeText(page, 'h1', '1 moved in the last 24 h');
  await page.locator('.aliases').getByRole('link', { name: 'internlm3-latest' }).click();
  await page.locator('.stay').nth(1).waitFor();
  assert.equal(await page.locator('.stay').count(), 2);
  assert.match(
    await page.locator('.diff .come').first().innerText(),
    /ref_model.*internlm3-20b-instruct/,
  );
  assert.equal(await page.evaluate(() => globalThis.isSamePage), true);
  await page
    .locator('section')
    .filter({ hasText: 'What happened' })
    .getByRole('link')
    .first()
    .click();
  await seeText(page, 'section', 'As receivers get it');
  await seeText(page, 'main', 'No webhook asked for it.');
  await closeCalmly(page);
});

test('an outage shows with its reason, in the strip of polls, too', async () => {
  const page = await open('#/endpoint/internlm');
  await page.locator('.cell').first().waitFor();
  upstream.status = 503;
  await seeText(page, '.points', 'down');
  await page.locator('.cell.failed').last().hover();
  await seeText(page, '.strip .readout', 'http_5xx');
  upstream.status = 200;
  await seeText(page, '.points', 'up');
  await closeCalmly(page);
});

test('filters are taken by the real API', async () => {
  const page = await open('#/events?type=alias.*&endpoint=internlm&since=1h');
  await seeText(page, 'tbody', 'internlm3-latest moved');
  assert.equal(await page.locator('tbody tr').filter({ hasText: 'endpoint.' }).count(), 0);
  await page.goto(`${daemon.url}#/events?type=nonsense`);
  await seeText(page, '[role=alert]', 'nonsense');
  await page.goto(`${daemon.url}#/endpoint/none`);
  await seeText(page, 'main', 'No endpoint of this name');
  assert.equal(await page.locator('[role=alert]').count(), 0);
  await page.goto(`${daemon.url}#/deliveries?state=dead`);
  await seeText(page, 'main', 'No delivery matches this filter');
  await closeCalmly(page);
});

test('each view of the real daemon is accessible, fits a phone, and asks for nothing that is not there', async () => {
  const hashes = [
    '#/',
    '#/alias/internlm/internlm3-latest',
    '#/endpoint/internlm',
    '#/events',
    '#/deliveries',
  ];
  for (const hash of hashes) {
    const page = await open(hash, { bypassCSP: true, viewport: { width: 320, height: 640 } });
    const refused = [];
    page.on('response', (response) => response.status() >= 400 && refused.push(response.url()));
    await page.locator('h1').first().waitFor();
    await expectAccessible(page, hash);
    await expectNoSidewaysScroll(page, hash);
    assert.deepEqual(refused, []);
    await closeCalmly(page);
  }
});

test('a configuration that was refused is told once, with its errors', async () => {
  const page = await open();
  const file = join(daemon.folder, 'modelvane.yml');
  await writeFile(file, 'endpoints: [{nam: x}]\n');
  await fetch(`${daemon.url}-/reload`, { method: 'POST' });
  await seeText(page, '[role=alert]', 'unknown key; did you mean "name"?');
  const told = await page.getByRole('alert').innerText();
  assert.equal(told.match(/configuration/g).length, 1, told);
  await writeFile(file, config());
  await fetch(`${daemon.url}-/reload`, { method: 'POST' });
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await closeCalmly(page);
});

test('while the daemon is away the page says so and keeps what it knew; it goes on when the daemon is back', async () => {
  const page = await open();
  await seeText(page, '#live', 'live');
  await seeText(page, '.aliases', 'internlm3-20b-instruct');
  await daemon.end('SIGKILL');
  await seeText(page, '#live', /connection lost, showing data of \d\d:\d\d/);
  await seeText(page, '.aliases', 'internlm3-20b-instruct');
  upstream.targets = { ...upstream.targets, 'internlm3-latest': 'internlm4' };
  await daemon.start(daemon.port);
  await seeText(page, '#live', 'live');
  await seeText(page, '.aliases', 'internlm4');
  await closeCalmly(page);
});

test('a restart leaves the past as it was', async () => {
  const past = async () => {
    const from = new Date(Date.now() - 7_200_000).toISOString();
    const query = `history?from=${from}&to=${new Date().toISOString()}&step=1h`;
    const answer = await fetch(`${daemon.url}api/v1/endpoints/internlm/${query}`);
    const { history } = await answer.json();
    const sum = (of) => history.reduce((all, step) => all + of(step), 0);
    return {
      polls: sum(({ polls }) => polls),
      up: sum(({ seconds }) => seconds.up),
      down: sum(({ seconds }) => seconds.down),
    };
  };
  const before = await past();
  assert.ok(before.polls > 3 && before.up > 3, JSON.stringify(before));
  await daemon.end();
  await daemon.start(daemon.port);
  const after = await past();
  // The last poll before the end was still open.
  for (const figure of ['polls', 'up', 'down'])
    assert.ok(after[figure] >= before[figure] && after[figure] < before[figure] + 10, figure);
  const page = await open('#/endpoint/internlm');
  await seeText(page, 'section', '% up');
  await closeCalmly(page);
});

test('behind TLS and a password the page is whole and live', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'modelvane-tls-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const pair = '-keyout key.pem -out cert.pem -subj /CN=127.0.0.1 -days 2';
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ${pair}`.split(' ');
  await promisify(execFile)('openssl', words, { cwd: folder });
  const file = join(folder, 'web.yml');
  await writeFile(
    file,
    // The hash of "password".
    `tls_server_config: {cert_file: cert.pem, key_file: key.pem}
basic_auth_users: {alice: $2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe}
`,
  );
  const guarded = await new RealDaemon(config(), [`--web.config.file=${file}`]).start();
  context.after(() => guarded.stop());
  const page = await openPage(chrome.browser, `https://${guarded.address}/`, {
    ignoreHTTPSErrors: true,
    httpCredentials: { username: 'alice', password: 'password' },
  });
  await seeText(page, 'h1', '1 of 1 endpoint up');
  await seeText(page, '#live', 'live');
  await closeCalmly(page);
});
