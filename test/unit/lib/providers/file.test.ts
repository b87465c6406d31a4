import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delivery } from '../../../../lib/providers/define.js';
import { file, type FileProviderConfig } from '../../../../lib/providers/file.js';
import { Disk } from './disk.js';

/** One provider over one disk; `next` is its next delivery. */
function open(disk: Disk, config: Partial<FileProviderConfig>) {
  const stop = new AbortController();
  const deliveries = file.deliveries({ watch: true, ...config }, disk, stop.signal)[Symbol.asyncIterator]();
  return {
    next: async (): Promise<Delivery> => {
      const result = await deliveries.next();
      assert.equal(result.done, false);
      return result.value;
    },
    isDone: async () => (await deliveries.next()).done === true,
    stop: () => stop.abort(),
  };
}

const values = ({ documents }: Delivery) => documents.map(({ document }) => document.value);
const codes = ({ findings }: Delivery) => findings.map(({ code }) => code);
const named = (text: string) => ({ http: { routers: { [text]: {} } } });
const yaml = (name: string) => `http: { routers: { ${name}: {} } }\n`;

describe('a single file', () => {
  test('is delivered at once and after each change', async () => {
    const disk = new Disk({ 'a.yml': yaml('one') });
    const provider = open(disk, { filename: 'a.yml' });
    assert.deepEqual(values(await provider.next()), [named('one')]);
    const second = provider.next();
    disk.write('a.yml', yaml('two'));
    disk.advance(1_000);
    assert.deepEqual(values(await second), [named('two')]);
    provider.stop();
    assert.ok(await provider.isDone());
  });

  test('is read again only when that is asked for when it is not watched', async () => {
    const disk = new Disk({ 'a.yml': yaml('one') });
    const provider = open(disk, { filename: 'a.yml', watch: false });
    assert.deepEqual(codes(await provider.next()), []);
    const second = provider.next();
    disk.write('a.yml', yaml('two'));
    disk.write('a.yml', yaml('three'));
    disk.refresh();
    assert.deepEqual(values(await second), [named('three')]);
    provider.stop();
    assert.ok(await provider.isDone());
  });

  test('survives a bad edit and picks up the repair', async () => {
    const disk = new Disk({ 'a.yml': yaml('one') });
    const provider = open(disk, { filename: 'a.yml' });
    const before = await provider.next();
    disk.write('a.yml', 'http: [');
    disk.advance(1_000);
    const during = await provider.next();
    assert.deepEqual(values(during), values(before));
    assert.deepEqual(codes(during), ['FL1002']);
    assert.equal(during.findings[0]?.effect, 'the version of "a.yml" read before stays in use');
    assert.notEqual(during.fingerprint, before.fingerprint);
    disk.write('a.yml', yaml('two'));
    disk.advance(1_000);
    const after = await provider.next();
    assert.deepEqual(values(after), [named('two')]);
    assert.deepEqual(codes(after), []);
  });

  test('that is broken from the start delivers its findings alone', async () => {
    const delivery = await open(new Disk({ 'a.yml': 'http: [' }), { filename: 'a.yml' }).next();
    assert.deepEqual(values(delivery), []);
    assert.equal(delivery.findings[0]?.effect, 'nothing of "a.yml" is served; everything else is');
  });

  const losses: readonly (readonly [name: string, lose: (disk: Disk) => void, code: string])[] = [
    ['that is deleted', (disk) => disk.remove('a.yml'), 'FL1001'],
    [
      'that becomes unreadable',
      (disk) => {
        disk.setBroken('a.yml', true);
        disk.changed();
      },
      'FL1001',
    ],
    ['that is emptied', (disk) => disk.write('a.yml', ''), 'FL7003'],
  ];
  for (const [name, lose, code] of losses) {
    test(`${name} leaves its last version in use`, async () => {
      const disk = new Disk({ 'a.yml': yaml('one') });
      const provider = open(disk, { filename: 'a.yml' });
      await provider.next();
      lose(disk);
      disk.advance(1_000);
      const delivery = await provider.next();
      assert.deepEqual(values(delivery), [named('one')]);
      assert.deepEqual(codes(delivery), [code]);
    });
  }

  test('is not read half-way while somebody writes it', async () => {
    const disk = new Disk({ 'a.yml': yaml('one') });
    const provider = open(disk, { filename: 'a.yml' });
    await provider.next();
    disk.write('a.yml', 'http: { routers: { half: {} } }\n');
    let looks = 0;
    disk.onSleep = () => {
      looks += 1;
      if (looks === 1) disk.write('a.yml', 'http: { routers: { half: {} } }\ntls: {}\n');
      if (looks === 2) disk.write('a.yml', yaml('whole'));
    };
    assert.deepEqual(values(await provider.next()), [named('whole')]);
  });

  test('that never settles stays as it was, with a warning', async () => {
    const disk = new Disk({ 'a.yml': yaml('one') });
    const provider = open(disk, { filename: 'a.yml' });
    await provider.next();
    let count = 0;
    disk.onSleep = () => disk.write('a.yml', yaml(`n${(count += 1)}`));
    disk.write('a.yml', yaml('n0'));
    const delivery = await provider.next();
    assert.deepEqual(values(delivery), [named('one')]);
    assert.deepEqual(codes(delivery), ['FL7001']);
  });
});

