import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasOwnNetworks, runInOwnNetwork } from '../support/own-network.js';

interface Results {
  readonly changes: { readonly before: string; readonly after: string; readonly statuses: readonly number[] };
  readonly gone: string;
  readonly silent: readonly string[];
  readonly many: Readonly<Record<string, number>>;
  readonly thousand: number;
  readonly beside: readonly number[];
  readonly quick: readonly number[];
  readonly hanging: number;
  readonly missing: number;
}

test(
  'D18: names that change, vanish, hang, or have a thousand addresses',
  { skip: (await hasOwnNetworks()) ? false : 'a network namespace cannot be made here' },
  async () => {
    const results = (await runInOwnNetwork('changing-names.ts')) as Results;
    const { before, after, statuses } = results.changes;
    assert.deepEqual([before, after, statuses], ['127.0.0.2', '127.0.0.3', [200]]);
    assert.equal(results.gone, '127.0.0.3');
    assert.deepEqual(results.silent, ['127.0.0.3']);
    assert.deepEqual(results.many, { '127.0.0.2': 10, '127.0.0.3': 10, '127.0.0.4': 10 });
    assert.equal(results.thousand, 200);
    assert.deepEqual(results.beside, [200, 200, 200, 200]);
    assert.deepEqual(new Set(results.quick), new Set([200]));
    assert.equal(results.hanging, 502);
    assert.equal(results.missing, 502);
  },
);
