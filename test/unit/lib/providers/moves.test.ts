// Who is told about an entry of a directory knows whether somebody may still be writing it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Moves } from '../../../../lib/providers/moves.js';

const folder = await mkdtemp(join(tmpdir(), 'fairlead-moves-'));
after(() => rm(folder, { recursive: true }));
const path = join(folder, 'a.yml');
await writeFile(path, 'a: 1\n');
await writeFile(join(folder, 'empty.yml'), '');
await symlink('a.yml', join(folder, 'link.yml'));

test('a file that appeared is whole until it is written to', () => {
  const moves = new Moves();
  assert.equal(moves.isWhole(path), false);
  moves.note(folder, 'rename', 'a.yml');
  assert.equal(moves.isWhole(path), true);
  moves.note(folder, 'change', 'a.yml');
  assert.equal(moves.isWhole(path), false);
});

test('what appeared empty, as a link, or goes away again is not whole', () => {
  const moves = new Moves();
  for (const name of ['empty.yml', 'link.yml', 'gone.yml']) {
    moves.note(folder, 'rename', name);
    assert.equal(moves.isWhole(join(folder, name)), false, name);
  }
});

test('nobody knows what happened while nobody was told', () => {
  const moves = new Moves();
  moves.note(folder, 'rename', 'a.yml');
  moves.note(folder, 'change', null);
  assert.equal(moves.isWhole(path), false);
  moves.note(folder, 'rename', 'a.yml');
  moves.forget(folder);
  assert.equal(moves.isWhole(path), false);
});
