import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isInstrumented } from '../support/deadline.js';
import { ended, ways } from '../support/exits.js';

const attempts = isInstrumented ? 5 : 50;

describe(`of ${attempts} processes with a busy proxy none crashes`, { concurrency: 2 }, () => {
  for (const [how, code] of Object.entries(ways)) {
    test(`G8: by ${how}`, async (context) => {
      for (let attempt = 0; attempt < attempts; attempt++) {
        assert.deepEqual(await ended('exiting.ts', how), { code, signal: null });
      }
      context.diagnostic(`${attempts} exits`);
    });
  }

  test('G8: nor when worker threads with busy proxies are terminated', async () => {
    assert.deepEqual(await ended('terminating.ts', String(attempts)), { code: 7, signal: null });
  });
});
