import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fixtures } from '../fixtures/all.js';

const folder = resolve(import.meta.dirname, '../fixtures');

describe('fixtures are current (node --import tsx test/fixtures/generate.ts writes them)', () => {
  for (const { file, bytes } of fixtures) {
    test(file, () =>
      assert.ok(readFileSync(join(folder, file)).equals(bytes()), `${file} is not what the encoder writes`),
    );
  }

  test('no file lacks a generator', () => {
    const known = new Set(fixtures.map(({ file }) => file));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.bin') && !known.has(name)),
      [],
    );
  });
});
