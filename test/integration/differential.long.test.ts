/** A hundred thousand mutations to each server; see differential.test.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compare } from '../support/differential.js';
import { mutatedRequest } from '../support/lib/mutation.js';
import { Random } from '../support/lib/random.js';
import { origins } from '../support/origins.js';

const mutations = 100_000;
/** What is compared at once; so many lines are kept in memory. */
const batch = 10_000;

describe('A57 the proxy and the server behind it see the same requests, among very many', () => {
  for (const [index, [name, start]] of origins.entries()) {
    test(name, async (context) => {
      const random = new Random(570_000 + index);
      const sums = { shots: 0, refused: 0, forwarded: 0, cut: 0 };
      for (let done = 0; done < mutations; done += batch) {
        const shots = Array.from({ length: batch }, () => mutatedRequest(random));
        const outcome = await compare(shots, start);
        assert.deepEqual(outcome.disagreements, []);
        for (const key of ['shots', 'refused', 'forwarded', 'cut'] as const) sums[key] += outcome[key];
      }
      context.diagnostic(JSON.stringify({ origin: name, ...sums }));
      assert.ok(sums.forwarded > mutations / 4, `${sums.forwarded} forwarded`);
    });
  }
});