describe('a directory', () => {
  test('is read with its sub-directories, in the order of names', async () => {
    const disk = new Disk({
      'd/b.yml': yaml('b'),
      'd/a.toml': '[http.routers.a]\n',
      'd/az/x.yaml': yaml('x'),
      'd/notes.txt': 'no',
      'd/..data/c.yml': yaml('hidden'),
      'd/.#b.yml': yaml('lock'),
    });
    const delivery = await open(disk, { directory: 'd' }).next();
    assert.deepEqual(values(delivery), [named('a'), named('x'), named('b')]);
    assert.deepEqual(codes(delivery), []);
  });

  test('reads the files that changed, and the others only when that is asked for', async () => {
    const disk = new Disk({ 'd/a.yml': yaml('a'), 'd/b.yml': 'http: [' });
    disk.advance(2_000);
    const provider = open(disk, { directory: 'd' });
    const first = await provider.next();
    const reads = disk.reads.splice(0);
    assert.deepEqual(reads, ['d/a.yml', 'd/b.yml']);
    disk.write('d/c.yml', yaml('c'));
    disk.advance(2_000);
    const second = await provider.next();
    assert.deepEqual(disk.reads.splice(0), ['d/c.yml']);
    assert.deepEqual(values(second), [named('a'), named('c')]);
    assert.deepEqual(second.findings, first.findings);
    disk.refresh();
    await provider.next();
    assert.deepEqual(disk.reads, ['d/a.yml', 'd/b.yml', 'd/c.yml']);
  });

  test('reads again what changed so lately that another change might have the same time stamp', async () => {
    const disk = new Disk({ 'd/a.yml': yaml('a'), 'd/b.yml': yaml('b') });
    const provider = open(disk, { directory: 'd' });
    await provider.next();
    disk.write('d/b.yml', yaml('c'));
    disk.advance(1_000);
    await provider.next();
    assert.deepEqual(disk.reads, ['d/a.yml', 'd/b.yml', 'd/a.yml', 'd/b.yml']);
  });

  test('keeps the last version of the broken file, and follows the others', async () => {
    const disk = new Disk({ 'd/a.yml': yaml('a1'), 'd/b.yml': yaml('b1') });
    const provider = open(disk, { directory: 'd' });
    await provider.next();
    disk.write('d/a.yml', 'http: {');
    disk.write('d/b.yml', yaml('b2'));
    disk.advance(1_000);
    const delivery = await provider.next();
    assert.deepEqual(values(delivery), [named('a1'), named('b2')]);
    assert.deepEqual(codes(delivery), ['FL1002']);
  });

  test('loses the objects of a file that is deleted, and gains those of a new one', async () => {
    const disk = new Disk({ 'd/a.yml': yaml('a'), 'd/b.yml': yaml('b') });
    const provider = open(disk, { directory: 'd' });
    await provider.next();
    disk.remove('d/a.yml');
    disk.write('d/c.yml', yaml('c'));
    disk.advance(1_000);
    assert.deepEqual(values(await provider.next()), [named('b'), named('c')]);
  });

  test('that cannot be read keeps everything', async () => {
    const disk = new Disk({ 'd/a.yml': yaml('a') });
    const provider = open(disk, { directory: 'd' });
    await provider.next();
    disk.setBroken('d', true);
    disk.changed();
    const delivery = await provider.next();
    assert.deepEqual(values(delivery), [named('a')]);
    assert.deepEqual(codes(delivery), ['FL7006']);
  });

  test('without configuration says so', async () => {
    assert.deepEqual(codes(await open(new Disk({ 'd/a.txt': '' }), { directory: 'd' }).next()), ['FL7007']);
  });
});

describe('files that options name', () => {
  const text = 'tls: { certificates: [{ certFile: a.crt, keyFile: "${file:key.pem}" }] }\n';

  test('are read with the document, and again when they change', async () => {
    const disk = new Disk({ 'a.yml': text, 'a.crt': 'one', 'key.pem': '-----BEGIN PRIVATE KEY-----\n' });
    const provider = open(disk, { filename: 'a.yml' });
    const first = await provider.next();
    assert.deepEqual([...(first.documents[0]?.files ?? [])], [['a.crt', { text: 'one' }]]);
    disk.write('a.crt', 'two');
    const second = await provider.next();
    assert.deepEqual(second.documents[0]?.files.get('a.crt'), { text: 'two' });
    assert.notEqual(second.fingerprint, first.fingerprint);
    disk.write('key.pem', '-----BEGIN PRIVATE KEY-----\nnext\n');
    const third = await provider.next();
    assert.notEqual(third.fingerprint, second.fingerprint);
  });

  test('are kept in memory when they vanish', async () => {
    const disk = new Disk({ 'a.yml': text, 'a.crt': 'one', 'key.pem': '-----BEGIN PRIVATE KEY-----\n' });
    const provider = open(disk, { filename: 'a.yml' });
    const first = await provider.next();
    disk.remove('a.crt');
    const second = await provider.next();
    assert.deepEqual(second.documents[0]?.files.get('a.crt'), { text: 'one' });
    assert.deepEqual(first.findings, []);
    assert.deepEqual(codes(second), ['FL7004']);
    assert.equal(second.findings[0]?.message, '"a.crt" cannot be read: there is no such file');
  });

  test('that cannot be read say why', async () => {
    const disk = new Disk({ 'a.yml': text, 'key.pem': '-----BEGIN PRIVATE KEY-----\n' });
    const { documents } = await open(disk, { filename: 'a.yml' }).next();
    assert.deepEqual(documents[0]?.files.get('a.crt'), { fault: 'there is no such file' });
  });
});
