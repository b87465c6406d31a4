import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { TestFolder } from '../support/proxy.js';

const program = fileURLToPath(new URL('../support/lib/changing-names.ts', import.meta.url));
/** A network of its own, so that port 53 is free, and files of its own for the system's resolver. */
const inOwnNetwork = [
  '-n',
  '-m',
  'sh',
  '-c',
  'ip link set lo up && mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"',
];
const resolverFiles = {
  'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n',
  'nsswitch.conf': 'hosts: dns\n',
} as const;

async function withFiles(): Promise<TestFolder> {
  const folder = await TestFolder.create();
  for (const [name, text] of Object.entries(resolverFiles)) await folder.write(name, text);
  return folder;
}

const isPossible = async (): Promise<boolean> => {
  await using folder = await withFiles();
  return spawnSync('unshare', [...inOwnNetwork, folder.path, 'true']).status === 0;
};

interface Results {
  readonly changes: { readonly before: string; readonly after: string; readonly statuses: readonly number[] };
  readonly gone: string;
  readonly silent: readonly string[];
  readonly many: Readonly<Record<string, number>>;
  readonly thousand: number;
  readonly beside: readonly number[];
  readonly quick: readonly number[];
  readonly hanging: number;
  readonly missing: number;
}

test(
  'D18: names that change, vanish, hang, or have a thousand addresses',
  { skip: (await isPossible()) ? false : 'a network namespace cannot be made here' },
  async () => {
    await using folder = await withFiles();
    const command = [...inOwnNetwork, folder.path, process.execPath, '--import', 'tsx', program];
    const { stdout } = await promisify(execFile)('unshare', command);
    const results = JSON.parse(stdout) as Results;
    const { before, after, statuses } = results.changes;
    assert.deepEqual([before, after, statuses], ['127.0.0.2', '127.0.0.3', [200]]);
    assert.equal(results.gone, '127.0.0.3');
    assert.deepEqual(results.silent, ['127.0.0.3']);
    assert.deepEqual(results.many, { '127.0.0.2': 10, '127.0.0.3': 10, '127.0.0.4': 10 });
    assert.equal(results.thousand, 200);
    assert.deepEqual(results.beside, [200, 200, 200, 200]);
    assert.deepEqual(new Set(results.quick), new Set([200]));
    assert.equal(results.hanging, 502);
    assert.equal(results.missing, 502);
  },
);
