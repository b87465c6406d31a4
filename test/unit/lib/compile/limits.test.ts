import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { none } from '../../../../lib/snapshot/records.js';
import type { Snapshot } from '../../../../lib/snapshot/root.js';
import { compiled } from '../../../support/lib/compiled.js';

/** Compiles one service per limit. */
async function limits(...written: readonly (object | undefined)[]): Promise<Snapshot> {
  const names = written.map((_, index) => `s${index}`);
  const routers = Object.fromEntries(names.map((name) => [name, { rule: `Path(\`/${name}\`)`, service: name }]));
  const services = names.map((name, index): readonly [string, object] => {
    const limit = written[index] === undefined ? {} : { limit: written[index] };
    return [name, { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }], ...limit } }];
  });
  const { snapshot, findings } = await compiled(
    { entryPoints: { web: { address: ':80' } } },
    JSON.stringify({ http: { routers, services: Object.fromEntries(services) } }),
  );
  assert.deepEqual(
    findings.filter(({ path }) => path.startsWith('http.')),
    [],
  );
  return snapshot;
}

async function limitOf(written: object) {
  const limit = (await limits(written)).concurrencyLimits[0];
  assert.ok(limit);
  return limit;
}

const queued = (queue: object): object => ({ concurrency: 4, queue });

describe('limits of services', () => {
  test('are found by index, and services without one have none', async () => {
    const { services, concurrencyLimits } = await limits(undefined, { concurrency: 4 }, undefined, { concurrency: 5 });
    assert.deepEqual(
      services.map(({ limit }) => limit),
      [none, 0, none, 1],
    );
    assert.deepEqual(
      concurrencyLimits.map(({ service, concurrency }) => [service, concurrency]),
      [
        ['s1@file', 4],
        ['s3@file', 5],
      ],
    );
  });

  test('have a queue by client address unless something else is said', async () => {
    const { identity, version, ...limit } = await limitOf({ concurrency: 4 });
    assert.notEqual(identity, version);
    assert.deepEqual(limit, {
      service: 's0@file',
      concurrency: 4,
      key: 0,
      keyName: '',
      hidesKeys: false,
      fifo: false,
      costsBytes: false,
      quantum: 1n,
      maxLength: 1024,
      maxKeys: 1024,
      maxWait: 2_000_000_000n,
      weights: [],
    });
  });

  test('keep their identity when their settings change, and only then have another version', async () => {
    const [a, b, c] = [await limitOf({ concurrency: 4 }), await limitOf({ concurrency: 5 }), await limitOf(queued({}))];
    assert.equal(a.identity, b.identity);
    assert.notEqual(a.version, b.version);
    assert.equal(a.version, c.version);
    const [first, second] = (await limits({ concurrency: 4 }, { concurrency: 4 })).concurrencyLimits;
    assert.notEqual(first?.identity, second?.identity);
  });

  test('take keys in any case, with the name of their header or claim', async () => {
    for (const [written, key, name] of [
      ['clientip', 0, ''],
      ['header:X-Tenant', 1, 'x-tenant'],
      ['Header: X-Tenant ', 1, 'x-tenant'],
      ['HOST', 2, ''],
      ['router', 3, ''],
      ['claim:Tenant', 4, 'Tenant'],
      ['Claim: https://a.example/tenant', 4, 'https://a.example/tenant'],
    ] as const) {
      const limit = await limitOf(queued({ key: written }));
      assert.deepEqual([limit.key, limit.keyName], [key, name], written);
    }
  });

  test('do not tell what headers with secrets hold', async () => {
    for (const [header, hides] of [
      ['X-Tenant', false],
      ['Authorization', true],
      ['X-Api-Key', true],
      ['Cookie', true],
    ] as const)
      assert.equal((await limitOf(queued({ key: `header:${header}` }))).hidesKeys, hides, header);
  });

  test('count a larger quantum where bytes count', async () => {
    assert.equal((await limitOf(queued({ cost: 'bytes' }))).quantum, 65_536n);
    assert.equal((await limitOf(queued({ cost: 'bytes', quantum: '1MiB' }))).quantum, 1_048_576n);
    assert.equal((await limitOf(queued({ quantum: 3 }))).quantum, 3n);
  });

  test('name keys as requests will have them', async () => {
    for (const [key, written, expected] of [
      ['header:X-Tenant', 'Gold', 'Gold'],
      ['claim:tenant', 'Gold', 'Gold'],
      ['host', 'App.Example.', 'app.example'],
      ['router', 'app', 'app@file'],
      ['router', 'app@docker', 'app@docker'],
      ['clientIP', '10.0.0.1', '10.0.0.1'],
      ['clientIP', '2001:DB8:0:0:1::5', '2001:db8::/64'],
      ['clientIP', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
      ['clientIP', '2001:db8::/64', '2001:db8::/64'],
      ['clientIP', '::1', '::/64'],
    ] as const) {
      const { weights } = await limitOf(queued({ key, weights: { [written]: 4 } }));
      assert.deepEqual(weights, [{ key: expected, weight: 4 }], written);
    }
  });
});
