import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockUnderLoad } from '../support/blocking.js';

test('G5: while JavaScript blocks the event loop traffic goes on, new connections and TLS handshakes included', async () => {
  const { blocked } = await blockUnderLoad(2, 1000);
  for (const { measured } of blocked) assert.ok(measured > 50, `${measured} answers in a second`);
});
