/** See test/support/differential.ts; differential.long.test.ts sends two hundred times as many. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compare } from '../support/differential.js';
import { knownRequests, mutatedRequest } from '../support/lib/mutation.js';
import { Random } from '../support/lib/random.js';
import { origins } from '../support/origins.js';

const mutations = 500;

describe('A57 the proxy and the server behind it see the same requests', () => {
  for (const [index, [name, start]] of origins.entries()) {
    test(name, async (context) => {
      const random = new Random(5700 + index);
      const shots = [...knownRequests, ...Array.from({ length: mutations }, () => mutatedRequest(random))];
      const { disagreements, ...figures } = await compare(shots, start);
      context.diagnostic(JSON.stringify(figures));
      assert.deepEqual(disagreements, []);
      assert.ok(figures.forwarded > mutations / 10, `${figures.forwarded} forwarded`);
    });
  }
});
