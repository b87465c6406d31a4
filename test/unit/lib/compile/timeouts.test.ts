import assert from 'node:assert/strict';
import { test } from 'node:test';
import { none } from '../../../../lib/snapshot/records.js';
import { compiled } from '../../../support/lib/compiled.js';

const install = { entryPoints: { web: { address: ':80' } } };
const router = (path: string, timeouts?: object) => ({ rule: `Path(\`${path}\`)`, service: 's', timeouts });

test('deadlines are stored once each, and most routers have none', async () => {
  const same = { total: '1m', idle: 0 };
  const dynamic = {
    http: {
      routers: { a: router('/a', same), b: router('/b', same), c: router('/c'), d: router('/d', {}) },
      services: { s: { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }], timeouts: { connect: '2s' } } } },
    },
  };
  const { snapshot } = await compiled(install, JSON.stringify(dynamic));
  const { routers, services, timeouts } = snapshot;
  const indexes = ['a@file', 'b@file', 'c@file', 'd@file'].map(
    (name) => routers.find((written) => written.name === name)?.timeouts,
  );
  assert.deepEqual(indexes, [0, 0, none, none]);
  assert.equal(services.find(({ name }) => name === 's@file')?.timeouts, 1);
  const unset = -1n;
  assert.deepEqual(timeouts, [
    { connect: unset, responseHeader: unset, idle: 0n, total: 60_000_000_000n, perTry: unset },
    { connect: 2_000_000_000n, responseHeader: unset, idle: unset, total: unset, perTry: unset },
  ]);
});
