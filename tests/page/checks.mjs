// What is asked of every view.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// The page's own policy refuses scripts from a test: the browser context must have bypassCSP.
export async function expectAccessible(page, name) {
  await page.addScriptTag({ content: axe });
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  const found = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n  ')}`,
  );
  assert.deepEqual(found, [], name);
}

export async function expectNoSidewaysScroll(page, name) {
  const over = await page.evaluate(() => {
    scrollTo(1000, 0);
    return scrollX;
  });
  assert.equal(over, 0, `${name} scrolls ${over} px sideways`);
  // A sheet cuts off what stands out of it: nothing may.
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll('section')]
      .filter((node) => node.scrollWidth > node.clientWidth)
      .map((node) => node.innerText),
  );
  assert.deepEqual(cut, [], `${name} has sheets that are cut off`);
}

// Resolves as soon as the text is there.
export const seeText = (page, selector, text) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();
