import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FileFault, readRegularFile } from '../../../../lib/source/files.js';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-files-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function fileOf(content: string | Buffer): string {
  const path = join(directory, 'file');
  writeFileSync(path, content);
  return path;
}

for (const length of [0, 1, 65_535, 65_536, 3_000_000]) {
  test(`reads ${length} characters`, async () => {
    const text = 'x'.repeat(length);
    assert.equal(await readRegularFile(fileOf(text), 4_000_000), text);
  });
}

test('reads a file that says it is empty to its end', async () => {
  const text = await readRegularFile('/proc/self/smaps', 4_000_000);
  assert.ok(text.length > 65_536 && text.endsWith('\n'), `${text.length} characters`);
});

test('takes as many bytes as the limit, and not one more', async () => {
  assert.equal(await readRegularFile(fileOf('12345'), 5), '12345');
  await assert.rejects(readRegularFile(fileOf('123456'), 5), { name: 'FileFault', message: /^it is larger than / });
  await assert.rejects(readRegularFile('/proc/self/smaps', 1000), FileFault);
});

test('reads UTF-8 without a byte order mark, and nothing else', async () => {
  assert.equal(await readRegularFile(fileOf('\uFEFFbücher'), 100), 'bücher');
  await assert.rejects(readRegularFile(fileOf(Buffer.from([0x61, 0xff])), 100), { message: 'it is not UTF-8 text' });
});

test('does not wait for what is not a file', async () => {
  await assert.rejects(readRegularFile(directory, 100), { message: 'it is a directory' });
  await assert.rejects(readRegularFile('/dev/zero', 100), { message: 'it is not a regular file' });
  await assert.rejects(readRegularFile(join(directory, 'none'), 100), (fault: FileFault) => fault.isMissing);
});
