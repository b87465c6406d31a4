import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { generatedFiles } from '../../bindings/codegen/generate.js';
import { fixtures } from '../fixtures/all.js';

const root = resolve(import.meta.dirname, '../..');
const expected = new Map(generatedFiles().map(({ path, text }) => [path, text]));

describe('generated files are current (npm run generate writes them)', () => {
  for (const [path, text] of expected) {
    test(path, () => {
      assert.ok(existsSync(join(root, path)), `${path} is missing`);
      assert.equal(readFileSync(join(root, path), 'utf8'), text);
    });
  }

  for (const { file, bytes } of fixtures) {
    test(`test/fixtures/${file}`, () => {
      const path = join(root, 'test/fixtures', file);
      assert.ok(existsSync(path), `${file} is missing`);
      assert.ok(readFileSync(path).equals(bytes()), `${file} is stale`);
    });
  }

  test('no file named .gen. lacks a generator', () => {
    const orphans = ['native', 'bindings', 'lib']
      .flatMap((folder) => generatedBelow(folder))
      .filter((path) => !expected.has(path));
    assert.deepEqual(orphans, []);
  });
});

/** Files that look generated, as paths from the root of the project. */
function generatedBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('.gen.'))
    .map((name) => join(folder, name));
}
