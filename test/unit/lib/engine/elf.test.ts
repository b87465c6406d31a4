import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkWhole } from '../../../../lib/engine/elf.js';

const folder = mkdtempSync(join(tmpdir(), 'elf-'));
after(() => rmSync(folder, { recursive: true }));

/** The smallest ELF header that says its table of two sections begins at `offset`. */
function sharedObject(offset: number, size: number): string {
  const bytes = Buffer.alloc(size);
  Buffer.from('7f454c46', 'hex').copy(bytes);
  bytes.writeBigUInt64LE(BigInt(offset), 40);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(2, 60);
  return written(bytes);
}

function written(bytes: Buffer): string {
  const path = join(folder, 'x.node');
  writeFileSync(path, bytes);
  return path;
}

test('a shared object that lacks its end is refused before the linker maps it', () => {
  checkWhole(sharedObject(1000, 1128));
  assert.throws(() => checkWhole(sharedObject(1000, 1127)), /file too short: 1127 of 1128 bytes/);
  assert.throws(() => checkWhole(sharedObject(1000, 64)), /file too short/);
});

test('what is no shared object is left to the linker', () => {
  checkWhole(written(Buffer.alloc(0)));
  checkWhole(written(Buffer.from('hello')));
  checkWhole(written(Buffer.alloc(200, 'x')));
});

test('every program of this system is whole', () => {
  checkWhole(process.execPath);
  assert.equal(readFileSync(process.execPath).subarray(1, 4).toString(), 'ELF');
});
