import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providers } from '../../../../lib/install/providers.js';
import { makeItem } from '../../../../lib/merge/item.js';
import type { RouterItem } from '../../../../lib/merge/model.js';
import { routerOrder } from '../../../../lib/merge/order.js';
import { objectDocument } from '../../../../lib/source/object.js';
import { Random } from '../../../support/lib/random.js';

function router(name: string, priority: bigint): RouterItem {
  const [, provider = ''] = name.split('@');
  const resolved = { priority } as NonNullable<RouterItem['resolved']>;
  return { ...makeItem({ name, provider, raw: {}, document: objectDocument({}, 'test'), path: [] }), resolved };
}

/** In the order in which they are tried. */
const sorted: readonly RouterItem[] = [
  router('z@file', 2n ** 63n - 1n),
  router('z@file', 3n),
  router('b@docker', 2n),
  router('A@file', 2n),
  router('a@file', 2n),
  router('b@file', 2n),
  router('é@file', 2n),
  router('a@redis', 2n),
  router('a@unheard', 2n),
  router('b@other', 2n),
  router('a@internal', 2n),
  router('a@docker', -1n),
];

const names = (items: readonly RouterItem[]) => items.map(({ name, resolved }) => `${name} ${resolved?.priority}`);

test('priority, then provider, then name: the order is total, whatever came first', () => {
  const random = new Random(3);
  const order = routerOrder(['Docker', 'file', 'redis']);
  for (let round = 0; round < 200; round++)
    assert.deepEqual(names([...random.shuffled(sorted)].sort(order)), names(sorted));
});

test('by default docker wins over file, and what is handed over wins over both', () => {
  const { precedence } = providers.parse({});
  const items = [router('a@file', 1n), router('b@docker', 1n), router('c@memory', 1n), router('d@internal', 1n)];
  assert.deepEqual(
    items.sort(routerOrder(precedence)).map(({ name }) => name),
    ['c@memory', 'b@docker', 'a@file', 'd@internal'],
  );
});

test('an unknown provider is refused', () => {
  assert.equal(providers.safeParse({ precedence: ['File', 'docker'] }).success, true);
  assert.equal(providers.safeParse({ precedence: ['files'] }).success, false);
});
