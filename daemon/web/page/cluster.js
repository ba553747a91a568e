// Where several daemons share the work: which of them this page is of, and what needs a look.

import { h } from './dom.js';
import { ago, badge, count } from './format.js';

// "replica mv-a, 25 of 64 shards; also mv-b, mv-c": each name leads to the page of that replica.
export function clusterLine({ cluster }) {
  if (!cluster) return null;
  const { owned, total } = cluster.shards;
  const others = cluster.replicas.filter(({ name }) => name !== cluster.replica);
  const link = ({ name, address }, i) => [
    i > 0 && ', ',
    address ? h('a', { class: 'replica', href: address }, name) : name,
  ];
  return h(
    'span',
    null,
    ` · replica ${cluster.replica}, ${owned} of ${count(total, 'shard', 'shards')}`,
    others.length > 0 && ['; also ', others.map(link)],
  );
}

// "mv-b, 8 s ago", of an endpoint that another replica watches; null: it is this one's.
export function ownerLine({ replica }) {
  if (!replica?.as_of) return null;
  const { name, address } = replica;
  return [
    address ? h('a', { class: 'replica', href: address }, name) : name,
    ', ',
    ago(replica.as_of),
  ];
}

export function clusterTroubles({ cluster }) {
  if (!cluster) return [];
  const { unowned } = cluster.shards;
  return [
    cluster.trusted_seconds === 0 && {
      key: 'untrusted',
      badge: badge('bad', 'no session'),
      name: `${cluster.replica} does not reach the database`,
      text: ['it decides and sends nothing until the database answers'],
    },
    unowned > 0 && {
      key: 'unowned',
      badge: badge('bad', 'unowned'),
      name: `${count(unowned, 'shard', 'shards')} of the cluster`,
      text: ['their endpoints are not polled, and events for their webhooks wait'],
    },
    cluster.config_differs && {
      key: 'differs',
      badge: badge('warn', 'configuration'),
      name: 'The replicas have different configurations',
      text: ['what is watched depends on which of them owns it'],
    },
  ].filter(Boolean);
}
