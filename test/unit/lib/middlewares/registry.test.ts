import assert from 'node:assert/strict';
import { test } from 'node:test';
import { middlewares } from '../../../../lib/middlewares/index.js';

test('the registry is alphabetical and names everything once', () => {
  const names = middlewares.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort());
  const records = new Set(middlewares.map(({ wire }) => wire.name));
  assert.equal(records.size, middlewares.length);
});

test('every middleware and every option has a description for the reference', () => {
  for (const { name, summary, schema } of middlewares) {
    assert.match(summary, /^[A-Z].*\.$/, name);
    for (const [key, option] of Object.entries(schema.shape)) {
      assert.ok((option as { readonly description?: string }).description, `${name}.${key}`);
    }
  }
});
