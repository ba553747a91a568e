// The page of one of several daemons.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccessible, seeText } from './checks.mjs';
import { sampleFacts } from './fake_daemon.mjs';
import { closeCalmly, fake, open } from './stage.mjs';

test('a replica says which part is its own, where the others are, and what needs a look', async () => {
  const facts = sampleFacts();
  const aReplica = (name, shards) => ({
    name,
    address: `https://${name}:10178`,
    version: '0.1.0',
    host: name,
    shards,
    lease_left_seconds: 8,
    config_hash: '00',
  });
  facts.status.cluster = {
    replica: 'mv-a',
    shards: { total: 64, owned: 25, wanted: 25, unowned: 0 },
    trusted_seconds: 8,
    synchronous: true,
    config_differs: false,
    replicas: [aReplica('mv-a', 25), aReplica('mv-b', 39)],
  };
  const daemon = await fake(facts);
  const page = await open(daemon, '', { bypassCSP: true });
  await seeText(page, 'footer', 'replica mv-a, 25 of 64 shards; also mv-b');
  assert.equal(
    await page.getByRole('link', { name: 'mv-b' }).getAttribute('href'),
    'https://mv-b:10178',
  );
  Object.assign(facts.status.cluster, { trusted_seconds: 0, config_differs: true });
  facts.status.cluster.shards.unowned = 7;
  daemon.pulse();
  await seeText(page, '.look', '7 shards of the cluster');
  await seeText(page, '.look', 'mv-a does not reach the database');
  await seeText(page, '.look', 'The replicas have different configurations');
  await expectAccessible(page);
  await closeCalmly(page);
});
