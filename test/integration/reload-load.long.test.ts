import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInstrumented } from '../support/deadline.js';
import { reloadUnderLoad } from '../support/reloading.js';

test('F11: a thousand changes under load fail no request, cut nothing and leave no memory behind', async (context) => {
  const { memory, answered } = await reloadUnderLoad({
    changes: isInstrumented ? 100 : 1000,
    tell: (text) => context.diagnostic(text),
  });
  const [early, late] = memory;
  context.diagnostic(`${answered} answers; ${early.toFixed(1)} MB after a tenth, ${late.toFixed(1)} MB at the end`);
  // What one configuration takes is counted in kilobytes: a leak of each would show as far more.
  if (!isInstrumented) assert.ok(late < early + 32, `${early} MB, then ${late} MB`);
});
