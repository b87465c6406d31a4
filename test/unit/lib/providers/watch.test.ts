// The real file system: that replacing, linking and rewriting files is noticed.
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Delivery } from '../../../../lib/providers/define.js';
import { file } from '../../../../lib/providers/file.js';
import { MemoryProvider } from '../../../../lib/providers/memory.js';
import { realPorts } from '../../../../lib/providers/ports.js';
import { supervise } from '../../../../lib/providers/supervise.js';

const folder = await mkdtemp(join(tmpdir(), 'fairlead-watch-'));
after(() => rm(folder, { recursive: true }));
// Watches and their timers do not keep a process alive; while a test waits for them, this does.
const alive = setInterval(() => undefined, 60_000);
after(() => clearInterval(alive));

const yaml = (name: string): string => `http: { routers: { ${name}: {} } }\n`;
const names = ({ documents }: Delivery): string =>
  documents
    .flatMap(({ document }) => Object.keys((document.value as { http: { routers: object } }).http.routers))
    .join();

/** Deliveries that differ, over real ports; polling is off the table unless a test asks for it. */
function watching(config: { filename?: string; directory?: string }, pollInterval = 60_000, debounce = 5) {
  const ports = realPorts({}, { pollInterval, debounce });
  const stop = new AbortController();
  const deliveries = supervise('file', (signal) => file.deliveries({ watch: true, ...config }, ports, signal), {
    throttle: 0,
    ports,
    signal: stop.signal,
  })[Symbol.asyncIterator]();
  const next = async (): Promise<Delivery> => (await deliveries.next()).value as Delivery;
  return {
    next,
    ports,
    close: async () => {
      stop.abort();
      await deliveries.next();
    },
  };
}

/** The next delivery with these names; deliveries in between (half-made directories) are passed over. */
async function until(next: () => Promise<Delivery>, wanted: string): Promise<void> {
  for (;;) if (names(await next()) === wanted) return;
}

/** Replaces a file at once: one that is rewritten is empty for a moment, and may be read then. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

const limit = { timeout: 20_000 };

test('a file that is rewritten, and one that is replaced', limit, async () => {
  const path = join(folder, 'a.yml');
  await writeFile(path, yaml('one'));
  const { next, close } = watching({ filename: path });
  await until(next, 'one');
  await writeFile(path, yaml('two'));
  await until(next, 'two');
  for (const name of ['three', 'four']) {
    await writeFile(`${path}.new`, yaml(name));
    await rename(`${path}.new`, path);
    await until(next, name);
  }
  await close();
});

test('a file that is moved to its place is whole: nobody waits for more', limit, async () => {
  const path = join(folder, 'moved.yml');
  await writeFile(path, yaml('one'));
  const { next, close } = watching({ filename: path }, 60_000, 60_000);
  await until(next, 'one');
  await replace(path, yaml('two'));
  await until(next, 'two');
  await close();
});

test('files that are moved into a directory together are read together, soon after the last', limit, async () => {
  const directory = join(folder, 'moved');
  await mkdir(directory);
  await mkdir(join(folder, 'elsewhere'));
  for (const name of ['a', 'b', 'c']) {
    await writeFile(join(directory, `${name}.yml`), yaml(name));
    await writeFile(join(folder, 'elsewhere', `${name}.yml`), yaml(`${name}2`));
  }
  const { next, close } = watching({ directory }, 60_000, 60_000);
  await until(next, 'a,b,c');
  for (const name of ['a', 'b', 'c'])
    renameSync(join(folder, 'elsewhere', `${name}.yml`), join(directory, `${name}.yml`));
  assert.equal(names(await next()), 'a2,b2,c2');
  await close();
});

test('a ConfigMap: a link beside a link to a directory that is swapped', limit, async () => {
  const volume = join(folder, 'volume');
  await mkdir(join(volume, '..1'), { recursive: true });
  await mkdir(join(volume, '..2'));
  await writeFile(join(volume, '..1', 'a.yml'), yaml('one'));
  await writeFile(join(volume, '..2', 'a.yml'), yaml('two'));
  await symlink('..1', join(volume, '..data'));
  await symlink('..data/a.yml', join(volume, 'a.yml'));
  const { next, close } = watching({ directory: volume });
  await until(next, 'one');
  await symlink('..2', join(volume, '..tmp'));
  await rename(join(volume, '..tmp'), join(volume, '..data'));
  await until(next, 'two');
  await close();
});

test('a new sub-directory, and a file in it', limit, async () => {
  const directory = join(folder, 'tree');
  await mkdir(directory);
  await writeFile(join(directory, 'a.yml'), yaml('a'));
  const { next, close } = watching({ directory });
  await until(next, 'a');
  await mkdir(join(directory, 'below'));
  await writeFile(join(directory, 'below', 'b.yml'), yaml('b'));
  await until(next, 'a,b');
  await writeFile(join(directory, 'below', 'b.yml'), yaml('c'));
  await until(next, 'a,c');
  await close();
});

test('a certificate beside a configuration that stays as it is', limit, async () => {
  const path = join(folder, 'tls.yml');
  const certificate = join(folder, 'certificate', 'a.crt');
  await mkdir(join(folder, 'certificate'));
  await writeFile(certificate, 'one');
  await writeFile(path, `tls: { certificates: [{ certFile: ${certificate}, keyFile: none }] }\n`);
  const { next, close } = watching({ filename: path });
  const text = async () => (await next()).documents[0]?.files.get(certificate);
  assert.deepEqual(await text(), { text: 'one' });
  await replace(certificate, 'two');
  assert.deepEqual(await text(), { text: 'two' });
  await close();
});

test('a refresh reads again what no watch noticed', limit, async () => {
  const path = join(folder, 'refreshed.yml');
  await writeFile(path, yaml('one'));
  const { ports, next, close } = watching({ filename: path });
  await until(next, 'one');
  const stamp = new Date(Date.now() - 60_000);
  await writeFile(path, yaml('two'));
  await utimes(path, stamp, stamp);
  ports.refresh();
  await until(next, 'two');
  await close();
});

test('what an embedding program puts is delivered, with the files it names', limit, async () => {
  const certificate = join(folder, 'memory.crt');
  await writeFile(certificate, 'one');
  const ports = realPorts({ NAME: 'x' }, { pollInterval: 60_000, debounce: 5 });
  const provider = new MemoryProvider({ http: { routers: { a: { rule: 'Host(`${env:NAME}`)' } } } });
  const stop = new AbortController();
  const deliveries = supervise('memory', (signal) => provider.deliveries(ports, signal), {
    throttle: 0,
    ports,
    signal: stop.signal,
  });
  const iterator = deliveries[Symbol.asyncIterator]();
  const value = async () => ((await iterator.next()).value as Delivery).documents[0];
  assert.deepEqual((await value())?.document.value, { http: { routers: { a: { rule: 'Host(`x`)' } } } });
  provider.put({ tls: { certificates: [{ certFile: certificate, keyFile: 'none' }] } });
  assert.deepEqual((await value())?.files.get(certificate), { text: 'one' });
  await replace(certificate, 'two');
  assert.deepEqual((await value())?.files.get(certificate), { text: 'two' });
  stop.abort();
  await iterator.next();
});
