import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProxy, explain } from '../../lib/index.js';
import { hasOwnNetworks, runInOwnNetwork } from '../support/own-network.js';

test(
  'hosts are also what their CNAME records lead to, where that is asked for',
  { skip: (await hasOwnNetworks()) ? false : 'a network namespace cannot be made here' },
  async () => {
    assert.deepEqual(await runInOwnNetwork('flattened-names.ts'), {
      off: [404, 200, 0],
      on: {
        'edge.test': 200,
        'missing.test': 404,
        '127.0.0.1': 404,
        'www.test': 200,
        'mid.test': 200,
        'both.test': 200,
        'w.test': 200,
        're.test': 200,
        'lost.test': 404,
        'circle.test': 404,
        'circle2.test': 404,
      },
      again: 0,
      host: 'www.test',
      explained: ['edge.test', 'edge@memory'],
      beside: 200,
      silent: 404,
      shallow: [404, 200],
      moves: [404, 200, 200],
    });
  },
);

test('offline nobody is asked, and explain says so', async () => {
  const [explained] = await explain(
    {
      hostResolver: { cnameFlattening: true },
      entryPoints: { web: { address: '127.0.0.1:0' } },
      http: {
        routers: { r: { rule: 'Host(`edge.test`)', service: 'noop@internal' } },
      },
    },
    [{ url: 'http://www.test/' }],
  );
  assert.deepEqual(
    [explained?.request.flattenedHostUnknown, explained?.request.flattenedHost, explained?.router],
    [true, undefined, undefined],
  );
});

test('a proxy does not start without the file of its name servers', async () => {
  const config = { hostResolver: { cnameFlattening: true, resolvConfig: '/nowhere/resolv.conf' } };
  await assert.rejects(createProxy(config), /FL6008|nowhere/);
});
