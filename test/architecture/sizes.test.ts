// A file that has grown past this is two files. Generated ones are nobody's reading.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';

const kMaxLines = 400;
const root = resolve(import.meta.dirname, '../..');
const files = ['lib', 'native', 'bindings', 'scripts', 'third_party'].flatMap(sources);

test(`no source file is longer than ${kMaxLines} lines`, () => {
  const long = files
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > kMaxLines);
  assert.deepEqual(long, []);
});

test('file names say what is inside', () => {
  const vague = /^(utils?|helpers?|managers?|misc|common)\.|[-_](utils?|helpers?|manager)\./;
  assert.deepEqual(
    files.filter((path) => vague.test(basename(path))),
    [],
  );
});

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|cc|h|c)$/.test(name) && !/generated\/|\.gen\./.test(name))
    .map((name) => join(folder, name));
}
