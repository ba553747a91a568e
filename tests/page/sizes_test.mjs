// Every view of an installation of none, one, twelve and ten thousand endpoints, in the light, in
// the dark and on a phone: nothing that axe finds, nothing that scrolls sideways.

import { test } from 'node:test';
import { expectAccessible, expectNoSidewaysScroll } from './checks.mjs';
import { manyFacts, sampleFacts } from './fake_daemon.mjs';
import { closeCalmly, fake, open } from './stage.mjs';

const kViews = ['#/', '#/models', '#/compare', '#/events', '#/deliveries', '#/?group=provider'];
const kLooks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
};

function factsOf(count) {
  if (count > 3) return manyFacts(count);
  const facts = sampleFacts();
  const isLeft = ({ endpoint }) => count > 0 && endpoint === 'internlm';
  return {
    ...facts,
    status: { ...facts.status, webhooks: count > 0 ? facts.status.webhooks : [] },
    endpoints: facts.endpoints.slice(0, count),
    aliases: facts.aliases.filter(isLeft),
    models: facts.models.filter(isLeft),
    events: facts.events.filter(({ data }) => isLeft(data)),
    deliveries: count > 0 ? facts.deliveries : [],
  };
}

for (const count of [0, 1, 12, 10_000]) {
  for (const [look, options] of Object.entries(kLooks)) {
    test(`with ${count} endpoints every view is accessible and fits: ${look}`, async () => {
      const daemon = await fake(factsOf(count));
      for (const hash of kViews) {
        const page = await open(daemon, hash, { ...options, bypassCSP: true });
        await page.locator('table, .note, .first').first().waitFor();
        await expectAccessible(page, `${count}, ${look}: ${hash}`);
        await expectNoSidewaysScroll(page, `${count}, ${look}: ${hash}`);
        await closeCalmly(page);
      }
    });
  }
}
