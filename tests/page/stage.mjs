// A browser before daemons whose facts a test sets: opened before its first test, closed after its
// last.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { openBrowser, openPage } from './browser.mjs';
import { FakeDaemon, sampleFacts } from './fake_daemon.mjs';

let chrome;
const daemons = [];
before(async () => {
  chrome = await openBrowser();
});
after(async () => {
  await chrome.close();
  await Promise.all(daemons.map((daemon) => daemon.stop()));
});

export async function fake(facts = sampleFacts()) {
  const daemon = await new FakeDaemon(facts).start();
  daemons.push(daemon);
  return daemon;
}

export async function open(daemon, hash = '', options = {}) {
  const page = await openPage(chrome.browser, daemon.url + hash, options);
  await page.locator('h1').first().waitFor();
  return page;
}

// Nothing was logged or refused meanwhile.
export async function closeCalmly(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}
