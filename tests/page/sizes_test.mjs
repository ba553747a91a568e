// Every view of an installation of none, one, twelve and ten thousand endpoints, and of one with
// every trouble at once, in the light, in the dark and on a phone: nothing that axe finds, nothing
// that scrolls sideways.

import { test } from 'node:test';
import { expectAccessible, expectNoSidewaysScroll, seeText } from './checks.mjs';
import { anAlias, anEndpoint, iso, manyFacts, sampleFacts } from './fake_daemon.mjs';
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

async function expectWell(page, name) {
  await page.locator('table, .note, .first').first().waitFor();
  await expectAccessible(page, name);
  await expectNoSidewaysScroll(page, name);
}

for (const count of [0, 1, 12, 10_000]) {
  for (const [look, options] of Object.entries(kLooks)) {
    test(`with ${count} endpoints every view is accessible and fits: ${look}`, async () => {
      const daemon = await fake(factsOf(count));
      for (const hash of kViews) {
        const page = await open(daemon, hash, { ...options, bypassCSP: true });
        await expectWell(page, `${count}, ${look}: ${hash}`);
        await closeCalmly(page);
      }
    });
  }
}

const kLong = 'a-name-that-nobody-would-choose-'.repeat(4);

// Somebody who may act sees what is wrong with all that can be.
function troubledFacts() {
  const facts = sampleFacts();
  facts.session = { user: 'alice', may_act: true, token: 't0k3n' };
  Object.assign(facts.status, {
    isolated: true,
    store: { ok: false, error: 'the disk is full', errors: 12 },
    reload: {
      ok: false,
      last_success: iso(9e7),
      error: 'modelvane.yml:1:1: no\nmodelvane.yml:2:1: no',
    },
  });
  facts.status.webhooks[0].state = 'misconfigured';
  facts.status.webhooks[1].state = 'disabled';
  const slowed = { because: 'it asked for it (429)', until: null };
  facts.endpoints.push(
    anEndpoint('slow', { slowed }),
    anEndpoint('mended', { maintenance: 'weekly', paused: true }),
    anEndpoint('doubted', { quarantined: true, retirements: [{ model: kLong, at: null }] }),
    anEndpoint('never-read', {
      has_baseline: false,
      last_poll: null,
      last_good_poll: null,
      hours: null,
      uptime: { day: null, month: null },
      availability: 'unknown',
    }),
    anEndpoint(kLong.slice(0, 63), { labels: { team: kLong } }),
  );
  facts.aliases.push(
    anAlias('doubted', kLong, kLong),
    anAlias('slow', 'gone-latest', null, { status: 'absent', last_known_target: kLong }),
    anAlias('slow', 'split-latest', 'm-1', { disagrees: true }),
  );
  return facts;
}

const kTroubledViews = [
  ...kViews,
  '#/alias/internlm/internlm3-latest',
  `#/alias/doubted/${kLong}`,
  '#/endpoint/doubted',
  '#/endpoint/never-read',
  '#/endpoint/gateway',
  '#/endpoint/none',
  '#/events/evt_none',
  '#/nothing',
];

for (const [look, options] of Object.entries(kLooks)) {
  test(`with every trouble at once each view is accessible and fits: ${look}`, async () => {
    const daemon = await fake(troubledFacts());
    for (const hash of kTroubledViews) {
      const page = await open(daemon, hash, { ...options, bypassCSP: true });
      await expectAccessible(page, `${look}: ${hash}`);
      await expectNoSidewaysScroll(page, `${look}: ${hash}`);
      await closeCalmly(page);
    }
    const page = await open(daemon, '', { ...options, bypassCSP: true });
    daemon.breakOff();
    await seeText(page, '#live', 'connection lost');
    await expectWell(page, `${look}: lost`);
    await page.context().close();
  });
}
