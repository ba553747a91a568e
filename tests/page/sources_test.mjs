// What several sources say of one alias, on the page: endpoints of a compare group, and traffic.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccessible, seeText } from './checks.mjs';
import { anAlias, anEndpoint, sampleFacts } from './fake_daemon.mjs';
import { closeCalmly, fake, open } from './stage.mjs';

test('the endpoints of a compare group stand side by side: who says what since when', async () => {
  const facts = sampleFacts();
  const group = { compare: 'acme', provider: 'openai-compatible' };
  facts.endpoints.push(anEndpoint('acme-eu', group), anEndpoint('acme-us', group));
  facts.aliases.push(
    anAlias('acme-eu', 'same-latest', 'same-1'),
    anAlias('acme-us', 'same-latest', 'same-1'),
    anAlias('acme-eu', 'other-latest', 'other-1', { disagrees: true }),
    anAlias('acme-us', 'other-latest', 'other-2', { disagrees: true }),
    anAlias('acme-us', 'lone-latest', 'lone-1'),
  );
  const page = await open(await fake(facts), '#/compare', { bypassCSP: true });
  const rows = page.locator('.said tbody tr');
  assert.equal(await rows.count(), 3);
  assert.match(
    await rows.first().innerText(),
    /other-latest\s+disagree\s+other-1\s+since[\s\S]*other-2\s+since/,
  );
  await seeText(page, '.said caption', 'The endpoints differ on 1 of 3 aliases');
  await expectAccessible(page, 'compare groups');
  await closeCalmly(page);
});

test('an alias that is known from traffic shows its shares, or since when it is silent', async () => {
  const facts = sampleFacts();
  facts.aliases.push(
    anAlias('gateway', 'heard', 'm-1,m-2', {
      rule: 'served',
      served: {
        answers: 400,
        shares: [
          { target: 'm-1', share: 0.05 },
          { target: 'm-2', share: 0.95 },
        ],
      },
    }),
    anAlias('gateway', 'silent', 'm-1', { rule: 'served' }),
  );
  const daemon = await fake(facts);
  const heard = await open(daemon, '#/alias/gateway/heard');
  await seeText(heard, '.facts', /Of 400 requests\s*m-2 95 %, m-1 5 %/);
  await closeCalmly(heard);
  const silent = await open(daemon, '#/alias/gateway/silent');
  await seeText(silent, '.facts', 'Last heard of');
  await closeCalmly(silent);
});
